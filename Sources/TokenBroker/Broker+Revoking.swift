// Signing out, and what of it the issuer has still to hear.
//
// 1. What is to be revoked is on disk before the session is not: a crash in between signs out at the
//    issuer too, as was asked.
// 2. The session is gone from memory and disk before the issuer is asked: an issuer that is away
//    keeps nobody signed in here.
// 3. One request at a time for a (profile, owner). What brings no answer is tried again, from 1 s to
//    5 min later, over restarts too, until the issuer has taken it or the token is over by itself.
// 4. Every session that ends here is revoked: by signing out, by being replaced with another, by
//    tokens that came when nobody wanted them any more. One that is replaced is queued when the other
//    is on disk: a crash in between leaves its tokens to end by themselves, and costs nobody a session.

internal import FoundationEssentials
internal import InteractionCodeFlow
internal import Logging
internal import OAuth
internal import Secrets
internal import TokenVault

/// What became of the tokens of a session that was signed out of.
public struct LogoutOutcome: Sendable, Equatable {
  /// Whether the issuer has revoked them.
  public var isRevoked: Bool
  /// Whether it will be told when it can be reached.
  public var isQueued: Bool

  /// Made of its parts.
  public init(isRevoked: Bool, isQueued: Bool) {
    self.isRevoked = isRevoked
    self.isQueued = isQueued
  }
}

extension Broker {
  /// Signs out: cancels a sign-in under way, forgets the session here, and revokes its tokens at
  /// the issuer unless `localOnly`.
  ///
  /// - Throws: `unknownProfile`, `accessDenied`, `vaultUnavailable` (it is signed out in memory and
  ///   at the issuer, and may be back after a restart), `timeout` of the disk.
  public func logout(
    _ name: String, localOnly: Bool, timeout: Duration, _ peer: Peer
  ) async throws(BrokerError) -> LogoutOutcome {
    let deadline = uptime + timeout
    let profile = try usableProfile(name, peer)
    let key = key(profile, peer)
    cancelSignIn(key)
    guard let session = entries[key]?.session else {
      if undeleted.contains(key) {
        try await within(deadline) { broker throws(BrokerError) in try await broker.saveAll(key) }
      }
      return LogoutOutcome(isRevoked: false, isQueued: false)
    }
    entries[key]?.session = nil
    undeleted.insert(key)
    withdraw(key, .loggedOut)
    lookOut(for: key)
    audit("signed out", "logged_out", key, .success(()))
    let ended = localOnly ? [] : pendings(of: session, profile)
    append(ended, key)
    do throws(BrokerError) {
      try await within(deadline) { broker throws(BrokerError) in
        try await broker.saveAll(key)
      }
    } catch {
      // The issuer is told all the same: what may come back is worth nothing then.
      start { broker in await broker.revoke(key) }
      throw error
    }
    guard !ended.isEmpty else { return LogoutOutcome(isRevoked: false, isQueued: false) }
    let outcome = try? await within(deadline) { broker throws(BrokerError) in
      let revoked = await broker.revoke(key)
      let isQueued = broker.isPending(ended, key)
      return LogoutOutcome(
        isRevoked: !isQueued && ended.allSatisfy { revoked.contains($0.token) },
        isQueued: isQueued)
    }
    return outcome ?? LogoutOutcome(isRevoked: false, isQueued: isPending(ended, key))
  }

  /// Calls off the sign-in that is under way, also one whose code is being redeemed: what that brings
  /// is given back.
  private func cancelSignIn(_ key: SessionKey) {
    guard let transaction = transactions[key] else { return }
    if transaction.isRedeeming {
      end(key, .cancelled, messages: [], .failure(.transactionCancelled))
    } else {
      step(key, .cancelled)
    }
  }

  /// Brings onto the disk how a session stands, over perhaps, and what the issuer has to hear of it.
  /// Each is tried, whatever becomes of the other.
  func saveAll(_ key: SessionKey) async throws(BrokerError) {
    var fault: BrokerError?
    do throws(BrokerError) { try await keepRevocations(key) } catch { fault = error }
    try await save(key)
    if let fault { throw fault }
  }

  // MARK: The queue

  /// Has tokens revoked that nobody will use here any more.
  func discard(_ session: Session, _ key: SessionKey, _ profile: Profile) {
    append(pendings(of: session, profile), key)
    start { broker in
      try? await broker.keepRevocations(key)
      await broker.revoke(key)
    }
  }

  private func pendings(of session: Session, _ profile: Profile) -> [PendingRevocation] {
    let now = parts.clock.now()
    func pending(
      _ token: Secret, _ kind: TokenRequest.TokenKind, _ until: Date
    ) -> PendingRevocation {
      PendingRevocation(
        token: token, kind: kind, issuer: profile.issuer, clientID: profile.clientID, until: until)
    }
    let refresh = session.refreshToken.map {
      pending($0, .refreshToken, now.addingTimeInterval(PendingRevocation.longest))
    }
    let access = session.tokens.values.filter { $0.lifeLeft(now: moment) > 0 }.map {
      pending(
        $0.grant.accessToken, .accessToken, now.addingTimeInterval($0.lifeLeft(now: moment)))
    }
    return (refresh.map { [$0] } ?? []) + access
  }

  private func append(_ pending: [PendingRevocation], _ key: SessionKey) {
    guard !pending.isEmpty else { return }
    revocations[key, default: RevocationQueue()].pending += pending
  }

  private func isPending(_ key: SessionKey) -> Bool { revocations[key]?.pending.isEmpty == false }

  private func isPending(_ some: [PendingRevocation], _ key: SessionKey) -> Bool {
    let pending = revocations[key]?.pending ?? []
    return some.contains { one in pending.contains { $0.token == one.token } }
  }

  /// Brings the queue onto the disk.
  private func keepRevocations(_ key: SessionKey) async throws(BrokerError) {
    let name = Vault.Name(
      kind: RevocationRecord.kind, profile: key.profile, owner: key.owner.text)
    let pending = revocations[key]?.pending ?? []
    do throws(VaultError) {
      if pending.isEmpty {
        guard revocationsKept.contains(key) else { return }
        try await parts.vault.delete(name)
        if revocations[key]?.pending.isEmpty ?? true { revocationsKept.remove(key) }
      } else {
        revocationsKept.insert(key)
        try await parts.vault.write(RevocationRecord.encoded(pending), as: name)
      }
    } catch {
      parts.logger.error(
        "what is to be revoked could not be saved; it is kept in memory",
        metadata: ["profile": "\(key.profile)", "error": "\(error)"])
      throw .vaultUnavailable(error.words)
    }
  }

  /// Tells the issuer, as far as it listens.
  ///
  /// - Returns: the tokens that it has revoked.
  @discardableResult
  private func revoke(_ key: SessionKey) async -> [Secret] {
    guard let queue = revocations[key], !queue.isUnderWay, !(queue.isOrdered && queue.alarm != nil),
      !gate.isLocked, let profile = profiles[key.profile]
    else { return [] }
    queue.alarm?.cancel()
    revocations[key]?.alarm = nil
    revocations[key]?.isUnderWay = true
    let deviceToken = deviceToken(key)
    var revoked: [Secret] = []
    while let next = nextRevocation(key, profile) {
      do throws(BrokerError) {
        let outcome = try await issuers.revoke(
          next.token, next.kind, profile, deviceToken: deviceToken)
        if outcome == .revoked { revoked.append(next.token) }
        revocations[key]?.failures = 0
        settle(next, key, outcome)
        if isPending(key) { try? await keepRevocations(key) }
      } catch {
        postpone(key, error)
        break
      }
    }
    revocations[key]?.isUnderWay = false
    if revocations[key]?.pending.isEmpty == true {
      try? await keepRevocations(key)
      if revocations[key]?.pending.isEmpty == true { revocations[key] = nil }
    }
    return revoked
  }

  private func dropEnded(_ key: SessionKey) {
    let now = parts.clock.now()
    revocations[key]?.pending.removeAll { $0.until <= now }
  }

  /// The next one that is not over by itself, and that this profile can do.
  private func nextRevocation(_ key: SessionKey, _ profile: Profile) -> PendingRevocation? {
    dropEnded(key)
    return revocations[key]?.pending.first { $0.belongs(to: profile) }
  }

  private func settle(
    _ one: PendingRevocation, _ key: SessionKey, _ outcome: Issuers.RevocationOutcome
  ) {
    revocations[key]?.pending.removeAll { $0.token == one.token }
    parts.logger.info(
      "a token was given back to the issuer",
      metadata: [
        "profile": "\(key.profile)", "owner": "\(key.owner.text)", "kind": "\(one.kind.rawValue)",
        "outcome": "\(outcome)",
      ])
  }

  private func postpone(_ key: SessionKey, _ error: BrokerError) {
    let failures = (revocations[key]?.failures ?? 0) + 1
    let retryAfter: Int? = if case .rateLimited(let seconds) = error { seconds } else { nil }
    revocations[key]?.failures = failures
    revocations[key]?.isOrdered = if case .rateLimited = error { true } else { false }
    let pause = RefreshSchedule.pause(
      failures: failures, retryAfter: retryAfter, chance: Self.chance())
    revocations[key]?.alarm = alarm(after: pause) { broker in
      broker.revocations[key]?.alarm = nil
      broker.start { broker in await broker.revoke(key) }
    }
    parts.logger.info(
      "the issuer could not be told of tokens that are over; it is told later",
      metadata: ["profile": "\(key.profile)", "error": "\(error)"])
  }

  // MARK: At the start

  /// Takes up what a vault held when it was opened.
  func resumeRevocations(_ records: [(Vault.Name, Secret)]) {
    for (name, payload) in records where name.kind == RevocationRecord.kind {
      guard let owner = Owner(text: name.owner) else { continue }
      let key = SessionKey(profile: name.profile, owner: owner)
      revocationsKept.insert(key)
      append(RevocationRecord.decoded(payload), key)
      start { broker in
        // Also where the profile is no longer there: what is over by itself goes.
        broker.dropEnded(key)
        if !broker.isPending(key) { try? await broker.keepRevocations(key) }
        await broker.revoke(key)
      }
    }
  }
}
