// Somebody sets the wall clock under the running service, by hours, a day or ten years, forwards and
// back (bar R5): no token is given past its true end, no refresh is repeated for it, nothing spins, and
// no session is lost.

import BrokerInterface
import Foundation
import JSON
import RemedyClient
import TestSupport
import Testing

@Suite("A wall clock that somebody sets", .serialized)
struct ClockTests {
  static let steps = [2, -2, 24, -24, 87_660, -87_660].map { $0 * 3600 }
  private static let unasked = TokenGet.Params(profile: "demo", interaction: .never)

  private func signedIn() throws -> (Household, JumpingClock) {
    let household = try Household(scenario: "password")
    household.stopDaemon()
    let clock = try JumpingClock(in: household.folder)
    try household.startDaemon(environment: clock.environment)
    try household.signIn()
    return (household, clock)
  }

  /// Processor time that the daemon has used, in hundredths of a second.
  private func ticks(_ household: Household) throws -> Int {
    let pid = try #require(household.daemonPID)
    let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    return (Int(fields[12]) ?? 0) + (Int(fields[13]) ?? 0)
  }

  @Test("while nothing happens: one refresh at most, no spinning, and all is well when it is right")
  func idle() throws {
    let (household, clock) = try signedIn()
    let client = try household.client()
    for step in Self.steps {
      let before = try household.count("/v1/token")
      try clock.set(by: step)
      var refusals = 0
      for _ in 0..<3 {
        do {
          _ = try client.call(TokenGet.self, Self.unasked)
        } catch .refused(let error) {
          // By a clock that is ahead the token has ended, and that of a refresh is from another time.
          #expect(step > 0 && error.reason == .tokenRejected, "\(step): \(error)")
          refusals += 1
        }
      }
      let refreshes = try household.count("/v1/token") - before
      #expect(refreshes <= 1, "\(step)")
      // An hour's token has ended two hours on: a clock that was not set would show here.
      #expect(step < 0 || refusals + refreshes > 0, "\(step): nothing was noticed")
      let used = try ticks(household)
      // Nothing comes: that is what is waited for.
      #expect(try client.receive(until: .after(seconds: 1)) == nil)
      #expect(try ticks(household) - used < 20, "\(step): it spins")
      try clock.set(by: 0)
      _ = try client.call(TokenGet.self, Self.unasked)
    }
  }

  @Test("back by a day, then a sleep: a token that has ended is not given, whatever its date says")
  func pastItsEnd() throws {
    let (household, clock) = try signedIn()
    let client = try household.client()
    let first = try client.call(TokenGet.self, Self.unasked).accessToken
    try clock.set(by: -86_400)
    try clock.jump()
    do {
      #expect(try client.call(TokenGet.self, Self.unasked).accessToken != first)
    } catch .refused(let error) {
      #expect(error.reason == .tokenRejected)
    }
    try clock.set(by: 0)
    let forced = TokenGet.Params(profile: "demo", interaction: .never, forceRefresh: true)
    #expect(try client.call(TokenGet.self, forced).accessToken != first)
  }

  @Test("while a refresh is at the issuer, it counts, and there is no second one", arguments: steps)
  func refreshing(step: Int) throws {
    let (household, clock) = try signedIn()
    let client = try household.client()
    let before = try household.count("/v1/token")
    try household.strike(["kind": "slow", "path": "/oauth2/v1/token", "delay_seconds": 2])
    let call = try client.start(
      TokenGet.self, TokenGet.Params(profile: "demo", interaction: .never, forceRefresh: true))
    try household.awaitCount("/v1/token", before + 1)
    try clock.set(by: step)
    _ = try? household.finish(client, call)
    #expect(try household.count("/v1/token") == before + 1)
    try clock.set(by: 0)
    _ = try client.call(
      TokenGet.self, TokenGet.Params(profile: "demo", interaction: .never, forceRefresh: true))
    #expect(try household.events().allSatisfy { !$0.hasSuffix("detect_reuse") })
  }

  @Test("while a prompt is open, it can be answered as before", arguments: steps)
  func prompting(step: Int) throws {
    let household = try Household(scenario: "password")
    household.stopDaemon()
    let clock = try JumpingClock(in: household.folder)
    try household.startDaemon(environment: clock.environment)
    let person = try Person(household)
    let (caller, call) = try household.beginLogin()
    let identify = try person.nextPrompt()
    try clock.set(by: step)
    let password = try person.step(identify, "identify", ["identifier": .string(Ann.name)])
    try clock.set(by: 0)
    try person.answer(
      password, "challenge-authenticator", ["credentials.passcode": .string(Ann.password)])
    #expect(try household.finish(caller, call).session?.state == .active)
  }
}
