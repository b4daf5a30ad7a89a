// A sign-in under way outlives the service: the real daemon is killed, or stopped, at a prompt.

import BrokerInterface
import Foundation
import JSON
import Prompts
import RemedyClient
import Testing

@Suite("A sign-in that the service's end interrupts", .serialized)
struct ResumptionTests {
  @Test(
    "goes on at the same prompt after a restart, and can be finished",
    arguments: [SIGKILL, SIGTERM])
  func resumes(signal: Int32) throws {
    let household = try Household(scenario: "password")
    let before = try Person(household)
    let caller = try household.client()
    _ = try caller.start(
      SessionLogin.self, SessionLogin.Params(profile: "demo", loginHint: Ann.name, timeout: 60))
    let identify = try before.nextPrompt()
    let password = try before.step(identify, "identify", ["identifier": .string(Ann.name)])

    household.stopDaemon(signal: signal)
    try household.startDaemon()
    let after = try Person(household)
    let prompt = try after.nextPrompt()
    #expect(prompt.transaction == password.transaction)
    #expect(prompt.content.forms.map(\.id) == password.content.forms.map(\.id))
    #expect(prompt.content.title == password.content.title)
    #expect(prompt.requestedBy == password.requestedBy)
    let outcome = try after.answer(
      prompt, "challenge-authenticator", ["credentials.passcode": .string(Ann.password)])
    #expect(outcome.outcome == .completed)
    let token = try household.client().call(TokenGet.self, TokenGet.Params(profile: "demo"))
    #expect(token.accessToken.count > 100)
    // One sign-in from beginning to end, and nobody said farewell to the issuer.
    #expect(try household.count("/v1/interact") == 1)
    #expect(try household.count("/idp/idx/cancel") == 0)
  }

  @Test("is joined by whoever asks after the restart")
  func joined() throws {
    let household = try Household(scenario: "password")
    let before = try Person(household)
    _ = try household.beginLogin()
    let identify = try before.nextPrompt()
    household.stopDaemon(signal: SIGKILL)
    try household.startDaemon()
    let after = try Person(household)
    let (caller, call) = try household.beginLogin()
    let again = try after.nextPrompt()
    #expect(again.transaction == identify.transaction)
    let password = try after.step(again, "identify", ["identifier": .string(Ann.name)])
    try after.answer(
      password, "challenge-authenticator", ["credentials.passcode": .string(Ann.password)])
    #expect(try household.finish(caller, call).session?.state == .active)
    #expect(try household.count("/v1/interact") == 1)
  }

  @Test("leaves no record behind when it is done or cancelled, however soon the service ends")
  func leavesNoRecord() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    household.stopDaemon()
    #expect(try household.transactionRecords() == [])

    try household.startDaemon()
    let person = try Person(household)
    _ = try household.beginLogin(force: true)
    let prompt = try person.nextPrompt()
    // Perhaps with one beside it that is just being written.
    #expect(try household.transactionRecords().contains { $0.hasSuffix(".record") })
    _ = try person.client.call(
      PromptCancel.self, PromptCancel.Params(prompt: prompt.id),
      onNotification: { person.note($0) })
    household.stopDaemon()
    #expect(try household.transactionRecords() == [])
  }

  @Test("is given up at a restart where the profile has become another client's")
  func otherClient() throws {
    let household = try Household(scenario: "password")
    let person = try Person(household)
    _ = try household.beginLogin()
    _ = try person.nextPrompt()
    household.stopDaemon(signal: SIGKILL)
    let file = household.folder.appendingPathComponent("remedy.toml")
    let config = try String(contentsOf: file, encoding: .utf8)
    try config.replacingOccurrences(of: ":8765/", with: ":8766/").write(
      to: file, atomically: false, encoding: .utf8)
    try household.startDaemon()
    let client = try household.client()
    let open = try client.call(PromptAttach.self, PromptAttach.Params()).prompts
    #expect(open.isEmpty)
    household.stopDaemon()
    #expect(try household.transactionRecords() == [])
  }
}

extension Household {
  /// The records of sign-ins under way.
  fileprivate func transactionRecords() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path + "/state")
      .filter { $0.hasPrefix("transaction.") }
  }
}
