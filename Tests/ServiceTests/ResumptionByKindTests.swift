// The service is killed at an open prompt of each kind, comes up again, and the sign-in is finished
// at that very prompt: nothing is sent twice, nothing begins anew.

import BrokerInterface
import Foundation
import JSON
import Prompts
import RemedyClient
import TestSupport
import Testing

@Suite("A prompt of each kind outlives kill -9", .serialized)
struct ResumptionByKindTests {
  /// The same prompt, in the hands of somebody who attaches after the kill, and a caller who waits.
  private struct Revival {
    let household: Household
    let person: Person
    let prompt: Prompt
    private let caller: Client
    private let call: PendingCall<SessionLogin>

    /// Kills the service at this prompt.
    init(_ household: Household, at old: Prompt) throws {
      self.household = household
      household.stopDaemon(signal: SIGKILL)
      try household.startDaemon()
      person = try Person(household)
      prompt = try person.nextPrompt()
      (caller, call) = try household.beginLogin()
      #expect(prompt.transaction == old.transaction)
      #expect(prompt.content.forms.map(\.id) == old.content.forms.map(\.id))
      #expect(prompt.content.title == old.content.title)
      #expect(prompt.content.user == old.content.user)
    }

    func expectDone() throws {
      #expect(try household.finish(caller, call).session?.state == .active)
      #expect(try household.count("/v1/interact") == 1)
      #expect(try household.count("/idp/idx/cancel") == 0)
    }
  }

  /// Up to the prompt after the password.
  private func reach(_ household: Household) throws -> (Person, Prompt) {
    let person = try Person(household)
    _ = try household.beginLogin()
    let identify = try person.nextPrompt()
    let password = try person.step(identify, "identify", ["identifier": .string(Ann.name)])
    let next = try person.step(
      password, "challenge-authenticator", ["credentials.passcode": .string(Ann.password)])
    return (person, next)
  }

  @Test("a form: the code that was sent before still answers it")
  func form() throws {
    let household = try Household(scenario: "password-email")
    let (person, choice) = try reach(household)
    let code = try person.step(
      choice, "select-authenticator-authenticate", ["authenticator": "okta_email"])
    let revival = try Revival(household, at: code)
    #expect(try household.outbox().count == 1)
    let outcome = try revival.person.answer(
      revival.prompt, "challenge-authenticator",
      ["credentials.passcode": .string(try household.newestCode())])
    #expect(outcome.outcome == .completed)
    try revival.expectDone()
  }

  @Test("a poll: the push that was sent before is approved, and no second one was sent")
  func poll() throws {
    let scenario = try ScenarioFile.push(pollMilliseconds: 600)
    let household = try Household(scenario: scenario.path)
    let (_, push) = try reach(household)
    #expect(push.content.forms.contains { $0.kind == .poll })
    let revival = try Revival(household, at: push)
    #expect(try household.outbox().count == 1)
    try household.decidePush(approve: true)
    try revival.expectDone()
  }

  @Test("a browser: the window that was open before comes back to the port that is open again")
  func browser() throws {
    let port = try FreePort.find()
    let household = try Household(
      scenario: "social", redirectURI: "http://127.0.0.1:\(port)/callback")
    let person = try Person(household)
    _ = try household.beginLogin()
    let prompt = try person.nextPrompt()
    let url = try #require(prompt.content.forms.first { $0.kind == .browser }?.url)
    let browser = BrowserVisit(household)
    // The person is at the provider while the service is gone.
    let back = try browser.decide("approve", at: url)
    household.stopDaemon(signal: SIGKILL)
    #expect(try browser.load([back.string ?? ""]).status == 0)
    try household.startDaemon()
    let after = try Person(household)
    // All is done at the issuer: it is found out by asking, or by the callback if that is first.
    let (caller, call) = try household.beginLogin()
    _ = try browser.load([back.string ?? ""])
    #expect(try household.finish(caller, call).session?.state == .active)
    #expect(try household.count("/v1/interact") == 1)
    _ = after
  }

  @Test("a browser that has not been opened: its callback is taken after the kill as before")
  func browserLater() throws {
    let port = try FreePort.find()
    let household = try Household(
      scenario: "social", redirectURI: "http://127.0.0.1:\(port)/callback")
    let person = try Person(household)
    _ = try household.beginLogin()
    let revival = try Revival(household, at: try person.nextPrompt())
    let url = try #require(revival.prompt.content.forms.first { $0.kind == .browser }?.url)
    let browser = BrowserVisit(household)
    let back = try browser.decide("approve", at: url)
    #expect(try browser.load([back.string ?? ""]).status == 200)
    try revival.expectDone()
  }

  @Test("a security key: the challenge is the same, and what signs it is taken")
  func securityKey() throws {
    let household = try Household(scenario: "passkey")
    let (person, choice) = try reach(household)
    let challenge = try person.step(
      choice, "select-authenticator-authenticate", ["authenticator": "webauthn"])
    let revival = try Revival(household, at: challenge)
    let context = try #require(revival.prompt.content.context["webauthn"])
    #expect(context == challenge.content.context["webauthn"])
    var key = try SoftwareAuthenticator.ann()
    let assertion = try key.assert(
      challenge: context["challengeData"]?["challenge"]?.string ?? "",
      origin: context["origin"]?.string ?? "", relyingParty: context["rpId"]?.string ?? "")
    let outcome = try revival.person.answer(
      revival.prompt, "challenge-authenticator",
      [
        "credentials.clientData": .string(assertion.clientData.base64EncodedString()),
        "credentials.authenticatorData": .string(assertion.authenticatorData.base64EncodedString()),
        "credentials.signatureData": .string(assertion.signatureData.base64EncodedString()),
      ])
    #expect(outcome.outcome == .completed)
    try revival.expectDone()
  }
}
