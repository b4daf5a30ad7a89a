// The vault, as the broker uses it: opening it with a passphrase, writing, looking up.

internal import FoundationEssentials
internal import Logging
public import Secrets
internal import TokenVault

extension Broker {
  /// Opens the vault with its passphrase; nothing happens where it is open.
  ///
  /// - Throws: `accessDenied` for another than the service's owner, `passphraseRefused`,
  ///   `vaultUnavailable`.
  public func unlock(_ passphrase: Secret, _ peer: Peer) async throws(BrokerError) {
    guard parts.policy.owns(peer) else {
      throw .accessDenied("only the owner of the service may unlock its vault")
    }
    guard gate.isLocked else { return }
    do {
      try gate.begin(now: uptime)
    } catch {
      throw .passphraseRefused("another passphrase was just tried", retryAfter: seconds(error.left))
    }
    let loaded: Vault.Loaded
    do {
      loaded = try await parts.vault.unlock(.passphrase(passphrase))
    } catch {
      audit("the vault was not unlocked", "vault_refused", by: peer, error.problem)
      guard case .wrongPassphrase = error else {
        gate.failed()
        throw .vaultUnavailable(error.words)
      }
      let pause = gate.refused(now: uptime)
      throw .passphraseRefused("the passphrase is not the vault's", retryAfter: seconds(pause))
    }
    gate.opened()
    entries = Self.entries(
      of: loaded.records, for: profiles, rendering: parts.render, now: parts.clock.moment)
    takeUpAnswers(loaded.records)
    resumeTransactions(loaded.records)
    resumeRevocations(loaded.records)
    audit("the vault was unlocked", "vault_unlocked", by: peer, nil)
    parts.unlocked(loaded)
    settleRefreshes()
  }

  /// Whether the vault is open, for the service's owner; `nil` for everybody else.
  public func vaultState(_ peer: Peer) -> VaultState? {
    guard parts.policy.owns(peer) else { return nil }
    return switch gate.state {
    case .open: .open
    case .locked(let isNew): isNew ? .new : .locked
    }
  }

  /// Whole seconds, at least one.
  private func seconds(_ duration: Duration) -> Int {
    Int(duration.components.seconds) + (duration.components.attoseconds > 0 ? 1 : 0)
  }

  private func audit(_ what: String, _ event: String, by peer: Peer, _ problem: String?) {
    var metadata: Logger.Metadata = [
      "event": "\(event)", "pid": "\(peer.pid)", "uid": "\(peer.uid)",
    ]
    if let problem { metadata["error"] = "\(problem)" }
    parts.logger.notice("\(what)", metadata: metadata)
  }

  // MARK: Records

  /// What the vault's session records hold.
  static func entries(
    of records: [(Vault.Name, Secret)], for profiles: [String: Profile],
    rendering render: (TokenGrant) -> Secret, now: Moment
  ) -> [SessionKey: Entry] {
    var entries: [SessionKey: Entry] = [:]
    for (name, payload) in records where name.kind == "session" {
      guard let owner = Owner(text: name.owner),
        let (record, tokens) = SessionRecord.decoded(payload)
      else { continue }
      var entry = Entry(deviceToken: record.deviceToken, session: record.session)
      for token in tokens {
        let grant = TokenGrant(
          profile: name.profile, accessToken: token.accessToken, tokenType: token.tokenType,
          expiresAt: token.expiresAt, scopes: token.scopes, idToken: record.session?.idToken)
        let since = record.session?.lastRefreshAt ?? record.session?.signedInAt ?? .distantPast
        let asked = Moment(
          wall: token.askedAt ?? since, uptime: token.askedUptime ?? now.uptime,
          isRemembered: true)
        let lifetime = token.lifetime ?? max(token.expiresAt.timeIntervalSince(since), 0)
        entry.session?.tokens[token.asked] = HeldToken(
          grant: grant, rendered: render(grant), asked: asked, lifetime: lifetime,
          notice: RefreshSchedule.notice(
            lifetime: lifetime, ahead: profiles[name.profile]?.refreshAhead ?? 0,
            chance: chance()))
      }
      entries[SessionKey(profile: name.profile, owner: owner)] = entry
    }
    return entries
  }

  /// Writes what is in memory for a key; a session that counted as unsaved is saved when this returns.
  func save(_ key: SessionKey) async throws(BrokerError) {
    guard let entry = entries[key] else { return }
    let record = SessionRecord(deviceToken: entry.deviceToken, session: entry.session).encoded()
    let refreshToken = entry.session?.refreshToken
    do {
      try await parts.vault.write(record, as: Self.recordName(key))
    } catch {
      parts.logger.error(
        "the session could not be saved; it is kept in memory",
        metadata: ["profile": "\(key.profile)", "error": "\(error)"])
      throw .vaultUnavailable(error.words)
    }
    // Another sign-in may have come meanwhile; only what was written is saved.
    guard let session = entries[key]?.session else {
      if entry.session == nil { undeleted.remove(key) }
      return
    }
    undeleted.remove(key)
    if session.refreshToken == refreshToken {
      entries[key]?.session?.isUnsaved = false
      publish(key)
    }
  }

  static func recordName(_ key: SessionKey) -> Vault.Name {
    Vault.Name(kind: "session", profile: key.profile, owner: key.owner.text)
  }
}

/// Whether the vault is open.
public enum VaultState: Sendable, Equatable {
  case open
  /// It waits for its passphrase.
  case locked
  /// There is none yet: the first passphrase makes it.
  case new
}

extension VaultError {
  var words: String { "\(self)" }
}
