// The refresh grant: one request a session at a time, however many callers wait, and never a refresh
// token lost.
//
// 1. Before a request leaves, it is on disk that one was begun; what else has to be known of the
//    issuer is fetched before that, so that the grace is spent on the request alone. As soon as the
//    answer has come, the new refresh token is on disk: before its ID token is validated, which may
//    take requests of its own, and before anybody sees the new access token. All with the same
//    record, so that at each moment what is on disk is one true state of the session.
// 2. A request that may have arrived and brought no answer is repeated once, with the same token, in
//    the issuer's grace. A crash between the two is settled at the next start in the same way. When
//    the grace is over, a token that may have been rotated is not used any more.
// 3. What surely had no effect (no connection, an error of the issuer's own) leaves the refresh token
//    as good as it was, and begins a pause in which nobody asks: for anything of the session where
//    the issuer is away or refuses the client, for that set of scopes where it refuses just that.
// 4. Sessions that are used are refreshed ahead of time; nobody waits for that.
// 5. A token that has ended when it arrives, be it that the machine slept meanwhile, is asked for
//    once more, and not given.
// 6. A shutdown waits for the refreshes that are under way, and none is begun any more: an answer
//    that is thrown away is a refresh token that is lost.

internal import FoundationEssentials
internal import Logging
internal import OAuth
internal import Secrets

/// A refresh that is under way for a session: at most one, since refresh tokens rotate.
struct RunningRefresh {
  var asked: ScopeSet
  var waiters = Waiters<Void>()
}

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
      do throws(BrokerError) {
        try await awaitRefresh(key, running.asked, until: deadline, connection)
      } catch {
        switch error {
        case .timeout, .transactionCancelled: throw error
        default: break
        }
      }
    }
    if refreshes[key] == nil {
      for backOff in pauses(key, asked) where !isForced || backOff.isOrdered {
        throw backOff.refusal(now: uptime)
      }
      try mustGoOn()
      guard startRefresh(key, profile, asked) else {
        throw .interactionRequired(profile: profile.name, retryAfter: nil)
      }
    }
    try await awaitRefresh(key, asked, until: deadline, connection)
  }

  /// Pauses that are not over, for anything of the session or for that set of scopes.
  private func pauses(_ key: SessionKey, _ asked: ScopeSet) -> [BackOff] {
    [backOffs[key], refusals[key]?[asked]].compactMap(\.self).filter { !$0.isOver(at: moment) }
  }

  private func awaitRefresh(
    _ key: SessionKey, _ asked: ScopeSet, until deadline: Duration, _ connection: ConnectionID
  ) async throws(BrokerError) {
    let _: Void = try await wait(until: deadline) { broker, id, continuation, alarm in
      guard broker.refreshes[key] != nil else {
        let pause = broker.pauses(key, asked).first
        return pause.map { .failure($0.refusal(now: broker.uptime)) } ?? .success(())
      }
      broker.refreshes[key]?.waiters.add(id, continuation, alarm: alarm, connection: connection)
      return nil
    } leave: { broker, id in
      broker.refreshes[key]?.waiters.resume(id, .failure(.timeout(waitingFor: .issuer)))
    }
  }

  // MARK: The request

  /// Whether the session has a refresh token that may be used.
  func mayRefresh(_ key: SessionKey, _ profile: Profile) -> Bool {
    guard let session = entries[key]?.session, session.mayRefresh(now: moment) else { return false }
    // A session from before its profile wanted bound tokens cannot be renewed into one that has.
    return session.proofKey != nil || !profile.bindsTokens
  }

  /// - Returns: whether there is a refresh token that may be used.
  private func startRefresh(_ key: SessionKey, _ profile: Profile, _ asked: ScopeSet) -> Bool {
    guard mayRefresh(key, profile), !isStopping else { return false }
    refreshes[key] = RunningRefresh(asked: asked)
    start { broker in
      var outcome: Result<Void, BrokerError> = .success(())
      do throws(BrokerError) {
        let isDead = try await broker.renew(key, profile, asked)
        if isDead, try await broker.renew(key, profile, asked) {
          throw BrokerError.issuerUnavailable("the issuer's token had ended before it came")
        }
      } catch {
        outcome = .failure(error)
      }
      broker.refreshed(key, asked, outcome)
    }
    return true
  }

  /// One refresh, from the disk to the disk.
  ///
  /// - Returns: whether the token that it brought has ended already.
  private func renew(
    _ key: SessionKey, _ profile: Profile, _ asked: ScopeSet
  ) async throws(BrokerError) -> Bool {
    guard let token = entries[key]?.session?.refreshToken else { return false }
    let issued: Issued
    do {
      issued = try await redeem(token, of: key, profile, asked)
    } catch {
      // What becomes of a session that has ended says nothing of the one that is there now.
      guard entries[key]?.session?.refreshToken == token else { return false }
      if case .interactionRequired = error { await endSession(key) }
      throw error
    }
    guard let session = entries[key]?.session, session.refreshToken == token else {
      // The session has ended, or begun anew, while the issuer answered.
      var late = Session(subject: "", scopes: [], signedInAt: parts.clock.now())
      late.refreshToken = issued.response.refreshToken
      late.tokens[asked] = heldToken(issued, profile, late, asked)
      discard(late, key, profile)
      return false
    }
    try await keep(issued, key, profile, asked)
    return living(key, asked) == nil
  }

  /// Asks the issuer; on disk before, that it was asked.
  private func redeem(
    _ token: Secret, of key: SessionKey, _ profile: Profile, _ asked: ScopeSet
  ) async throws(BrokerError) -> Issued {
    _ = try await issuers.metadata(profile)
    try mayStillRefresh(key, token)
    let scopes = asked == profile.scopeSet ? nil : asked.scopes
    let deviceToken = deviceToken(key)
    let proofKey = entries[key]?.session?.proofKey
    let isRepeated = entries[key]?.session?.refreshBegun != nil
    if !isRepeated {
      entries[key]?.session?.refreshBegun = moment
      do {
        try await save(key)
      } catch {
        entries[key]?.session?.refreshBegun = nil
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
    try mayStillRefresh(key, token)
    return try await issuers.refresh(
      profile, token: token, scopes: scopes, deviceToken: deviceToken, proofKey: proofKey)
  }

  /// - Throws: `issuerSilent` where the token is another by now, or the issuer's grace is over.
  private func mayStillRefresh(_ key: SessionKey, _ token: Secret) throws(BrokerError) {
    guard let session = entries[key]?.session, session.refreshToken == token,
      session.mayRefresh(now: moment)
    else { throw .issuerSilent("the issuer gave no answer to /token") }
  }

  /// The request surely had no effect: the refresh token is as good as it was.
  private func settle(_ key: SessionKey, _ token: Secret) async {
    guard entries[key]?.session?.refreshToken == token else { return }
    entries[key]?.session?.refreshBegun = nil
    try? await save(key)
  }

  /// Puts a response of the refresh grant into the session: disk first, then memory.
  private func keep(
    _ issued: Issued, _ key: SessionKey, _ profile: Profile, _ asked: ScopeSet
  ) async throws(BrokerError) {
    guard var session = entries[key]?.session else { return }
    let response = issued.response
    let old = session.refreshToken
    session.isStatic = response.refreshToken == nil || response.refreshToken == old
    session.refreshToken = response.refreshToken ?? old
    session.refreshBegun = nil
    // The old one is spent, whatever else came with the new one: who signs out meanwhile revokes
    // this. What is held is given as before, until there is better.
    entries[key]?.session = session
    // What cannot be written now is written with the rest.
    if response.idToken != nil { try? await save(key) }
    session.isUnsaved = true
    do {
      session.idToken = try await idToken(of: response, session, profile)
    } catch {
      guard entries[key]?.session?.refreshToken == session.refreshToken else { throw error }
      entries[key]?.session = session
      try await save(key)
      throw error
    }
    guard entries[key]?.session?.refreshToken == session.refreshToken else { return }
    session.lastRefreshAt = parts.clock.now()
    session.tokens[asked] = heldToken(issued, profile, session, asked)
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

  private func refreshed(
    _ key: SessionKey, _ asked: ScopeSet, _ outcome: Result<Void, BrokerError>
  ) {
    let isDone = if case .success = outcome { true } else { false }
    audit(isDone ? "token refreshed" : "token not refreshed", "token_refreshed", key, outcome)
    failedAt[key] = uptime
    switch outcome {
    case .success:
      backOffs[key] = nil
      refusals[key]?[asked] = nil
      failedAt[key] = nil
    case .failure(let error) where error.isTheIssuersAbsence:
      let failures = (backOffs[key]?.failures ?? 0) + 1
      let retryAfter: Int? = if case .rateLimited(let seconds) = error { seconds } else { nil }
      let pause = RefreshSchedule.pause(
        failures: failures, retryAfter: retryAfter, chance: Self.chance())
      backOffs[key] = BackOff(failures: failures, after: pause, error, now: moment)
    case .failure(let error) where error.isRejection:
      backOffs[key] = BackOff(failures: 1, after: RefreshSchedule.rejection, error, now: moment)
    case .failure(.requestRefused(let words)):
      let now = moment
      refusals[key] = refusals[key]?.filter { !$0.value.isOver(at: now) }
      refusals[key, default: [:]][asked] = BackOff(
        failures: 1, after: RefreshSchedule.rejection, .requestRefused(words), now: now)
    case .failure:
      break
    }
    var running = refreshes.removeValue(forKey: key)
    running?.waiters.resumeAll(outcome)
    lookOut(for: key)
    if refreshes.isEmpty { refreshesEnd?.finish() }
  }

  /// What a crash left undecided is settled at once, while the issuer's grace lasts.
  func settleRefreshes() {
    for (key, entry) in entries {
      guard let session = entry.session, session.refreshBegun != nil,
        let profile = profiles[key.profile]
      else { continue }
      _ = startRefresh(key, profile, profile.scopeSet)
    }
  }

  /// Fetches what is due first of a session, where nobody does so already.
  func refreshAhead(_ key: SessionKey) {
    guard refreshes[key] == nil, backOffs[key]?.isOver(at: moment) ?? true,
      let profile = profiles[key.profile], let due = firstDue(key), due.seconds <= 0
    else { return }
    _ = startRefresh(key, profile, due.asked)
  }

  /// The set whose token is due first, and in how many seconds; `nil` where none can be fetched.
  func firstDue(_ key: SessionKey) -> (asked: ScopeSet, seconds: Double)? {
    guard let profile = profiles[key.profile], mayRefresh(key, profile),
      let session = entries[key]?.session
    else { return nil }
    let now = moment
    var due: [ScopeSet: Double] = [:]
    if session.refreshBegun != nil, !session.isStatic {
      // The issuer's grace runs: what is not known of an earlier request is settled first.
      due[profile.scopeSet] = 0
    } else {
      due = session.tokens.mapValues { $0.lifeLeft(now: now) - $0.notice }
      for asked in subscriptions.sets(of: key) where due[asked] == nil { due[asked] = 0 }
    }
    // What is refused waits for its time, and the others do not wait for it.
    for (asked, refusal) in refusals[key] ?? [:] {
      guard let seconds = due[asked] else { continue }
      due[asked] = max(seconds, (refusal.notBefore - now.uptime) / .seconds(1))
    }
    return due.min { $0.value < $1.value }.map { (asked: $0.key, seconds: $0.value) }
  }

  // MARK: The end

  /// - Throws: `issuerUnavailable` during a shutdown: neither a refresh nor a sign-in is begun then,
  ///   whose end nobody would see.
  func mustGoOn() throws(BrokerError) {
    if isStopping { throw .issuerUnavailable("the service is being stopped") }
  }

  /// Waits for the refreshes that are under way, as long as two requests may take: the answer of
  /// each is a refresh token that nobody gets again.
  func finishRefreshes() async {
    isStopping = true
    guard !refreshes.isEmpty else { return }
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    refreshesEnd = end
    let limit = parts.clock.schedule(after: Issuers.refreshTimeout * 2) { end.finish() }
    for await _ in ends {}
    limit.cancel()
  }

  /// From 0 up to 1.
  static func chance() -> Double {
    Double(RandomBytes.bytes(2).reduce(0) { $0 << 8 | UInt16($1) }) / 65536
  }
}
