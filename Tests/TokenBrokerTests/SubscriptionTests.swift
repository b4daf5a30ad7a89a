// What a subscriber is told of the tokens of a session, and when.

import Foundation
import Secrets
import Synchronization
import Testing
import TurnedTime

@testable import TokenBroker

/// A subscriber that remembers what it was told.
final class ScriptedSubscriber: Subscriber {
  struct Told: Equatable {
    var notice: TokenNotice
    /// On the boot clock, and by everybody else's.
    var at: Duration
    var date: Date
  }

  private let clock: TurnedClock
  private let state = Mutex<[Told]>([])

  init(_ world: World) { clock = world.clock }

  func notify(_ notice: TokenNotice) {
    let told = Told(notice: notice, at: clock.uptime(), date: clock.trueTime)
    state.withLock { $0.append(told) }
  }

  var told: [Told] { state.withLock { $0 } }
  var notices: [TokenNotice] { told.map(\.notice) }
  var changes: [Told] {
    told.filter { if case .changed = $0.notice { true } else { false } }
  }
  var goings: [TokenNotice.Reason] {
    notices.compactMap { if case .gone(_, _, let reason) = $0 { reason } else { nil } }
  }
}

@Suite("Subscribing to tokens")
struct SubscriptionTests {
  private let all = ["offline_access", "openid", "profile"]

  private func subscribe(
    _ world: World, _ subscriber: ScriptedSubscriber, scopes: [String]? = nil,
    on connection: ConnectionID? = nil
  ) async throws -> String? {
    let connection = connection ?? world.connection()
    let held = try await world.broker.subscribe(
      "demo", scopes: scopes, World.peer, connection, subscriber)
    await world.settle()
    return held?.exposedText()
  }

  @Test(
    "the token held is given, and each next one in time, though nobody asks",
    arguments: [300, 600, 3600, 86400])
  func ahead(life: Int) async throws {
    let world = try await World(accessLife: life)
    try await world.signIn()
    let subscriber = ScriptedSubscriber(world)
    let first = try await subscribe(world, subscriber)
    #expect(first != nil)
    var received = world.clock.uptime()
    for round in 1...5 {
      await world.pass(.seconds(life))
      #expect(subscriber.changes.count >= round)
    }
    for change in subscriber.changes {
      let left = Double(life) - (change.at - received) / .seconds(1)
      #expect(left >= min(60, Double(life) / 10), "it came \(left) s before the end")
      #expect(left < Double(life) * 0.3, "it came \(left) s before the end")
      received = change.at
    }
    #expect(subscriber.goings.isEmpty)
    #expect(world.issuer.count("/token") == subscriber.changes.count + 1)
    guard case .changed("demo", all, let last)? = subscriber.notices.last else {
      Issue.record("\(String(describing: subscriber.notices.last))")
      return
    }
    #expect(await world.get().value == last.exposedText())
    await world.end()
  }

  @Test("a session that nobody subscribes to is left alone when nobody has used it lately")
  func unused() async throws {
    let world = try await World(accessLife: 600)
    try await world.signIn()
    #expect(await world.get().value != nil)
    await world.pass(.seconds(2 * 3600))
    let spent = world.issuer.count("/token")
    #expect((2...9).contains(spent), "refreshed \(spent) times in the hour of its use")
    await world.pass(.seconds(24 * 3600))
    #expect(world.issuer.count("/token") == spent)
    await world.end()
  }

  @Test("refreshes of sessions that began together are spread")
  func jitter() async throws {
    var moments: Set<Duration> = []
    for _ in 0..<6 {
      let world = try await World(accessLife: 3600)
      try await world.signIn()
      _ = try await subscribe(world, ScriptedSubscriber(world))
      await world.pass(.seconds(3600))
      let times = world.issuer.times("/token")
      let wait = (try #require(times.dropFirst().first) - times[0]) / .seconds(1)
      #expect((2800...2885).contains(wait))
      moments.insert(.milliseconds(Int(wait * 1000)))
      await world.end()
    }
    #expect(moments.count > 1)
  }

  @Test("with no token held the answer is null and nobody is asked; a sign-in later serves it")
  func nothingHeld() async throws {
    let world = try await World()
    let person = ScriptedPerson()
    _ = try await world.broker.attach(world.connection(), World.peer, person, profiles: nil)
    let subscriber = ScriptedSubscriber(world)
    #expect(try await subscribe(world, subscriber) == nil)
    #expect(person.notices.isEmpty)
    #expect(world.issuer.count("/interact") == 0)
    try await world.signIn()
    #expect(subscriber.changes.count == 1)
    await world.end()
  }

  @Test("narrower scopes are fetched for the subscription, and renewed with the session")
  func narrower() async throws {
    let world = try await World(accessLife: 600)
    try await world.signIn()
    let subscriber = ScriptedSubscriber(world)
    #expect(try await subscribe(world, subscriber, scopes: ["openid"]) == nil)
    await world.pass(.milliseconds(1))
    guard case .changed("demo", ["openid"], let token)? = subscriber.notices.first else {
      Issue.record("\(subscriber.notices)")
      return
    }
    let demand = TokenDemand(profile: "demo", scopes: ["openid"], interaction: .never)
    #expect(await world.get(demand).value == token.exposedText())
    await world.pass(.seconds(600))
    #expect(subscriber.changes.count == 2)
    // Another sign-in begins another session: its narrower token is another one.
    try await world.signIn(force: true)
    await world.pass(.seconds(1))
    #expect(subscriber.changes.count == 3)
    await world.end()
  }

  @Test("signing out says so once, and the next session serves the same subscription")
  func loggedOut() async throws {
    let world = try await World()
    try await world.signIn()
    let subscriber = ScriptedSubscriber(world)
    _ = try await subscribe(world, subscriber)
    _ = try await world.broker.logout(
      "demo", localOnly: false, timeout: .seconds(30), World.peer)
    await world.settle()
    #expect(subscriber.goings == [.loggedOut])
    await world.pass(.seconds(7200))
    #expect(subscriber.notices.count == 1)
    try await world.signIn()
    #expect(subscriber.changes.count == 1)
    await world.end()
  }

  @Test("a session that the issuer ends is gone when that is found out")
  func ended() async throws {
    let world = try await World(accessLife: 600)
    try await world.signIn()
    let subscriber = ScriptedSubscriber(world)
    _ = try await subscribe(world, subscriber)
    world.issuer.organisation { $0.revokeGrants() }
    await world.pass(.seconds(600))
    #expect(subscriber.goings == [.sessionEnded])
    await world.end()
  }

  @Test("a token that ends before the issuer is back is gone, and the next one comes by itself")
  func expired() async throws {
    let world = try await World(accessLife: 600)
    try await world.signIn()
    let subscriber = ScriptedSubscriber(world)
    _ = try await subscribe(world, subscriber)
    world.issuer.always("/token", .unreachable)
    await world.pass(.seconds(599))
    #expect(subscriber.notices.isEmpty)
    await world.pass(.seconds(2))
    #expect(subscriber.goings == [.expired])
    await world.pass(.seconds(1000))
    #expect(subscriber.notices.count == 1)
    world.issuer.always("/token", nil)
    await world.pass(.seconds(400))
    #expect(subscriber.changes.count == 1)
    await world.end()
  }

  @Test("no subscriber misses a change over a machine that sleeps, or a clock that is set")
  func clocks() async throws {
    let world = try await World(accessLife: 3600)
    try await world.signIn()
    let subscriber = ScriptedSubscriber(world)
    _ = try await subscribe(world, subscriber)
    world.clock.suspend(.seconds(8 * 3600))
    await world.pass(.seconds(40))
    #expect(subscriber.changes.count == 1)
    world.clock.set(by: 300)
    await world.pass(.seconds(3600 - 300))
    #expect(subscriber.changes.count == 2)
    world.clock.set(by: -300)
    await world.pass(.seconds(3600))
    #expect(subscriber.changes.count == 3)
    #expect(world.issuer.count("/token") == 4)
    await world.end()
  }

  @Test(
    "a disk that takes nothing is tried every few seconds, and the token comes when it is back",
    arguments: [true, false])
  func disk(isBeforeTheRequest: Bool) async throws {
    let world = try await World(accessLife: 600)
    try await world.signIn()
    let subscriber = ScriptedSubscriber(world)
    _ = try await subscribe(world, subscriber)
    if !isBeforeTheRequest { world.issuer.next("/token", .held) }
    let obstacle = world.folder.appendingPathComponent("session.1000.demo.record.new")
    if isBeforeTheRequest {
      try FileManager.default.createDirectory(at: obstacle, withIntermediateDirectories: false)
    }
    await world.pass(.seconds(500))
    if !isBeforeTheRequest {
      #expect(world.issuer.heldCount == 1)
      try FileManager.default.createDirectory(at: obstacle, withIntermediateDirectories: false)
      world.issuer.release()
      await world.settle()
    }
    let before = world.loop.count
    await world.pass(.seconds(60))
    #expect(subscriber.notices.isEmpty)
    #expect(world.loop.count - before < 1000, "it spins")
    #expect(world.issuer.count("/token") == (isBeforeTheRequest ? 1 : 2))
    try FileManager.default.removeItem(at: obstacle)
    await world.pass(.seconds(10))
    #expect(subscriber.changes.count == 1)
    #expect(world.issuer.count("/token") == 2)
    await world.end()
  }

  @Test("what ends a subscription: unsubscribing, or the end of its connection")
  func unsubscribed() async throws {
    let world = try await World(accessLife: 600)
    try await world.signIn()
    let subscribers = [ScriptedSubscriber(world), ScriptedSubscriber(world)]
    let connections = [world.connection(), world.connection()]
    for (subscriber, connection) in zip(subscribers, connections) {
      _ = try await subscribe(world, subscriber, on: connection)
    }
    await world.pass(.seconds(600))
    #expect(subscribers.map(\.changes.count) == [1, 1])
    try await world.broker.unsubscribe("demo", scopes: nil, World.peer, connections[0])
    await world.pass(.seconds(600))
    #expect(subscribers.map(\.changes.count) == [1, 2])
    await world.broker.hangUp(connections[1])
    await world.pass(.seconds(2 * 3600))
    let spent = world.issuer.count("/token")
    await world.pass(.seconds(2 * 3600))
    #expect(world.issuer.count("/token") == spent)
    #expect(subscribers.map(\.changes.count) == [1, 2])
    await world.end()
  }

  @Test("a connection has at most 64 subscriptions; the same one twice is one")
  func limit() async throws {
    let scopes = (0..<70).map { "s\($0)" }
    var profile = World.profile()
    profile.scopes = scopes
    let world = try await World(profiles: [profile])
    let connection = world.connection()
    let subscriber = ScriptedSubscriber(world)
    for scope in scopes.prefix(64) + scopes.prefix(64) {
      #expect(try await subscribe(world, subscriber, scopes: [scope], on: connection) == nil)
    }
    await #expect(throws: BrokerError.self) {
      try await subscribe(world, subscriber, scopes: ["s64"], on: connection)
    }
    _ = try await subscribe(world, subscriber, scopes: ["s64"])
    try await world.broker.unsubscribe("demo", scopes: ["s0"], World.peer, connection)
    _ = try await subscribe(world, subscriber, scopes: ["s64"], on: connection)
    await world.end()
  }

  @Test("whoever may not have the token may not subscribe to it, and scopes must be the profile's")
  func refused() async throws {
    let world = try await World()
    let subscriber = ScriptedSubscriber(world)
    let stranger = Peer(pid: 7, uid: 1001, gids: [])
    for (name, peer, scopes) in [
      ("demo", stranger, nil), ("other", World.peer, nil), ("demo", World.peer, ["email"]),
    ] {
      await #expect(throws: BrokerError.self) {
        _ = try await world.broker.subscribe(
          name, scopes: scopes, peer, world.connection(), subscriber)
      }
    }
    await world.end()
  }
}
