// Who wants to be told of a session's tokens, and what they were last told: a table inside the
// broker, and no decision of when.

public import Secrets

/// Where news of tokens goes: a connection, or a script.
public protocol Subscriber: AnyObject, Sendable {
  /// Called on the broker's executor; must not wait.
  func notify(_ notice: TokenNotice)
}

/// What a subscriber is told (contract §2, `token.subscribe`).
public enum TokenNotice: Sendable, Equatable {
  /// Why there is no token any more.
  public enum Reason: String, Sendable {
    /// Somebody signed out.
    case loggedOut = "logged_out"
    /// The issuer has ended the session.
    case sessionEnded = "session_ended"
    /// It ended before another one could be had.
    case expired
  }

  /// - Parameters:
  ///   - scopes: those that were subscribed to.
  ///   - token: as `token.get` answers it.
  case changed(profile: String, scopes: [String], token: Secret)
  case gone(profile: String, scopes: [String], Reason)
}

/// The subscriptions of all connections.
struct Subscriptions {
  /// What one subscription is to.
  struct Topic: Hashable {
    var key: SessionKey
    var asked: ScopeSet
  }

  private struct Audience {
    var subscribers: [ConnectionID: any Subscriber] = [:]
    /// What they were last told of; `nil` where there was no token.
    var shown: HeldToken?
  }

  /// How many one connection may have.
  static let limit = 64

  private var audiences: [SessionKey: [ScopeSet: Audience]] = [:]
  private var topics: [ConnectionID: Set<Topic>] = [:]

  /// The sets of a session that somebody subscribes to.
  func sets(of key: SessionKey) -> [ScopeSet] {
    audiences[key].map { Array($0.keys) } ?? []
  }

  func isEmpty(_ key: SessionKey) -> Bool { audiences[key] == nil }

  /// What the subscribers of each set of a session know of.
  func shown(of key: SessionKey) -> [(ScopeSet, HeldToken)] {
    audiences[key, default: [:]].compactMap { asked, audience in
      audience.shown.map { (asked, $0) }
    }
  }

  /// - Throws: `quotaExceeded`. Subscribing twice to the same is subscribing once.
  mutating func add(
    _ connection: ConnectionID, _ subscriber: any Subscriber, to topic: Topic
  ) throws(BrokerError) {
    let held = topics[connection, default: []]
    guard held.contains(topic) || held.count < Self.limit else {
      throw .quotaExceeded(
        "this connection has \(Self.limit) subscriptions, which is the limit")
    }
    topics[connection, default: []].insert(topic)
    audiences[topic.key, default: [:]][topic.asked, default: Audience()]
      .subscribers[connection] = subscriber
  }

  mutating func remove(_ connection: ConnectionID, from topic: Topic) {
    topics[connection]?.remove(topic)
    if topics[connection]?.isEmpty == true { topics[connection] = nil }
    audiences[topic.key]?[topic.asked]?.subscribers[connection] = nil
    guard audiences[topic.key]?[topic.asked]?.subscribers.isEmpty == true else { return }
    audiences[topic.key]?[topic.asked] = nil
    if audiences[topic.key]?.isEmpty == true { audiences[topic.key] = nil }
  }

  /// A connection has ended.
  mutating func remove(_ connection: ConnectionID) {
    for topic in topics[connection] ?? [] { remove(connection, from: topic) }
  }

  /// Notes what the subscribers of a set know of from now on.
  ///
  /// - Returns: those who have to be told; nobody where they know.
  mutating func show(_ token: HeldToken?, to topic: Topic) -> [any Subscriber] {
    guard let audience = audiences[topic.key]?[topic.asked], audience.shown !== token else {
      return []
    }
    audiences[topic.key]?[topic.asked]?.shown = token
    return Array(audience.subscribers.values)
  }
}
