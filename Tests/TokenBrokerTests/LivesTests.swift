// Random lives of a session: signing in and out, callers, subscribers, clocks, sleep, faults of the
// issuer, crashes. Whatever happens, and in whatever order, three things hold:
//
// 1. Nobody is given a token that has ended.
// 2. No refresh token is used twice against the issuer's rules, and none is lost, unless the issuer
//    was silent for longer than its grace, or a clock was set over a crash in it.
// 3. No call outlives its timeout.
//
// REMEDY_LIVES=N lives that many, REMEDY_LIFE=SEED one of them again, with what happened in it.

import Foundation
import IdentityEngineSimulator
import JSON
import Secrets
import TestSupport
import Testing

@testable import TokenBroker

/// The dice of one life.
private struct Dice {
  private var chance: SeededDice

  init(_ seed: UInt64) { chance = SeededDice(seed: seed &* 0xD1B5_4A32_D192_ED03) }

  mutating func next() -> UInt64 { chance.next() }

  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }
  mutating func one<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
  mutating func seconds(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + Double(below(1000)) / 1000 * (range.upperBound - range.lowerBound)
  }
}

/// One life, and what is known of it.
private final class Life {
  let seed: UInt64
  var dice: Dice
  let world: World
  let life: Int
  var story: [String] = []
  var isSignedIn = false
  /// Whether the refresh token may have been lost by the rules.
  var mayBeLost = false
  var wasSetWhileHeld = false
  /// Whether this life sets clocks, or else may boot anew.
  let setsClocks: Bool
  var calls: [(call: Call<String>, until: Duration)] = []
  var subscribers: [ScriptedSubscriber] = []
  var seen: [Int] = []

  init(_ seed: UInt64) async throws {
    self.seed = seed
    dice = Dice(seed)
    life = dice.one([60, 300, 3600])
    setsClocks = dice.below(2) == 0
    world = try await World(accessLife: life)
  }

  func note(_ what: String) { story.append(what) }

  func fail(_ what: String) {
    Issue.record("life \(seed): \(what)\n  \(story.joined(separator: "\n  "))")
  }

  // MARK: What happens

  func step() async throws {
    switch isSignedIn || dice.below(2) == 0 ? dice.below(20) : 0 {
    case 0, 1: try await signIn()
    case 2, 3, 4: await get(force: false)
    case 5, 6: await get(force: true)
    case 7: try await subscribe()
    case 8, 9, 10: await pass(dice.seconds(0...Double(life) * 1.3))
    case 11: await pass(dice.seconds(0...20))
    case 12: suspend()
    case 13: set()
    case 14, 15, 16: fault()
    case 17: await release()
    case 18: try await die()
    default: if dice.below(3) == 0 { await logout() }
    }
    look()
  }

  private func signIn() async throws {
    guard !isSignedIn || dice.below(3) == 0 else { return }
    note("signs in")
    // Persons do not sign in while the issuer is away.
    calm()
    await release()
    do {
      try await world.signIn(force: true)
    } catch BrokerError.tokenRejected {
      note("which this clock does not let happen")
      return
    } catch is World.Unfinished {
      return fail("a sign-in does not end by itself")
    }
    isSignedIn = true
    mayBeLost = false
  }

  private func get(force: Bool) async {
    let timeout = dice.one([1.0, 20, 120])
    note("asks\(force ? " by force" : ""), for \(timeout) s at most")
    let until = world.clock.awake + .seconds(timeout)
    let call = await world.get(
      TokenDemand(
        profile: "demo", minimumLifetime: dice.one([0, 60]), interaction: .never,
        timeout: .seconds(timeout), forceRefresh: force))
    calls.append((call, until))
  }

  private func subscribe() async throws {
    note("subscribes")
    let subscriber = ScriptedSubscriber(world)
    let held = try await world.broker.subscribe(
      "demo", scopes: nil, World.peer, world.connection(), subscriber)
    if let held { check(held.exposedText(), at: world.clock.trueTime, "subscribing") }
    subscribers.append(subscriber)
    seen.append(0)
    await world.settle()
  }

  private func pass(_ seconds: Double) async {
    note("\(Int(seconds)) s pass")
    var left = seconds
    while left > 0 {
      await world.pass(.seconds(min(left, 30)))
      left -= 30
      look()
    }
  }

  private func suspend() {
    let seconds = dice.seconds(1...7200)
    note("sleeps for \(Int(seconds)) s")
    world.clock.suspend(.seconds(seconds))
    mayBeLost = mayBeLost || world.issuer.silence > 0 || world.issuer.heldCount > 0
  }

  private func set() {
    guard setsClocks else { return }
    let seconds = dice.one([-7200.0, -400, -3, 3, 400, 7200])
    if dice.below(2) == 0 {
      note("the clock is set right")
      world.clock.setRight()
    } else {
      note("the clock is set by \(seconds) s")
      world.clock.set(by: seconds)
    }
    wasSetWhileHeld = wasSetWhileHeld || world.issuer.silence > 0 || world.issuer.heldCount > 0
  }

  private func fault() {
    let (name, fate): (String, ModelIssuer.Fate) = dice.one([
      ("cannot be reached", .unreachable), ("loses a request", .lost),
      ("loses an answer", .answerLost), ("keeps an answer back", .held),
      ("fails", .refused(500, [:], "{}")), ("limits", .refused(429, [.retryAfter: "40"], "{}")),
    ])
    note("the issuer \(name)")
    world.issuer.next("/token", fate)
  }

  private func release() async {
    guard world.issuer.heldCount > 0 else { return }
    note("the answers that were kept back come")
    world.issuer.release()
    await world.settle()
    look()
  }

  private func die() async throws {
    let isMidway = world.issuer.heldCount > 0 || world.issuer.silence > 0
    calls = []
    subscribers = []
    seen = []
    switch dice.below(3) {
    case 0:
      note("restarts")
      mayBeLost = mayBeLost || (isMidway && wasSetWhileHeld)
      try await world.restart()
    case 1 where !setsClocks:
      note("boots")
      mayBeLost = mayBeLost || isMidway
      try await world.crash(reboot: .seconds(dice.seconds(5...300)))
    default:
      note("crashes")
      mayBeLost = mayBeLost || (isMidway && wasSetWhileHeld)
      try await world.crash()
    }
    wasSetWhileHeld = false
  }

  private func logout() async {
    note("signs out")
    _ = await world.start { broker throws(BrokerError) in
      try await broker.logout("demo", localOnly: false, timeout: .seconds(5), World.peer)
    }
    isSignedIn = false
  }

  func calm() { world.issuer.forgetFates() }

  // MARK: What holds

  /// Looks at what has come, and at who waits too long.
  func look() {
    if world.issuer.silence >= 2 { mayBeLost = true }
    // One that is kept back for longer than the grace may be the last that was to be had.
    if world.issuer.heldCount > 0 { mayBeLost = true }
    if world.issuer.silence == 0 && world.issuer.heldCount == 0 { wasSetWhileHeld = false }
    let now = world.clock.trueTime
    var open: [(call: Call<String>, until: Duration)] = []
    for (call, until) in calls {
      switch call.result {
      case .success(let token): check(token, at: call.endedAt ?? now, "a call")
      case .failure: break
      case nil:
        if world.clock.awake > until + .milliseconds(1) { fail("a call outlived its timeout") }
        open.append((call, until))
      }
    }
    calls = open
    for (index, subscriber) in subscribers.enumerated() {
      let told = subscriber.told
      for one in told.dropFirst(seen[index]) {
        if case .changed(_, _, let token) = one.notice {
          check(token.exposedText(), at: one.date, "a subscriber")
        }
      }
      seen[index] = told.count
    }
    let reuse = world.issuer.organisation {
      $0.systemLog.contains { $0.event.hasSuffix("detect_reuse") }
    }
    if reuse { fail("the issuer saw a refresh token used twice") }
  }

  private func check(_ token: String, at moment: Date, _ whose: String) {
    let parts = token.split(separator: ".")
    guard parts.count == 3, let bytes = Base64URL.decode(String(parts[1])),
      let claims = try? JSONParser.parse(bytes), let end = claims["exp"]?.int
    else { return fail("\(whose) was given what is no token") }
    let left = Double(end) - moment.timeIntervalSince1970
    // The issuer writes whole seconds: a token lives up to one longer than it says.
    if left < -1 { fail("\(whose) was given a token \(-left) s after its end") }
  }

  /// In the end all is well again: is the session there?
  func end() async {
    calm()
    await release()
    world.clock.setRight()
    await pass(1000)
    let call = await world.get()
    if isSignedIn, call.value == nil, !mayBeLost {
      fail("the session is lost: \(String(describing: call.error))")
    }
    if !isSignedIn, call.value != nil {
      fail("somebody who has signed out has a token")
    }
    look()
    await world.end()
  }
}

@Suite("Random lives of a session")
struct LivesTests {
  @Test("no token past its end, no refresh token lost or used twice, no call past its timeout")
  func lives() async throws {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["REMEDY_LIFE"].flatMap({ UInt64($0) }) {
      let life = try await Self.live(seed)
      print(life.joined(separator: "\n"))
      return
    }
    let count = environment["REMEDY_LIVES"].flatMap { UInt64($0) } ?? 25
    for seed in 1...count { _ = try await Self.live(seed) }
  }

  private static func live(_ seed: UInt64) async throws -> [String] {
    let life = try await Life(seed)
    for _ in 0..<30 { try await life.step() }
    await life.end()
    return life.story
  }
}
