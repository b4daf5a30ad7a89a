// A prompt that changes by itself: the broker asks, prompters watch. The simulated organisation notes
// when it was asked.

import BrokerInterface
import Foundation
import JSON
import Prompts
import RemedyClient
import Testing

@Suite("What the broker polls for, over its real socket", .serialized)
struct PollingTests {
  private static let poll = "/idp/idx/authenticators/poll"

  /// The seconds between two polls, and the status of the first, in the order of time.
  private func gaps(_ household: Household) throws -> [(seconds: Double, status: Int)] {
    let polls = try household.requests().filter { $0["path"]?.string == Self.poll }
      .compactMap { request -> (Date, Int)? in
        guard let text = request["at"]?.string, let status = request["status"]?.int else {
          return nil
        }
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return (try Date(text, strategy: style), status)
      }
    return zip(polls, polls.dropFirst()).map { before, after in
      (after.0.timeIntervalSince(before.0), before.1)
    }
  }

  private func reachPush(_ household: Household, _ person: Person) throws -> Prompt {
    let identify = try person.nextPrompt()
    let password = try person.step(identify, "identify", ["identifier": .string(Ann.name)])
    return try person.step(
      password, "challenge-authenticator", ["credentials.passcode": .string(Ann.password)])
  }

  @Test("is asked at the issuer's interval and no sooner, and every prompter sees the same change")
  func interval() throws {
    let scenario = try ScenarioFile.push(pollMilliseconds: 600, numberAfterPolls: 3)
    let household = try Household(scenario: scenario.path)
    let person = try Person(household)
    let witness = try Person(household)
    let (caller, call) = try household.beginLogin()
    let push = try reachPush(household, person)
    #expect(push.content.context["number_challenge"] == nil)
    // The second prompter saw every prompt come, and the ones before it go.
    var seen = try witness.nextPrompt()
    while seen.id != push.id { seen = try witness.nextPrompt() }
    #expect(seen == push)

    let changed = try person.nextUpdate()
    #expect(changed.id == push.id)
    let number = try #require(changed.content.context["number_challenge"]?.string)
    #expect(try witness.nextUpdate() == changed)
    // Whoever comes later sees what it has become.
    #expect(try Person(household).nextPrompt() == changed)

    try household.decidePush(approve: true, number: number)
    #expect(try household.finish(caller, call).session?.state == .active)
    for prompter in [person, witness] {
      var withdrawal = try prompter.nextWithdrawal()
      while withdrawal.prompt != push.id { withdrawal = try prompter.nextWithdrawal() }
      #expect(withdrawal.reason == .completed)
    }
    let gaps = try gaps(household)
    #expect(gaps.count >= 3)
    // The issuer notes whole milliseconds.
    #expect(gaps.allSatisfy { $0.seconds >= 0.598 }, "\(gaps)")
    #expect(try household.outbox().count == 1)
  }

  @Test("is left alone until the time that a rate limit names, with the prompt open all the while")
  func rateLimit() throws {
    let scenario = try ScenarioFile.push(pollMilliseconds: 600)
    let household = try Household(scenario: scenario.path)
    let person = try Person(household)
    let (caller, call) = try household.beginLogin()
    _ = try reachPush(household, person)
    try household.strike(["kind": "rate-limit-api", "path": .string(Self.poll), "delay_seconds": 3])
    try household.awaitCount(Self.poll, 3)
    // The header names whole seconds: of three, two are certain.
    let limited = try gaps(household).filter { $0.status == 429 }
    #expect(limited.count == 1 && limited.allSatisfy { $0.seconds >= 2 }, "\(limited)")
    #expect(person.withdrawn.isEmpty)
    try household.decidePush(approve: true)
    #expect(try household.finish(caller, call).session?.state == .active)
  }

  @Test("that fails on the way is asked again later, and what it brings then counts")
  func failures() throws {
    let scenario = try ScenarioFile.push(pollMilliseconds: 600)
    let household = try Household(scenario: scenario.path)
    let person = try Person(household)
    let (caller, call) = try household.beginLogin()
    let push = try reachPush(household, person)
    try household.strike(["kind": "unavailable", "path": .string(Self.poll)])
    try household.decidePush(approve: false)
    // Said no on the phone: the next prompt says so, and offers to send again.
    let rejected = try person.nextPrompt(seconds: 40)
    #expect(rejected.transaction == push.transaction)
    #expect(!rejected.words.isEmpty && rejected.has("resend"))
    let again = try person.step(rejected, "resend")
    #expect(again.content.forms.contains { $0.kind == .poll })
    try household.decidePush(approve: true)
    #expect(try household.finish(caller, call).session?.state == .active)
    #expect(try gaps(household).contains { $0.status == 503 && $0.seconds >= 4 })
  }
}
