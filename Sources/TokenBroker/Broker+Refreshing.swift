// The refresh grant: one request a session at a time, however many callers wait, and never a refresh
// token lost.
//
// 1. Before a request leaves, it is on disk that one was begun. Before anybody sees the new access
//    token, the new refresh token is on disk. Both with the same record, so that at each moment what
//    is on disk is one true state of the session.
// 2. A request that may have arrived and brought no answer is repeated once, with the same token, in
//    the issuer's grace. A crash between the two is settled at the next start in the same way. When
//    the grace is over, a token that may have been rotated is not used any more.
// 3. What surely had no effect (no connection, an error of the issuer's own) leaves the refresh token
//    as good as it was, and begins a pause in which nobody asks.
// 4. Sessions that are used are refreshed ahead of time; nobody waits for that.

internal import FoundationEssentials
internal import Logging
internal import OAuth
internal import Secrets

/// A refresh that is under way for a session: at most one, since refresh tokens rotate.
struct RunningRefresh {
  var asked: ScopeSet
  var waiters = Waiters<Void>()
}

/// How long after the last call a session still counts as used, where its tokens live shorter.
private let usedLately: Duration = .seconds(3600)

extension Broker {
  // MARK: For callers

  /// Brings a fresh token of that scope set into the session, with one request to the issuer
  /// however many callers wait.
  ///
  /// - Parameter isForced: whether the caller wants the issuer asked though it was away just now.
  /// - Throws: `interactionRequired` where the issuer has ended the session.
  func refresh(
    _ key: SessionKey, _ profile: Profile, _ asked: ScopeSet, isForced: Bool,
    until deadline: Duration, _ connection: ConnectionID
  ) async throws(BrokerError) {
    while let running = refreshes[key], running.asked != asked {
      // One refresh token, one use at a time; how the other one ends is not our result.
      do { try await awaitRefresh(key, until: deadline, connection) } catch .timeout(let what) {
        throw .timeout(waitingFor: what)
      } catch {}
    }
    if refreshes[key] == nil {
      if let backOff = backOffs[key], backOff.notBefore > uptime, !isForced || backOff.isOrdered {
        throw backOff.refusal(now: uptime)
      }
      guard startRefresh(key, profile, asked) else {
        throw .interactionRequired(profile: profile.name, retryAfter: nil)
      }
    }
    try await awaitRefresh(key, until: deadline, connection)
  }

  private func awaitRefresh(
    _ key: SessionKey, until deadline: Duration, _ connection: ConnectionID
  ) async throws(BrokerError) {
    let _: Void = try await wait(until: deadline) { broker, id, continuation, alarm in
      broker.refreshes[key]?.waiters.add(id, continuation, alarm: alarm, connection: connection)
    } leave: { broker, id in
      broker.refreshes[key]?.waiters.resume(id, .failure(.timeout(waitingFor: .issuer)))
    }
  }

  // MARK: The request

  /// - Returns: whether there is a refresh token that may be used.
  private func startRefresh(_ key: SessionKey, _ profile: Profile, _ asked: ScopeSet) -> Bool {
    // A session from before its profile wanted bound tokens cannot be renewed into one that has.
    guard let session = entries[key]?.session, let token = session.refreshToken,
      session.mayRefresh(now: parts.clock.now()), session.proofKey != nil || !profile.bindsTokens
    else { return false }
    refreshes[key] = RunningRefresh(asked: asked)
    start { broker in
      var outcome: Result<Void, BrokerError> = .success(())
      do throws(BrokerError) {
        let response = try await broker.redeem(token, of: key, profile, asked)
        // The session may have ended, or begun anew, while the issuer answered.
        if broker.entries[key]?.session?.refreshToken == token {
          try await broker.keep(response, key, profile, asked)
        }
      } catch {
        outcome = .failure(error)
        if case .interactionRequired = error { await broker.endSession(key) }
      }
      broker.refreshed(key, outcome)
    }
    return true
  }

  /// Asks the issuer; on disk before, that it was asked.
  private func redeem(
    _ token: Secret, of key: SessionKey, _ profile: Profile, _ asked: ScopeSet
  ) async throws(BrokerError) -> TokenResponse {
    let scopes = asked == profile.scopeSet ? nil : asked.scopes
    let deviceToken = deviceToken(key)
    let proofKey = entries[key]?.session?.proofKey
    let isRepeated = entries[key]?.session?.refreshBegunAt != nil
    if !isRepeated {
      entries[key]?.session?.refreshBegunAt = parts.clock.now()
      do {
        try await save(key)
      } catch {
        entries[key]?.session?.refreshBegunAt = nil
        throw error
      }
    }
    do {
      return try await issuers.refresh(
        profile, token: token, scopes: scopes, deviceToken: deviceToken, proofKey: proofKey)
    } catch {
      guard case .issuerSilent = error else {
        // Of a request before this one nothing new is known.
        if !isRepeated { await settle(key, token) }
        throw error
      }
    }
    guard entries[key]?.session?.mayRefresh(now: parts.clock.now()) == true else {
      throw .issuerSilent("the issuer gave no answer to /token")
    }
    return try await issuers.refresh(
      profile, token: token, scopes: scopes, deviceToken: deviceToken, proofKey: proofKey)
  }

  /// The request surely had no effect: the refresh token is as good as it was.
  private func settle(_ key: SessionKey, _ token: Secret) async {
    guard entries[key]?.session?.refreshToken == token else { return }
    entries[key]?.session?.refreshBegunAt = nil
    try? await save(key)
  }

  /// Puts a response of the refresh grant into the session: disk first, then memory.
  private func keep(
    _ response: TokenResponse, _ key: SessionKey, _ profile: Profile, _ asked: ScopeSet
  ) async throws(BrokerError) {
    guard var session = entries[key]?.session else { return }
    let old = session.refreshToken
    session.isStatic = response.refreshToken == nil || response.refreshToken == old
    session.refreshToken = response.refreshToken ?? old
    session.refreshBegunAt = nil
    session.isUnsaved = true
    do {
      session.idToken = try await idToken(of: response, session, profile)
    } catch {
      // The old refresh token is spent, whatever else came with the new one.
      entries[key]?.session = session
      try await save(key)
      throw error
    }
    let now = parts.clock.now()
    session.lastRefreshAt = now
    session.tokens[asked] = heldToken(response, profile, session, asked, now)
    entries[key]?.session = session
    try await save(key)
  }

  private func idToken(
    of response: TokenResponse, _ session: Session, _ profile: Profile
  ) async throws(BrokerError) -> Secret? {
    guard let token = response.idToken else { return session.idToken }
    let claims = try await issuers.validate(
      token, profile, nonce: nil, accessToken: response.accessToken, subject: session.subject)
    guard claims.subject == session.subject else {
      throw .tokenRejected("the refreshed ID token names another subject")
    }
    return token
  }

  private func refreshed(_ key: SessionKey, _ outcome: Result<Void, BrokerError>) {
    audit("token refreshed", "token_refreshed", key, outcome)
    switch outcome {
    case .success:
      backOffs[key] = nil
    case .failure(let error) where error.isTheIssuersAbsence:
      let failures = (backOffs[key]?.failures ?? 0) + 1
      let retryAfter: Int? = if case .rateLimited(let seconds) = error { seconds } else { nil }
      let pause = RefreshSchedule.pause(
        failures: failures, retryAfter: retryAfter, chance: Self.chance())
      backOffs[key] = BackOff(failures: failures, notBefore: uptime + pause, error: error)
    case .failure:
      break
    }
    var running = refreshes.removeValue(forKey: key)
    running?.waiters.resumeAll(outcome)
    lookOut(for: key)
  }

  // MARK: Ahead of time

  /// Notes that somebody wants tokens of this session.
  func noteUse(of key: SessionKey) {
    lastUse[key] = uptime
    if lookouts[key] == nil { lookOut(for: key) }
  }

  /// Fetches what is due of a session, where nobody does so already.
  func refreshAhead(_ key: SessionKey) {
    guard refreshes[key] == nil, backOffs[key].map({ $0.notBefore <= uptime }) ?? true,
      let profile = profiles[key.profile], let session = entries[key]?.session,
      let asked = session.tokens.min(by: { $0.value.refreshAt < $1.value.refreshAt })?.key
    else { return }
    _ = startRefresh(key, profile, asked)
  }

  /// Sets the alarm for the next time that something of the session is due.
  private func lookOut(for key: SessionKey) {
    lookouts.removeValue(forKey: key)?.cancel()
    guard let session = entries[key]?.session, session.mayRefresh(now: parts.clock.now()),
      let due = session.tokens.values.map(\.refreshAt).min()
    else { return }
    let pause = backOffs[key].map { $0.notBefore - uptime } ?? .zero
    let delay = max(.seconds(due.timeIntervalSince(parts.clock.now())), pause, .zero)
    lookouts[key] = alarm(after: delay) { broker in broker.lookedOut(for: key) }
  }

  private func lookedOut(for key: SessionKey) {
    lookouts[key] = nil
    let unused = lastUse[key].map { uptime - $0 } ?? .seconds(Int.max / 2)
    let lifetime = entries[key]?.session?.tokens.values.map {
      $0.grant.expiresAt.timeIntervalSince($0.freshUntil) * 2
    }.max()
    // One that nobody wants any more waits for its next caller.
    guard unused < max(usedLately, .seconds(lifetime ?? 0)) else { return }
    refreshAhead(key)
  }

  /// What a crash left undecided is settled at once, while the issuer's grace lasts.
  func settleRefreshes() {
    for (key, entry) in entries {
      guard let session = entry.session, session.refreshBegunAt != nil,
        let profile = profiles[key.profile]
      else { continue }
      _ = startRefresh(key, profile, profile.scopeSet)
    }
  }

  /// From 0 up to 1.
  static func chance() -> Double {
    Double(RandomBytes.bytes(2).reduce(0) { $0 << 8 | UInt16($1) }) / 65536
  }
}
