// What needs a device, in the simulated organisation and with the real daemon: passed by where there
// is another way, said for what it is where there is none.

import BrokerInterface
import Foundation
import JSON
import Prompts
import RemedyClient
import Testing

@Suite("A step that needs a device, with the real broker", .serialized)
struct DeviceTests {
  @Test(
    "is passed by where there is another way, and nobody has to do anything for that",
    arguments: ["device-challenge", "device-challenge-uri", "apple-sso", "launch-authenticator"])
  func passedBy(scenario: String) throws {
    let household = try Household(scenario: scenario)
    #expect(try household.signIn().state == .active)
  }

  @Test("that comes as the second factor is shown after what else there is, without a warning")
  func beside() throws {
    let household = try Household(scenario: "fastpass")
    let person = try Person(household)
    _ = try household.beginLogin()
    let identify = try person.nextPrompt()
    let password = try person.step(identify, "identify", ["identifier": .string(Ann.name)])
    let prompt = try person.step(
      password, "challenge-authenticator", ["credentials.passcode": .string(Ann.password)])
    #expect(prompt.content.forms.contains { $0.kind == .unsupported })
    #expect(prompt.content.forms.contains { $0.kind == .form })
    #expect(!prompt.content.messages.contains { $0.key == "remedy.unsupported" })
  }

  @Test(
    "is said to be unsupported where nothing else is on offer, with what an administrator can do",
    arguments: ["launch-authenticator-only", "apple-sso-only", "fastpass-only"])
  func alone(scenario: String) throws {
    let household = try Household(scenario: scenario)
    let person = try Person(household)
    _ = try household.beginLogin()
    var prompt = try person.nextPrompt()
    if scenario == "fastpass-only" {
      prompt = try person.step(prompt, "identify", ["identifier": .string(Ann.name)])
      prompt = try person.step(
        prompt, "challenge-authenticator", ["credentials.passcode": .string(Ann.password)])
    }
    #expect(prompt.content.forms.contains { $0.kind == .unsupported })
    #expect(!prompt.content.forms.contains { $0.kind == .poll || $0.kind == .form })
    let advice = prompt.content.messages.filter { $0.key == "remedy.unsupported" }
    #expect(advice.contains { $0.text.contains("policy") }, "\(prompt.words)")
  }
}
