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

  /// The profile whose token is wanted.
  public var profile: String
  /// `nil`: those of the profile.
  public var scopes: [String]?
  /// Seconds that the token must still live.
  public var minimumLifetime: Double
  /// Whether a person may be asked.
  public var interaction: Interaction
  /// From the call on.
  public var timeout: Duration
  /// Whether the issuer is asked though there is a good one.
  public var forceRefresh: Bool
  /// Why, in the caller's words.
  public var reason: String?

  /// Made of its parts; what is left out has the value that stands here.
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

extension Broker {
  /// The answer for a token that is held; `nil` where it has to be fetched.
  ///
  /// Synchronous: this is what most calls are.
  ///
  /// - Throws: `unknownProfile`, `accessDenied`, `invalidParameter`.
  public func heldToken(_ demand: TokenDemand, _ peer: Peer) throws(BrokerError) -> Secret? {
    let profile = try usableProfile(demand.profile, peer)
    let asked = try scopeSet(demand.scopes, profile)
    guard !demand.forceRefresh else { return nil }
    let key = key(profile, peer)
    guard let held = held(key, asked, demand.minimumLifetime) else { return nil }
    noteUse(of: key)
    if held.isDue { refreshAhead(key) }
    return held.token.rendered
  }

  /// A token, by whatever it takes.
  ///
  /// - Throws: what the contract lists for `token.get`; always within `demand.timeout`.
  public func token(
    _ demand: TokenDemand, _ peer: Peer, _ connection: ConnectionID
  ) async throws(BrokerError) -> Secret {
    let deadline = uptime + demand.timeout
    let profile = try usableProfile(demand.profile, peer)
    let asked = try scopeSet(demand.scopes, profile)
    let key = key(profile, peer)
    var mustRefresh = demand.forceRefresh
    var hasSignedIn = false
    noteUse(of: key)
    // Each turn ends in an answer, an error, or, once a call, a session that is newer than before.
    while true {
      // What could not be written is written first: asking the issuer again would rotate again.
      if entries[key]?.session?.isUnsaved == true, refreshes[key] == nil {
        try await within(deadline) { broker throws(BrokerError) in try await broker.save(key) }
      }
      if !mustRefresh, let held = held(key, asked, demand.minimumLifetime) {
        return held.token.rendered
      }
      if mayRefresh(key, profile) {
        do throws(BrokerError) {
          try await refresh(
            key, profile, asked, isForced: demand.forceRefresh, until: deadline, connection)
          if let token = living(key, asked) { return token.rendered }
          throw BrokerError.interactionRequired(profile: profile.name, retryAfter: nil)
        } catch {
          // A token that still lives is better than an error of an issuer that is away or gives no
          // more of them, or of a disk that takes nothing.
          if error.mayPass, !demand.forceRefresh, let held = held(key, asked, 1) {
            return held.token.rendered
          }
          guard case .interactionRequired = error else { throw error }
        }
      } else if !demand.forceRefresh, let held = held(key, asked, 1) {
        // Nothing better is to be had without a person, and this one still lives.
        return held.token.rendered
      }
      guard !hasSignedIn else {
        throw .interactionRequired(profile: profile.name, retryAfter: nil)
      }
      hasSignedIn = true
      mustRefresh = false
      _ = try await signIn(
        SignInDemand(
          key: key, profile: profile, interaction: demand.interaction, reason: demand.reason,
          loginHint: nil, ignoresQuiet: false),
        peer, until: deadline, connection)
      if let token = living(key, asked) { return token.rendered }
    }
  }

  /// The token that is held and lives long enough, and whether the next one is due.
  private func held(
    _ key: SessionKey, _ asked: ScopeSet, _ minimum: Double
  ) -> (token: HeldToken, isDue: Bool)? {
    guard let session = entries[key]?.session, !session.isUnsaved,
      let token = session.tokens[asked]
    else { return nil }
    let now = moment
    let left = token.lifeLeft(now: now)
    guard left > 0, left >= minimum || token.isFresh(now: now) else { return nil }
    return (token, left <= token.notice && session.refreshToken != nil)
  }

  /// The token of that set, where it has not ended.
  func living(_ key: SessionKey, _ asked: ScopeSet) -> HeldToken? {
    guard let token = entries[key]?.session?.tokens[asked], token.lifeLeft(now: moment) > 0 else {
      return nil
    }
    return token
  }

  func scopeSet(
    _ scopes: [String]?, _ profile: Profile
  ) throws(BrokerError) -> ScopeSet {
    guard let scopes else { return profile.scopeSet }
    for scope in scopes where !profile.scopes.contains(scope) {
      throw .invalidParameter(name: "scopes", why: "\(scope) is not a scope of \(profile.name)")
    }
    guard !scopes.isEmpty else { return profile.scopeSet }
    return ScopeSet(scopes)
  }

  /// A token that the issuer has just given.
  func heldToken(
    _ issued: Issued, _ profile: Profile, _ session: Session, _ asked: ScopeSet
  ) -> HeldToken {
    let response = issued.response
    let lifetime = Double(max(response.expiresIn ?? 300, 0))
    let now = moment
    // By what the wall clock shows now, wherever it stood when the request left.
    let sent = now.wall.addingTimeInterval((issued.askedAt - now.uptime) / .seconds(1))
    let grant = TokenGrant(
      profile: profile.name, accessToken: response.accessToken, tokenType: response.tokenType,
      expiresAt: sent.addingTimeInterval(lifetime), scopes: response.scope ?? asked.scopes,
      idToken: session.idToken)
    return HeldToken(
      grant: grant, rendered: parts.render(grant),
      asked: Moment(wall: sent, uptime: issued.askedAt), lifetime: lifetime,
      notice: RefreshSchedule.notice(
        lifetime: lifetime, ahead: profile.refreshAhead, chance: Self.chance()))
  }

  /// The session is over at the issuer: what is held of it is forgotten, here and on disk.
  func endSession(_ key: SessionKey) async {
    guard entries[key]?.session != nil else { return }
    entries[key]?.session = nil
    undeleted.insert(key)
    withdraw(key, .sessionEnded)
    audit("session ended by the issuer", "session_ended", key, .success(()))
    try? await save(key)
    lookOut(for: key)
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
