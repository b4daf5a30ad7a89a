// Sessions as people see them: signing in on purpose, listing, signing out.

public import FoundationEssentials
internal import InteractionCodeFlow
internal import OAuth
public import Prompts

/// One session as it is listed (contract §2, SESSION).
public struct SessionFacts: Sendable, Equatable {
  /// Whether there is a token, and for how long.
  public enum State: String, Sendable {
    case active, expiring, expired
    case signedOut = "signed_out"
  }

  /// The profile that was signed in to.
  public var profile: String
  /// Whose it is.
  public var owner: Owner
  /// `sub` of the ID token; `nil` where nobody is signed in.
  public var subject: String?
  /// How it stands with its token.
  public var state: State
  /// When the one of its access tokens ends that lives longest.
  public var accessExpiresAt: Date?
  /// Whether there is a refresh token that may be used.
  public var isRefreshable: Bool
  /// What was granted.
  public var scopes: [String]
  /// When the issuer last renewed it.
  public var lastRefreshAt: Date?
  /// The sign-in that is under way for it.
  public var transaction: TransactionID?
}

/// Counts that a caller may see.
public struct BrokerCounts: Sendable, Equatable {
  /// Profiles that the asker may use.
  public var profiles: Int
  /// Sessions of these.
  public var sessions: Int
  /// Connections that are attached for them.
  public var prompters: Int
}

/// What `session.login` asks for.
public struct LoginDemand: Sendable {
  /// What the person wants of the engine.
  public enum Flow: Sendable {
    case authenticate, register, recover, unlock
  }

  /// The profile to sign in to.
  public var profile: String
  /// What is to be done.
  public var flow: Flow
  /// Who signs in, where that is known.
  public var loginHint: String?
  /// What a link in a mail has brought.
  public var links: LinkTokens
  /// Whether to sign in though a session is active.
  public var force: Bool
  /// From the call on.
  public var timeout: Duration

  /// Made of its parts; what is left out has the value that stands here.
  public init(
    profile: String, flow: Flow = .authenticate, loginHint: String? = nil,
    links: LinkTokens = LinkTokens(), force: Bool = false, timeout: Duration = .seconds(600)
  ) {
    self.profile = profile
    self.flow = flow
    self.loginHint = loginHint
    self.links = links
    self.force = force
    self.timeout = timeout
  }
}

extension Purpose {
  fileprivate init(_ flow: LoginDemand.Flow) {
    switch flow {
    case .authenticate: self = .authenticate
    case .register: self = .register
    case .recover: self = .recover
    case .unlock: self = .unlock
    }
  }
}

/// What came of it.
public enum LoginOutcome: Sendable, Equatable {
  case session(SessionFacts)
  /// Registered, recovered or unlocked, in the engine's words; nobody is signed in.
  case withoutTokens([Message])
}

extension Broker {
  /// Signs in on purpose: at once where a session is active, unless forced. Where a transaction of
  /// the session is under way already it is joined, whatever it is for.
  ///
  /// - Throws: what the contract lists for `session.login`.
  public func login(
    _ demand: LoginDemand, _ peer: Peer, _ connection: ConnectionID
  ) async throws(BrokerError) -> LoginOutcome {
    let deadline = uptime + demand.timeout
    let profile = try usableProfile(demand.profile, peer)
    let key = key(profile, peer)
    if !demand.force, let facts = facts(key), facts.state == .active {
      return .session(facts)
    }
    let end = try await signIn(
      SignInDemand(
        key: key, profile: profile, interaction: .wait, reason: nil,
        purpose: Purpose(demand.flow), loginHint: demand.loginHint, links: demand.links,
        ignoresQuiet: true),
      peer, until: deadline, connection)
    if case .withoutTokens(let messages) = end { return .withoutTokens(messages) }
    guard let facts = facts(key) else {
      throw .interactionRequired(profile: demand.profile, retryAfter: nil)
    }
    return .session(facts)
  }

  /// The caller's sessions, and its sign-ins under way.
  ///
  /// - Throws: `vaultLocked`: who is signed in is not known then.
  public func sessions(_ peer: Peer) throws(BrokerError) -> [SessionFacts] {
    guard !gate.isLocked else { throw .vaultLocked }
    return usableProfiles(peer).compactMap { facts(key($0, peer)) }
  }

  /// The profiles that the caller may use, each with its session.
  ///
  /// - Throws: `vaultLocked`, as `sessions`.
  public func profileList(_ peer: Peer) throws(BrokerError) -> [(Profile, SessionFacts?)] {
    guard !gate.isLocked else { throw .vaultLocked }
    return usableProfiles(peer).map { ($0, facts(key($0, peer))) }
  }

  /// What the caller may count: everything for the service's owner, else its own.
  public func counts(_ peer: Peer) -> BrokerCounts {
    if parts.policy.owns(peer) {
      return BrokerCounts(
        profiles: profiles.count, sessions: entries.values.count { $0.session != nil },
        prompters: board.attachments.count)
    }
    return BrokerCounts(
      profiles: usableProfiles(peer).count,
      sessions: usableProfiles(peer).count { entries[key($0, peer)]?.session != nil },
      prompters: board.attachments.values.count { $0.peer.uid == peer.uid })
  }

  private func usableProfiles(_ peer: Peer) -> [Profile] {
    profiles.values.filter { parts.policy.mayUse($0, peer) }.sorted { $0.name < $1.name }
  }

  /// What is known of a session; `nil` where there is none and no sign-in under way.
  public func facts(_ key: SessionKey) -> SessionFacts? {
    let session = entries[key]?.session
    let transaction = transactions[key]
    guard session != nil || transaction != nil else { return nil }
    let newest = session?.tokens.values.max { $0.grant.expiresAt < $1.grant.expiresAt }
    let left = newest.map { $0.lifeLeft(now: moment) } ?? 0
    let isRefreshable = profiles[key.profile].map { mayRefresh(key, $0) } ?? false
    let state: SessionFacts.State =
      if session == nil {
        .signedOut
      } else if left > 60 || isRefreshable {
        .active
      } else {
        left > 0 ? .expiring : .expired
      }
    return SessionFacts(
      profile: key.profile, owner: key.owner, subject: session?.subject, state: state,
      accessExpiresAt: newest?.grant.expiresAt, isRefreshable: isRefreshable,
      scopes: session?.scopes ?? [], lastRefreshAt: session?.lastRefreshAt,
      transaction: transaction?.id)
  }
}
