import Foundation
import Testing

@testable import IdentityEngineSimulator

@Suite("Every scenario")
struct EveryScenarioTests {
  /// Those that are meant to end otherwise than with tokens.
  private static let endings: [String: Walker.Ending] = [
    "registration-activation": .said("idx.email.verification.required"),
    "activation-expired": .said("idx.email.verification.required"),
    "recovery-then-sign-in": .said("idx.recovery.completed"),
    "unlock": .said("oie.selfservice.unlock_user.success.message"),
    "unlock-okta-verify": .said("oie.selfservice.unlock_user.success.message"),
    "apple-sso-only": .said("core.auth.factor.signedNonce.error.invalidDevice"),
    "access-denied": .said("security.access_denied_custom_message"),
    "smart-card-only": .deadEnd,
    "enroll-smart-card": .deadEnd,
  ]

  @Test("leads Ann to where it is meant to end", arguments: Scenario.all.map(\.name))
  func walked(name: String) throws {
    var walker = try Walker(name)
    let ending = try walker.walk()
    #expect(ending == Self.endings[name] ?? .tokens, "by way of \(walker.seen)")
  }

  @Test("is there once, with one line that says what it asks for")
  func described() {
    let names = Scenario.all.map(\.name)
    #expect(Set(names).count == names.count)
    for scenario in Scenario.all {
      #expect(!scenario.sentence.contains("\n"))
      #expect(scenario.sentence.hasSuffix(".") && scenario.sentence.count < 100, "\(scenario.name)")
    }
  }

  @Test("what was set up is what the next sign-in asks for")
  func again() throws {
    for scenario in Scenario.enrolments where scenario.name.hasPrefix("enroll-") {
      guard case .factor(let requirement)? = scenario.policy.afterwards.last,
        Self.endings[scenario.name] == nil
      else { continue }
      var walker = try Walker(scenario.name)
      _ = try walker.walk()
      walker.visitor.now += 120
      let ending = try walker.walk()
      #expect(ending == .tokens, "\(scenario.name), by way of \(walker.seen)")
      #expect(!walker.seen.contains("select-authenticator-enroll"))
      #expect(walker.seen.count > 2, "\(requirement.anyOf) was proven")
    }
  }
}
