import BrokerInterface
import Foundation
import JSON
import RemedyClient
import TestSupport
import Testing

@Suite("Subscribing to tokens, through the real broker", .serialized)
struct SubscriptionTests {
  /// The next thing that a subscriber is told.
  private func next(_ client: Client) throws -> BrokerNotification {
    let deadline = Deadline.after(seconds: 20)
    while let arrival = try client.receive(until: deadline) {
      if case .notification(let notification) = arrival { return notification }
    }
    throw Trouble("nothing came")
  }

  private let demo = TokenSubscribe.Params(profile: "demo")
  private let forced = TokenGet.Params(profile: "demo", forceRefresh: true)

  @Test("null before the sign-in; the token with it, each next one, and that it is gone")
  func life() throws {
    let household = try Household(scenario: "password")
    let subscriber = try household.client()
    #expect(try subscriber.call(TokenSubscribe.self, demo).token == nil)
    try household.signIn()
    let caller = try household.client()
    let first = try caller.call(TokenGet.self, TokenGet.Params(profile: "demo"))
    let scopes = ["offline_access", "openid", "profile"]
    #expect(
      try next(subscriber) == .changed(TokenChanged(profile: "demo", scopes: scopes, token: first)))
    #expect(try caller.call(TokenSubscribe.self, demo).token == first)
    let second = try household.client().call(TokenGet.self, forced)
    #expect(second.accessToken != first.accessToken)
    for client in [subscriber, caller] {
      #expect(
        try next(client) == .changed(TokenChanged(profile: "demo", scopes: scopes, token: second)))
    }
    _ = try caller.call(TokenUnsubscribe.self, demo)
    #expect(try caller.call(SessionLogout.self, SessionLogout.Params(profile: "demo")).revoked)
    #expect(
      try next(subscriber)
        == .gone(TokenGone(profile: "demo", scopes: scopes, reason: .loggedOut)))
    #expect(try caller.receive(until: .after(seconds: 0)) == nil)
    // The session is over, the subscription is not.
    try household.signIn()
    guard case .changed? = try? next(subscriber) else {
      Issue.record("the next session does not serve the subscription")
      return
    }
  }

  @Test("a token that narrower scopes have is fetched for the subscription")
  func narrower() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    let subscriber = try household.client()
    let params = TokenSubscribe.Params(profile: "demo", scopes: ["openid"])
    #expect(try subscriber.call(TokenSubscribe.self, params).token == nil)
    guard case .changed(let changed) = try next(subscriber) else { throw Trouble("none came") }
    #expect(changed.scopes == ["openid"])
    #expect(changed.token.scope == "openid")
  }

  @Test("a subscriber that reads nothing is closed, and the others are served on")
  func deaf() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    let deaf = try household.client()
    let attentive = try household.client()
    _ = try deaf.call(TokenSubscribe.self, demo)
    _ = try attentive.call(TokenSubscribe.self, demo)
    let caller = try household.client()
    var rounds = 0
    while !deaf.isHungUp, rounds < 100 {
      rounds += 1
      // It asks for more than it reads: what it is told unasked is what goes too far.
      for _ in 0..<25 { _ = try? deaf.start(TokenSubscribe.self, demo) }
      let token = try caller.call(TokenGet.self, forced)
      guard case .changed(let changed) = try next(attentive) else { throw Trouble("none came") }
      #expect(changed.token == token)
    }
    #expect(deaf.isHungUp, "it was still there after \(rounds) rounds")
    // What had been sent can be read, and then the connection is at its end.
    #expect(throws: ConnectionFault.self) {
      while try deaf.receive(until: .after(seconds: 10)) != nil {}
    }
    _ = try caller.call(TokenGet.self, forced)
    guard case .changed = try next(attentive) else { throw Trouble("none came") }
  }

  @Test("what the issuer could not be told at a sign-out it is told after kill -9")
  func queued() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    try household.strike(["kind": "unavailable", "path": "/oauth2/v1/revoke", "count": 1])
    let result = try household.client().call(
      SessionLogout.self, SessionLogout.Params(profile: "demo"))
    #expect(result == SessionLogout.Result(revoked: false, queued: true))
    household.stopDaemon(signal: SIGKILL)
    try household.startDaemon()
    let deadline = ContinuousClock.now + .seconds(30)
    // The one that failed, and one for each token.
    while try household.count("/v1/revoke") < 3 {
      guard ContinuousClock.now < deadline else { throw Trouble("the issuer was never told") }
    }
    let sessions = try household.client().call(SessionList.self, SessionList.Params()).sessions
    #expect(sessions.isEmpty)
  }
}

extension Client {
  /// Whether the broker has hung up, whatever of it is still to be read.
  var isHungUp: Bool {
    var entry = pollfd(fd: descriptor, events: 0, revents: 0)
    return poll(&entry, 1, 0) > 0 && entry.revents & Int16(POLLHUP) != 0
  }
}
