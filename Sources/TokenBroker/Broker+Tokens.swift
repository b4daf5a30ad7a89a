// `token.get`: from memory, by the refresh grant, by a relayed sign-in, in this order.

internal import FoundationEssentials
internal import InteractionCodeFlow
internal import Logging
internal import OAuth
public import Secrets

/// What a caller asks for.
public struct TokenDemand: Sendable {
  /// Whether a person may be asked.
  public enum Interaction: String, Sendable {
    case auto, wait, never
  }

  public var profile: String
  /// `nil`: those of the profile.
  public var scopes: [String]?
  /// Seconds that the token must still live.
  public var minimumLifetime: Double
  public var interaction: Interaction
  /// From the call on.
  public var timeout: Duration
  public var forceRefresh: Bool
  /// Why, in the caller's words.
  public var reason: String?

  public init(
    profile: String, scopes: [String]? = nil, minimumLifetime: Double = 60,
    interaction: Interaction = .auto, timeout: Duration = .seconds(120),
    forceRefresh: Bool = false, reason: String? = nil
  ) {
    self.profile = profile
    self.scopes = scopes
    self.minimumLifetime = minimumLifetime
    self.interaction = interaction
    self.timeout = timeout
    self.forceRefresh = forceRefresh
    self.reason = reason
  }
}

/// A refresh that is under way for a session: at most one, since refresh tokens rotate.
struct RunningRefresh {
  var asked: ScopeSet
  var waiters = Waiters<Void>()
}

extension Broker {
  /// The answer for a token that is held; `nil` where it has to be fetched.
  ///
  /// Synchronous: this is what most calls are.
  ///
  /// - Throws: `unknownProfile`, `accessDenied`, `invalidParameter`.
  public func heldToken(_ demand: TokenDemand, _ peer: Peer) throws(BrokerError) -> Secret? {
    let profile = try usableProfile(demand.profile, peer)
    let asked = try scopeSet(demand, profile)
    guard !demand.forceRefresh else { return nil }
    return held(key(profile, peer), asked, demand.minimumLifetime)
  }

  /// A token, by whatever it takes.
  ///
  /// - Throws: what the contract lists for `token.get`; always within `demand.timeout`.
  public func token(
    _ demand: TokenDemand, _ peer: Peer, _ connection: ConnectionID
  ) async throws(BrokerError) -> Secret {
    let deadline = uptime + demand.timeout
    let profile = try usableProfile(demand.profile, peer)
    let asked = try scopeSet(demand, profile)
    let key = key(profile, peer)
    var mustRefresh = demand.forceRefresh
    // Each turn ends in an answer, an error, or a session that is newer than before.
    while true {
      // What could not be written is written first: asking the issuer again would rotate again.
      if entries[key]?.session?.isUnsaved == true, refreshes[key] == nil { try await save(key) }
      if !mustRefresh, let rendered = held(key, asked, demand.minimumLifetime) { return rendered }
      if entries[key]?.session?.refreshToken != nil {
        do throws(BrokerError) {
          try await refresh(key, profile, asked, until: deadline, connection)
          if let token = entries[key]?.session?.tokens[asked] { return token.rendered }
          throw BrokerError.interactionRequired(profile: profile.name, retryAfter: nil)
        } catch {
          // A token that still lives is better than an error from an issuer that is away.
          if case .issuerUnavailable = error, !demand.forceRefresh,
            let rendered = held(key, asked, 1)
          {
            return rendered
          }
          guard case .interactionRequired = error else { throw error }
        }
      }
      mustRefresh = false
      _ = try await signIn(
        SignInDemand(
          key: key, profile: profile, interaction: demand.interaction, reason: demand.reason,
          loginHint: nil, ignoresQuiet: false),
        peer, until: deadline, connection)
      if let token = entries[key]?.session?.tokens[asked] { return token.rendered }
      if entries[key]?.session?.refreshToken == nil {
        throw .interactionRequired(profile: profile.name, retryAfter: nil)
      }
    }
  }

  private func held(_ key: SessionKey, _ asked: ScopeSet, _ minimum: Double) -> Secret? {
    guard let session = entries[key]?.session, !session.isUnsaved,
      let token = session.tokens[asked]
    else { return nil }
    let now = parts.clock.now()
    let left = token.grant.expiresAt.timeIntervalSince(now)
    return left >= minimum || (now < token.freshUntil && left > 0) ? token.rendered : nil
  }

  private func scopeSet(
    _ demand: TokenDemand, _ profile: Profile
  ) throws(BrokerError) -> ScopeSet {
    guard let scopes = demand.scopes else { return profile.scopeSet }
    for scope in scopes where !profile.scopes.contains(scope) {
      throw .invalidParameter(name: "scopes", why: "\(scope) is not a scope of \(profile.name)")
    }
    guard !scopes.isEmpty else { return profile.scopeSet }
    return ScopeSet(scopes)
  }

  // MARK: Refreshing

  /// Brings a fresh token of that scope set into the session, with one request to the issuer
  /// however many callers wait.
  ///
  /// - Throws: `interactionRequired` where the issuer has ended the session.
  private func refresh(
    _ key: SessionKey, _ profile: Profile, _ asked: ScopeSet, until deadline: Duration,
    _ connection: ConnectionID
  ) async throws(BrokerError) {
    while let running = refreshes[key], running.asked != asked {
      // One refresh token, one use at a time; how the other one ends is not our result.
      do { try await awaitRefresh(key, until: deadline, connection) } catch .timeout(let what) {
        throw .timeout(waitingFor: what)
      } catch {}
    }
    if refreshes[key] == nil {
      // A session from before its profile wanted bound tokens cannot be renewed into one that has.
      guard let session = entries[key]?.session, let token = session.refreshToken,
        session.proofKey != nil || !profile.bindsTokens
      else {
        throw .interactionRequired(profile: profile.name, retryAfter: nil)
      }
      let proofKey = session.proofKey
      refreshes[key] = RunningRefresh(asked: asked)
      let isNarrower = asked != profile.scopeSet
      let deviceToken = deviceToken(key)
      spawn { [self] in
        let result: Result<TokenResponse, BrokerError>
        do throws(BrokerError) {
          result = .success(
            try await issuers.refresh(
              profile, token: token, scopes: isNarrower ? asked.scopes : nil,
              deviceToken: deviceToken, proofKey: proofKey))
        } catch {
          result = .failure(error)
        }
        await refreshed(key, profile, asked, from: token, result)
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

  private func refreshed(
    _ key: SessionKey, _ profile: Profile, _ asked: ScopeSet, from old: Secret,
    _ result: Result<TokenResponse, BrokerError>
  ) async {
    var outcome: Result<Void, BrokerError> = .success(())
    do throws(BrokerError) {
      // The session may have ended, or begun anew, while the issuer answered.
      if entries[key]?.session?.refreshToken == old {
        try await keep(try result.get(), key, profile, asked)
      }
    } catch {
      outcome = .failure(error)
      if case .interactionRequired = error { await endSession(key) }
    }
    audit("token refreshed", "token_refreshed", key, outcome)
    var running = refreshes.removeValue(forKey: key)
    running?.waiters.resumeAll(outcome)
  }

  /// Puts a response of the refresh grant into the session: disk first, then memory.
  private func keep(
    _ response: TokenResponse, _ key: SessionKey, _ profile: Profile, _ asked: ScopeSet
  ) async throws(BrokerError) {
    guard var session = entries[key]?.session else { return }
    if let token = response.idToken {
      let claims = try await issuers.validate(
        token, profile, nonce: nil, accessToken: response.accessToken, subject: session.subject)
      guard claims.subject == session.subject else {
        throw .tokenRejected("the refreshed ID token names another subject")
      }
      session.idToken = token
    }
    let now = parts.clock.now()
    session.refreshToken = response.refreshToken ?? session.refreshToken
    session.lastRefreshAt = now
    session.tokens[asked] = heldToken(response, key.profile, session, asked, now)
    session.isUnsaved = true
    entries[key]?.session = session
    try await save(key)
  }

  func heldToken(
    _ response: TokenResponse, _ profile: String, _ session: Session, _ asked: ScopeSet,
    _ now: Date
  ) -> HeldToken {
    let lifetime = Double(max(response.expiresIn ?? 300, 0))
    let grant = TokenGrant(
      profile: profile, accessToken: response.accessToken, tokenType: response.tokenType,
      expiresAt: now.addingTimeInterval(lifetime), scopes: response.scope ?? asked.scopes,
      idToken: session.idToken)
    return HeldToken(
      grant: grant, rendered: parts.render(grant),
      freshUntil: now.addingTimeInterval(lifetime / 2))
  }

  /// The session is over at the issuer: what is held of it is forgotten, here and on disk.
  func endSession(_ key: SessionKey) async {
    guard entries[key]?.session != nil else { return }
    entries[key]?.session = nil
    try? await save(key)
  }

  /// One record in the log of what was decided; never with a secret.
  ///
  /// - Parameter event: the kind, which the journal knows by a `MESSAGE_ID`.
  func audit(
    _ what: String, _ event: String, _ key: SessionKey, _ outcome: Result<Void, BrokerError>
  ) {
    var metadata: Logger.Metadata = [
      "event": "\(event)", "profile": "\(key.profile)", "owner": "\(key.owner.text)",
    ]
    if case .failure(let error) = outcome { metadata["error"] = "\(error)" }
    parts.logger.info("\(what)", metadata: metadata)
  }
}
