import BrokerInterface
import Foundation
import JSON
import Prompts
import RemedyClient
import Testing

@Suite("Signing in through the real broker, over its real socket and TLS", .serialized)
struct SignInTests {
  @Test("a name and a password are all that a simple organisation asks")
  func password() throws {
    let household = try Household(scenario: "password")
    let session = try household.signIn()
    #expect(session.state == .active)
    #expect(session.refreshable)
    let token = try household.client().call(TokenGet.self, TokenGet.Params(profile: "demo"))
    #expect(token.tokenType == "Bearer")
    #expect(token.accessToken.count > 100)
  }

  @Test("name and password on one form")
  func onePage() throws {
    let household = try Household(scenario: "one-page")
    let person = try Person(household)
    let (caller, call) = try household.beginLogin()
    let identify = try person.nextPrompt()
    let outcome = try person.answer(
      identify, "identify",
      ["identifier": .string(Ann.name), "credentials": ["passcode": .string(Ann.password)]])
    #expect(outcome.outcome == .completed)
    #expect(try household.finish(caller, call).session?.state == .active)
  }

  @Test("a wrong password and a wrong code come back as the prompt, in the issuer's words")
  func wrongThenRight() throws {
    let household = try Household(scenario: "password-email")
    let person = try Person(household)
    let (caller, call) = try household.beginLogin()
    let identify = try person.nextPrompt()
    var prompt = try person.step(identify, "identify", ["identifier": .string(Ann.name)])
    prompt = try person.step(
      prompt, "challenge-authenticator", ["credentials.passcode": "not it"])
    #expect(prompt.words.contains("Password is incorrect"))
    prompt = try person.step(
      prompt, "challenge-authenticator", ["credentials.passcode": .string(Ann.password)])
    prompt = try person.step(
      prompt, "select-authenticator-authenticate", ["authenticator": "okta_email"])
    prompt = try person.step(
      prompt, "challenge-authenticator", ["credentials.passcode": "000000"])
    #expect(prompt.words.contains { $0.hasPrefix("Invalid code") })
    let outcome = try person.answer(
      prompt, "challenge-authenticator",
      ["credentials.passcode": .string(try household.newestCode())])
    #expect(outcome.outcome == .completed)
    #expect(try household.finish(caller, call).session?.subject?.isEmpty == false)
  }

  @Test("sending again sends once more, and the new code works")
  func resend() throws {
    let household = try Household(scenario: "password-email")
    try household.signIn { person, prompt in
      var prompt = try person.step(
        prompt, "select-authenticator-authenticate", ["authenticator": "okta_email"])
      try household.advanceClock(seconds: 31)
      prompt = try person.step(prompt, "resend")
      #expect(try household.outbox().count == 2)
      let outcome = try person.answer(
        prompt, "challenge-authenticator",
        ["credentials.passcode": .string(try household.newestCode())])
      #expect(outcome.outcome == .completed)
    }
  }

  @Test("a security question is asked in the issuer's words and answered")
  func securityQuestion() throws {
    let household = try Household(scenario: "password-question")
    try household.signIn { person, prompt in
      var prompt = prompt
      if prompt.has("select-authenticator-authenticate"), !prompt.has("challenge-authenticator") {
        prompt = try person.step(
          prompt, "select-authenticator-authenticate", ["authenticator": "security_question"])
      }
      #expect(prompt.content.context["question"]?.string?.isEmpty == false)
      let outcome = try person.answer(
        prompt, "challenge-authenticator", ["credentials.answer": .string(Ann.answer)])
      #expect(outcome.outcome == .completed)
    }
  }

  @Test(
    "a code by SMS or by voice, with the method chosen by the person",
    arguments: [("sms", "sms"), ("voice", "call")])
  func phone(method: String, kind: String) throws {
    let household = try Household(scenario: "password-phone")
    try household.signIn { person, prompt in
      var prompt = prompt
      if prompt.has("authenticator-verification-data") {
        prompt = try person.step(
          prompt, "authenticator-verification-data",
          ["authenticator.methodType": .string(method)])
      } else {
        prompt = try person.step(
          prompt, "select-authenticator-authenticate",
          ["authenticator": ["id": "phone_number", "fields": ["methodType": .string(method)]]])
      }
      #expect(try household.outbox().last?["kind"] == .string(kind))
      let outcome = try person.answer(
        prompt, "challenge-authenticator",
        ["credentials.passcode": .string(try household.newestCode())])
      #expect(outcome.outcome == .completed)
    }
  }

  @Test("an answer that does not fit its form is refused by name, and nothing is sent")
  func unfit() throws {
    let household = try Household(scenario: "password")
    let person = try Person(household)
    _ = try household.beginLogin()
    let identify = try person.nextPrompt()
    let before = try household.count("/idp/idx/identify")
    let error = household.failure(
      person.client, PromptAnswer.self,
      PromptAnswer.Params(
        prompt: identify.id, answer: Answer(form: "identify", fields: ["identifyer": "x"])))
    #expect(error?.code == -32602)
    #expect(error?.message.contains("identifyer") == true)
    #expect(try household.count("/idp/idx/identify") == before)
    // The prompt is still open.
    _ = try person.step(identify, "identify", ["identifier": .string(Ann.name)])
  }

  @Test("a prompter cancels: the caller hears of it, and so does the issuer")
  func cancel() throws {
    let household = try Household(scenario: "password")
    let person = try Person(household)
    let (caller, call) = try household.beginLogin()
    let prompt = try person.nextPrompt()
    _ = try person.client.call(PromptCancel.self, PromptCancel.Params(prompt: prompt.id)) {
      person.note($0)
    }
    do {
      _ = try household.finish(caller, call)
      Issue.record("the call gave a session")
    } catch let CallFault.refused(error) {
      #expect(error.reason == .transactionCancelled)
    }
    #expect(try person.nextWithdrawal().reason == .cancelled)
    // Callers do not raise the next prompt at once.
    let quiet = household.failure(
      try household.client(), TokenGet.self, TokenGet.Params(profile: "demo"))
    #expect(quiet?.reason == .interactionRequired)
    #expect((quiet?.retryAfter ?? 0) > 0)
    // The answer to that prompt is late.
    let late = household.failure(
      person.client, PromptAnswer.self,
      PromptAnswer.Params(prompt: prompt.id, answer: Answer(form: "identify", fields: [:])))
    #expect(late?.reason == .promptStale)
  }

  @Test("a prompter that hangs up loses nothing: the next one goes on where it was")
  func handOver() throws {
    let household = try Household(scenario: "password")
    let (caller, call) = try household.beginLogin()
    do {
      let first = try Person(household)
      let identify = try first.nextPrompt()
      _ = try first.step(identify, "identify", ["identifier": .string(Ann.name)])
      first.client.close()
    }
    let second = try Person(household)
    let prompt = try second.nextPrompt()
    #expect(prompt.content.user?["identifier"]?.string == Ann.name)
    let outcome = try second.answer(
      prompt, "challenge-authenticator", ["credentials.passcode": .string(Ann.password)])
    #expect(outcome.outcome == .completed)
    #expect(try household.finish(caller, call).session != nil)
  }

  @Test("with nobody to ask, a call fails at once and says what to do")
  func nobody() throws {
    let household = try Household(scenario: "password")
    let client = try household.client()
    let error = household.failure(client, TokenGet.self, TokenGet.Params(profile: "demo"))
    #expect(error?.reason == .interactionRequired)
    #expect(error?.hint == "remedy login demo")
    let unknown = household.failure(client, TokenGet.self, TokenGet.Params(profile: "nosuch"))
    #expect(unknown?.reason == .unknownProfile)
  }
}
