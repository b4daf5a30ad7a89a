import BrokerInterface
import Foundation
import JSON
import Prompts
import RemedyClient
import Testing

@Suite("A service account signs in without a person, at the real broker", .serialized)
struct UnattendedTests {
  /// A broker with answers for Ann.
  private func household(
    _ scenario: String, password: String = Ann.password
  ) throws -> Household {
    // Okta Verify's codes have a seed of their own.
    let seed =
      scenario.hasPrefix("okta-verify")
      ? "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" : "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    return try Household(scenario: scenario) { folder in
      func file(_ name: String, _ text: String) throws -> String {
        let path = folder.appendingPathComponent(name)
        try text.write(to: path, atomically: true, encoding: .utf8)
        chmod(path.path, 0o600)
        return "file:" + path.path
      }
      return """
        [profile.demo.answers]
        identifier = "\(Ann.name)"
        "credentials.passcode" = "\(try file("password", password))"
        "credentials.answer" = "\(try file("answer", Ann.answer))"
        totp = "\(try file("seed", seed))"
        """
    }
  }

  @Test(
    "a token comes with nobody there, whatever of it the organisation asks",
    arguments: [
      "password", "one-page", "password-totp", "password-question", "choice", "one-page-choice",
      "identifier-first-choice", "okta-verify-totp", "keep-me-signed-in",
    ])
  func signsIn(scenario: String) throws {
    let household = try household(scenario)
    let token = try household.client().call(
      TokenGet.self, TokenGet.Params(profile: "demo", timeout: 60))
    #expect(token.tokenType == "Bearer")
    #expect(try household.outbox().isEmpty)
  }

  @Test("never means never: no sign-in begins")
  func never() throws {
    let household = try household("password")
    let error = household.failure(
      try household.client(), TokenGet.self,
      TokenGet.Params(profile: "demo", interaction: .never))
    #expect(error?.reason == .interactionRequired)
    #expect(try household.count("/interact") == 0)
  }

  @Test("a refused answer is given once, however often a token is asked for")
  func refused() throws {
    let household = try household("password", password: "not it")
    let client = try household.client()
    for _ in 0..<3 {
      let error = household.failure(client, TokenGet.self, TokenGet.Params(profile: "demo"))
      #expect(error?.reason == .interactionRequired)
      #expect(error?.messages.map(\.text) == ["Password is incorrect"])
      #expect(error?.hint?.contains("remedy login demo") == true)
    }
    #expect(try household.count("/challenge/answer") == 1)
    #expect(try household.count("/interact") == 1)
  }

  @Test("nor after a restart or a kill")
  func refusedOverRestarts() throws {
    let household = try household("password", password: "not it")
    for signal in [SIGTERM, SIGKILL, SIGKILL] {
      let error = household.failure(
        try household.client(), TokenGet.self, TokenGet.Params(profile: "demo"))
      #expect(error?.reason == .interactionRequired)
      #expect(error?.messages.map(\.text) == ["Password is incorrect"])
      household.stopDaemon(signal: signal)
      try household.startDaemon()
    }
    #expect(try household.count("/challenge/answer") == 1)
    #expect(try household.count("/interact") == 1)
  }

  @Test("after that a person can sign in, and then the answers are tried again")
  func byHand() throws {
    let household = try household("password", password: "not it")
    let client = try household.client()
    _ = household.failure(client, TokenGet.self, TokenGet.Params(profile: "demo"))
    try household.signIn()
    _ = try client.call(TokenGet.self, TokenGet.Params(profile: "demo"))
    _ = try client.call(SessionLogout.self, SessionLogout.Params(profile: "demo"))
    let error = household.failure(client, TokenGet.self, TokenGet.Params(profile: "demo"))
    #expect(error?.reason == .interactionRequired)
    // Ann's own answer lies between the two.
    #expect(try household.count("/challenge/answer") == 3)
  }

  @Test("a factor that is not known goes to a prompter, and is the first that is shown")
  func prompter() throws {
    let household = try household("password-email")
    let person = try Person(household)
    let (caller, call) = try household.beginLogin()
    let prompt = try person.nextPrompt()
    #expect(!prompt.has("identify"))
    let email = try person.step(
      prompt, "select-authenticator-authenticate", ["authenticator": "okta_email"])
    let outcome = try person.answer(
      email, "challenge-authenticator",
      ["credentials.passcode": .string(try household.newestCode())])
    #expect(outcome.outcome == .completed)
    #expect(try household.finish(caller, call).session?.state == .active)
  }

  @Test("with no prompter it ends at once, is said to be tried again later, and nothing was sent")
  func stopped() throws {
    let household = try household("password-email")
    let client = try household.client()
    for _ in 0..<2 {
      let error = household.failure(client, TokenGet.self, TokenGet.Params(profile: "demo"))
      #expect(error?.reason == .interactionRequired)
      #expect(error?.retryAfter.map { $0 > 0 && $0 <= 901 } == true)
    }
    #expect(try household.count("/interact") == 1)
    #expect(try household.outbox().isEmpty)
  }
}
