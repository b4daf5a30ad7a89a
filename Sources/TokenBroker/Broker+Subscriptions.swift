// `token.subscribe`: the token that is held, and each one after it, without asking again.
//
// 1. Subscribers see a token when it is on disk, as callers do.
// 2. A subscription is to a (profile, owner) and a set of scopes, and not to a session: it outlives
//    that, and the next one serves it again. It never starts a sign-in.
// 3. Each set is told once of each token, and once that there is none any more.

public import Secrets

extension Broker {
  /// Subscribes a connection to the tokens of a set of scopes.
  ///
  /// - Parameter scopes: `nil` for those of the profile.
  /// - Returns: the token that is held now, as `token.get` answers it; `nil` where none is.
  /// - Throws: `unknownProfile`, `accessDenied`, `invalidParameter`, `quotaExceeded`,
  ///   `vaultUnavailable`.
  public func subscribe(
    _ name: String, scopes: [String]?, _ peer: Peer, _ connection: ConnectionID,
    _ subscriber: any Subscriber
  ) throws(BrokerError) -> Secret? {
    let profile = try usableProfile(name, peer)
    let topic = Subscriptions.Topic(
      key: key(profile, peer), asked: try scopeSet(scopes, profile))
    try subscriptions.add(connection, subscriber, to: topic)
    let isSaved = entries[topic.key]?.session?.isUnsaved == false
    let held = isSaved ? living(topic.key, topic.asked) : nil
    if let held {
      for other in subscriptions.show(held, to: topic) where other !== subscriber {
        other.notify(changed(topic, held))
      }
    }
    lookOut(for: topic.key)
    return held?.rendered
  }

  /// Ends a subscription; nothing happens where there is none.
  ///
  /// - Throws: `unknownProfile`, `accessDenied`, `invalidParameter`.
  public func unsubscribe(
    _ name: String, scopes: [String]?, _ peer: Peer, _ connection: ConnectionID
  ) throws(BrokerError) {
    let profile = try usableProfile(name, peer)
    subscriptions.remove(
      connection,
      from: Subscriptions.Topic(key: key(profile, peer), asked: try scopeSet(scopes, profile)))
  }

  /// Tells the subscribers of a session what they do not know yet of its tokens. Called when these
  /// are on disk.
  func publish(_ key: SessionKey) {
    guard let session = entries[key]?.session, !session.isUnsaved else { return }
    for asked in subscriptions.sets(of: key) {
      let topic = Subscriptions.Topic(key: key, asked: asked)
      if let token = living(key, asked) {
        for subscriber in subscriptions.show(token, to: topic) {
          subscriber.notify(changed(topic, token))
        }
      } else if session.refreshToken == nil, session.tokens[asked] == nil {
        // Of a session before this one, which cannot be had from this one.
        withdraw(topic, .sessionEnded)
      }
    }
  }

  /// Tells the subscribers of a session that there is no token any more.
  func withdraw(_ key: SessionKey, _ reason: TokenNotice.Reason) {
    for asked in subscriptions.sets(of: key) {
      withdraw(Subscriptions.Topic(key: key, asked: asked), reason)
    }
  }

  /// The same where theirs has ended.
  func withdrawEnded(_ key: SessionKey) {
    let now = moment
    for (asked, token) in subscriptions.shown(of: key) where token.lifeLeft(now: now) <= 0 {
      withdraw(Subscriptions.Topic(key: key, asked: asked), .expired)
    }
  }

  private func withdraw(_ topic: Subscriptions.Topic, _ reason: TokenNotice.Reason) {
    for subscriber in subscriptions.show(nil, to: topic) {
      subscriber.notify(
        .gone(profile: topic.key.profile, scopes: topic.asked.scopes, reason))
    }
  }

  private func changed(_ topic: Subscriptions.Topic, _ token: HeldToken) -> TokenNotice {
    .changed(profile: topic.key.profile, scopes: topic.asked.scopes, token: token.rendered)
  }
}
