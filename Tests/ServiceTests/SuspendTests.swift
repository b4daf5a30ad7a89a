// The machine sleeps: what callers wait for passes all the same.

import BrokerInterface
import Foundation
import RemedyClient
import TestSupport
import Testing

@Suite("A machine that sleeps", .serialized)
struct SuspendTests {
  @Test("a call whose time passes in the sleep ends soon after it, and the others go on")
  func timeouts() throws {
    let household = try Household(scenario: "password")
    household.stopDaemon()
    let clock = try JumpingClock(in: household.folder)
    try household.startDaemon(environment: clock.environment)
    let person = try Person(household)
    let short = try household.client()
    let call = try short.start(
      TokenGet.self, TokenGet.Params(profile: "demo", interaction: .wait, timeout: 900))
    _ = try person.nextPrompt()
    try clock.jump()
    #expect(try short.receive(until: .after(seconds: 30)) != nil, "it still waits")
    do {
      _ = try short.result(of: call)
      Issue.record("nobody answered, and there is a token")
    } catch {
      guard case .refused(let refusal) = error else { throw error }
      #expect(refusal.reason == .timeout)
    }
    // Alarms that are set from now on are not early.
    let next = try household.client()
    let later = try next.start(
      TokenGet.self, TokenGet.Params(profile: "demo", interaction: .wait, timeout: 3600))
    _ = try household.client().call(BrokerInfo.self, BrokerInfo.Params())
    #expect(try next.result(of: later) == nil)
  }
}
