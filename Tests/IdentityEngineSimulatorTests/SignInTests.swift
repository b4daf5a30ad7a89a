import Foundation
import Testing

@testable import IdentityEngineSimulator

@Suite("Signing in")
struct SignInTests {
  @Test("identifier and password lead to an interaction code")
  func password() throws {
    var visitor = try Visitor("password")
    _ = try visitor.begin()
    #expect(visitor.names == ["identify"])
    #expect(visitor.page["user"] == nil)
    try visitor.identify()
    #expect(visitor.names == ["challenge-authenticator"])
    let current = visitor.page["currentAuthenticatorEnrollment"]?["value"]
    #expect(current?["key"] == "okta_password")
    #expect(current?["recover"]?["href"]?.text?.hasSuffix("/idp/idx/recover") == true)
    #expect(visitor.page["authenticators"]?["value"]?.elements?.count == 1)
    #expect(try visitor.prove(Visitor.password) == 200)
    #expect(visitor.code?.count == 43)
    #expect(visitor.remediations.isEmpty)
    #expect(visitor.page["user"]?["value"]?["identifier"] == "ann@example.com")
    #expect(visitor.page["user"]?["value"]?["profile"]?["firstName"] == "Ann")
  }

  @Test("identifier and password can stand on one form")
  func onePage() throws {
    var visitor = try Visitor("one-page")
    _ = try visitor.begin()
    #expect(visitor.page["currentAuthenticator"]?["value"]?["recover"] != nil)
    let wrong = WireObject([
      ("identifier", "ann@example.com"), ("credentials", ["passcode": "wrong"]),
    ])
    #expect(try visitor.answer("identify", wrong) == 401)
    #expect(visitor.topKeys == ["errors.E0000004"])
    #expect(visitor.names == ["identify"])
    var right = wrong
    right["credentials"] = ["passcode": .string(Visitor.password)]
    right["rememberMe"] = false
    #expect(try visitor.answer("identify", right) == 200)
    #expect(visitor.code != nil)
  }

  @Test("a factor is chosen, sends exactly one code, and is proven by it")
  func email() throws {
    var visitor = try Visitor("password-email")
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.prove(Visitor.password)
    #expect(visitor.names == ["select-authenticator-authenticate"])
    #expect(visitor.organisation.outbox.isEmpty)
    try visitor.choose("Email")
    #expect(visitor.organisation.outbox.map(\.kind) == [.email])
    #expect(visitor.organisation.outbox.map(\.recipient) == ["ann@example.com"])
    let current = visitor.page["currentAuthenticatorEnrollment"]?["value"]
    #expect(current?["profile"]?["email"] == "a***n@example.com")
    #expect(current?["poll"]?["refresh"] == 4000)
    #expect(try visitor.prove("000000x") == 401)
    #expect(visitor.topKeys.isEmpty)
    #expect(visitor.keys(at: "passcode") == ["api.authn.error.PASSCODE_INVALID"])
    #expect(try visitor.prove(visitor.lastCode) == 200)
    #expect(visitor.code != nil)
    #expect(visitor.organisation.outbox.count == 1)
  }

  @Test("verification data stands before the code, beside the choice, and sends nothing by itself")
  func verificationData() throws {
    var visitor = try Visitor("password-email-data")
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.prove(Visitor.password)
    #expect(
      visitor.names == ["authenticator-verification-data", "select-authenticator-authenticate"])
    #expect(visitor.organisation.outbox.isEmpty)
    let fields = visitor.remediations[0]["value"]?[0]?["form"]?["value"]
    let id = try #require(fields?[0]?["value"])
    try visitor.answer(
      "authenticator-verification-data",
      WireObject([("authenticator", ["id": id, "methodType": "email"])]))
    #expect(visitor.organisation.outbox.count == 1)
    #expect(try visitor.prove(visitor.lastCode) == 200)
  }

  @Test("an e-mail chosen without a method asks for the method, and sends nothing yet")
  func withoutMethod() throws {
    var visitor = try Visitor("password-email")
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.prove(Visitor.password)
    let option = visitor.remediations[0]["value"]?[0]?["options"]?[0]
    let id = try #require(option?["value"]?["form"]?["value"]?[0]?["value"])
    try visitor.answer(
      "select-authenticator-authenticate", WireObject([("authenticator", ["id": id])]))
    #expect(visitor.names.first == "authenticator-verification-data")
    #expect(visitor.organisation.outbox.isEmpty)
  }

  @Test("a phone gets an SMS or a call, whichever was asked for", arguments: ["sms", "voice"])
  func phone(method: String) throws {
    var visitor = try Visitor("password-phone")
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.prove(Visitor.password)
    #expect(visitor.names.first == "authenticator-verification-data")
    let fields = try #require(
      visitor.remediations[0]["value"]?[0]?["form"]?["value"]?.elements)
    #expect(fields.compactMap { $0["name"]?.text } == ["id", "methodType", "enrollmentId"])
    try visitor.choose("Phone", extra: [("methodType", .string(method))])
    #expect(visitor.organisation.outbox.map(\.kind) == [method == "sms" ? .sms : .call])
    #expect(visitor.organisation.outbox.last?.recipient == "+15551234709")
    #expect(try visitor.prove(visitor.lastCode) == 200)
    #expect(visitor.code != nil)
  }

  @Test("a time-based code is good once, and one of another time not at all")
  func timeBasedCode() throws {
    var visitor = try Visitor("password-totp")
    let codes = try #require(TimeBasedCode(base32: Person.ann.totpSeed ?? ""))
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.prove(Visitor.password)
    #expect(visitor.page["currentAuthenticator"]?["value"]?["key"] == "google_otp")
    #expect(try visitor.prove(codes.code(at: visitor.now - 120)) == 401)
    #expect(visitor.keys(at: "passcode") == ["api.authn.error.PASSCODE_INVALID"])
    #expect(try visitor.prove(codes.code(at: visitor.now)) == 200)
    #expect(visitor.code != nil)

    _ = try visitor.begin()
    try visitor.identify()
    try visitor.prove(Visitor.password)
    #expect(try visitor.prove(codes.code(at: visitor.now)) == 401)
    #expect(visitor.keys(at: "passcode") == ["authfactor.challenge.soft_token.used_passcode"])
    visitor.now += 30
    #expect(try visitor.prove(codes.code(at: visitor.now)) == 200)
  }

  @Test("the codes are those of RFC 6238, appendix B, in six digits")
  func vectors() throws {
    let codes = try #require(TimeBasedCode(base32: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))
    let expected: [(Double, String)] = [
      (59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"),
      (1_234_567_890, "005924"), (2_000_000_000, "279037"), (20_000_000_000, "353130"),
    ]
    for (time, code) in expected {
      #expect(codes.code(at: Date(timeIntervalSince1970: time)) == code)
    }
    #expect(TimeBasedCode(base32: "not base32!") == nil)
  }

  @Test("the security question is answered without regard to case")
  func question() throws {
    var visitor = try Visitor("password-question")
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.prove(Visitor.password)
    let current = visitor.page["currentAuthenticatorEnrollment"]?["value"]
    #expect(current?["contextualData"]?["enrolledQuestion"]?["questionKey"] == "disliked_food")
    func credentials(_ answer: String, key: String = "disliked_food") -> WireObject {
      WireObject([
        ("credentials", ["questionKey": .string(key), "answer": .string(answer)])
      ])
    }
    #expect(try visitor.answer("challenge-authenticator", credentials("pea soup")) == 401)
    #expect(
      visitor.keys(at: "answer") == ["authfactor.challenge.question_factor.answer_invalid"])
    let page = visitor.page
    #expect(
      try visitor.answer("challenge-authenticator", credentials("okra stew", key: "x")) == 400)
    #expect(visitor.topKeys == ["E0000020"])
    visitor.page = page
    #expect(try visitor.answer("challenge-authenticator", credentials("OKRA stew")) == 200)
    #expect(visitor.code != nil)
  }

  @Test(
    "whoever may choose is offered everything enrolled, and each option relates to its enrolment")
  func choice() throws {
    var visitor = try Visitor("choice")
    _ = try visitor.begin()
    try visitor.identify("ben@example.com")
    try visitor.prove("tired mountain ferry lamp")
    let options = visitor.remediations[0]["value"]?[0]?["options"]?.elements ?? []
    #expect(
      options.compactMap { $0["label"]?.text } == [
        "Email", "Phone", "Phone", "Google Authenticator", "Security Question",
      ])
    for option in options {
      let path = try #require(option["relatesTo"]?.text)
      let index = try #require(
        Int(path.dropFirst("$.authenticatorEnrollments.value[".count).dropLast()))
      let enrolment = visitor.page["authenticatorEnrollments"]?["value"]?[index]
      #expect(enrolment?["displayName"] == option["label"])
      if let id = option["value"]?["form"]?["value"]?[2]?["value"] {
        #expect(enrolment?["id"] == id)
      }
    }
    let second = options[2]["value"]?["form"]?["value"]
    let choice: WireValue = [
      "id": second?[0]?["value"] ?? .null, "methodType": "sms",
      "enrollmentId": second?[2]?["value"] ?? .null,
    ]
    try visitor.answer(
      "select-authenticator-authenticate", WireObject([("authenticator", choice)]))
    #expect(visitor.organisation.outbox.map(\.recipient) == ["+442071838750"])
    #expect(visitor.names.contains("select-authenticator-authenticate"))
    try visitor.choose("Security Question")
    #expect(visitor.organisation.outbox.count == 1)
  }

  @Test("three factors are asked for one after the other")
  func three() throws {
    var visitor = try Visitor("three-factors")
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.prove(Visitor.password)
    let code = visitor.organisation.timeBasedCode(of: "ann@example.com", now: visitor.now)
    try visitor.prove(try #require(code))
    #expect(visitor.names == ["select-authenticator-authenticate"])
    try visitor.choose("Email")
    try visitor.prove(visitor.lastCode)
    let token = visitor.exchange(try #require(visitor.code)).json?["id_token"]?.text ?? ""
    #expect(try claims(of: token).payload["amr"] == ["mfa", "pwd", "otp", "otp"])
  }

  @Test("a factor that was proven is not offered for the next requirement")
  func onlyOnce() throws {
    var visitor = try Visitor("identifier-first-choice")
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.choose("Email")
    try visitor.prove(visitor.lastCode)
    let options = visitor.remediations[0]["value"]?[0]?["options"]?.elements ?? []
    #expect(
      options.compactMap { $0["label"]?.text } == [
        "Phone", "Google Authenticator", "Security Question",
      ])
  }

  @Test("without a password the first factor comes straight after the name")
  func passwordless() throws {
    var visitor = try Visitor("identifier-first-email")
    _ = try visitor.begin()
    try visitor.identify()
    #expect(visitor.organisation.outbox.count == 1)
    #expect(try visitor.prove(visitor.lastCode) == 200)
    #expect(visitor.code != nil)
  }

  @Test("login_hint fills in the identifier")
  func hint() throws {
    var visitor = try Visitor("password")
    _ = try visitor.begin(["login_hint": "ann@example.com"])
    #expect(visitor.remediations[0]["value"]?[0]?["value"] == "ann@example.com")
  }

  @Test("every built-in scenario has a name of its own, a sentence, and a first page")
  func all() throws {
    #expect(Set(Scenario.all.map(\.name)).count == Scenario.all.count)
    for scenario in Scenario.all {
      var visitor = try Visitor(scenario.name)
      _ = try visitor.begin()
      let asksWho =
        ![.providersOnly, .nothing].contains(scenario.policy.identification)
        && scenario.policy.before.isEmpty
      #expect(visitor.names.isEmpty == false)
      #expect(visitor.names.first == "identify" || !asksWho)
      #expect(scenario.sentence.hasSuffix("."))
    }
  }

  @Test("a scenario file says only what is particular about it")
  func file() throws {
    let text = """
      {"people": [{"identifier": "eve", "password": "x y z", "phones": ["+15550001111"]}],
       "policy": {"identification": "one-page", "requirements": [{"any_of": ["phone_number"]}]},
       "switches": {"enumeration_protection": true, "poll_milliseconds": 50}}
      """
    let scenario = try JSONDecoder().decode(Scenario.self, from: Data(text.utf8))
    #expect(scenario.people.first?.email == "eve")
    #expect(scenario.policy.requirements.first?.presentation == .straight)
    #expect(scenario.clients == [.demo, .service])
    #expect(scenario.switches.pollMilliseconds == 50)
    #expect(scenario.switches.credentialStatus == 401)
    let again = try JSONDecoder().decode(
      Scenario.self, from: try JSONEncoder().encode(scenario))
    #expect(again == scenario)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Scenario.self, from: Data(#"{"people": [{}]}"#.utf8))
    }
  }
}
