import Testing

@testable import IdentityEngineSimulator

@Suite("Enrolment")
struct EnrolmentTests {
  private func arrived(
    _ required: [AuthenticatorKey], optional: [AuthenticatorKey] = [], days: Int? = nil
  ) throws -> Visitor {
    var visitor = try Visitor("enroll-required") { scenario in
      scenario.policy.afterwards = [
        .enrol(
          SignOnPolicy.Enrolling(required: required, optional: optional, graceDays: days))
      ]
    }
    try visitor.beginWithPassword()
    return visitor
  }

  @Test("a phone needs number and method, and then its code", arguments: ["sms", "voice"])
  func phone(method: String) throws {
    var visitor = try arrived([.phone])
    #expect(visitor.names == ["select-authenticator-enroll"])
    try visitor.enrol("Phone")
    #expect(visitor.names == ["authenticator-enrollment-data", "select-authenticator-enroll"])
    #expect(visitor.relatesWell())
    #expect(visitor.organisation.outbox.isEmpty)
    let data = visitor.remediations[0]["value"]?[0]?["form"]?["value"]
    let id = try #require(data?[0]?["value"])
    try visitor.answer(
      "authenticator-enrollment-data",
      WireObject([
        (
          "authenticator",
          ["id": id, "methodType": .string(method), "phoneNumber": "+15551234567"]
        )
      ]))
    #expect(visitor.organisation.outbox.map(\.kind) == [method == "sms" ? .sms : .call])
    #expect(visitor.page["currentAuthenticator"]?["value"]?["resend"] != nil)
    #expect(try visitor.finish("999999x") == 401)
    #expect(visitor.keys(at: "passcode") == ["api.authn.error.PASSCODE_INVALID"])
    #expect(try visitor.finish(visitor.lastCode) == 200)
    #expect(visitor.code != nil)
    let member = visitor.organisation.members[0]
    #expect(member.enrolments.last?.destination == "+15551234567")
  }

  @Test("the choice takes number and method at once")
  func phoneAtOnce() throws {
    var visitor = try arrived([.phone])
    try visitor.enrol(
      "Phone", adding: [("methodType", "sms"), ("phoneNumber", "+15551234567")])
    #expect(visitor.names.first == "enroll-authenticator")
    #expect(visitor.organisation.outbox.count == 1)
  }

  @Test(
    "a bad number leads back to the choice, with a message that has no key",
    arguments: ["5551234567", "+1", "+12ab34567890", "+0123456789"])
  func badNumber(number: String) throws {
    var visitor = try arrived([.phone])
    try visitor.enrol(
      "Phone", adding: [("methodType", "sms"), ("phoneNumber", .string(number))])
    #expect(visitor.status == 400)
    #expect(visitor.names == ["select-authenticator-enroll"])
    #expect(visitor.topKeys.isEmpty)
    #expect(
      visitor.page["messages"]?["value"]?[0]?["message"]?.text?.hasSuffix("Invalid Phone Number.")
        == true)
    #expect(visitor.organisation.outbox.isEmpty)
  }

  @Test("the rules of a password are told, and held to")
  func password() throws {
    var visitor = try Visitor("registration") {
      $0.policy.registration?.attributes = [ProfileAttribute("email", label: "Email")]
    }
    _ = try visitor.begin()
    try visitor.answer("select-enroll-profile")
    try visitor.answer(
      "enroll-profile", WireObject([("userProfile", ["email": "wilhelmina@example.com"])]))
    try visitor.enrol("Password")
    let rules = visitor.page["currentAuthenticator"]?["value"]?["settings"]?["complexity"]
    #expect(rules?["minLength"] == 8)
    #expect(visitor.page["enrollmentAuthenticator"]?["value"]?["settings"] != nil)
    for wrong in ["Short1x", "lowercase-1", "UPPERCASE-1", "No-Digit-here", "Wilhelmina-1"] {
      #expect(try visitor.finish(wrong) == 400)
      #expect(visitor.keys(at: "passcode") == ["password.passwordRequirementsNotMet"])
    }
    #expect(try visitor.finish("Right-enough-1") == 200)
  }

  @Test("Google Authenticator gives a secret and a picture, and wants one code of it")
  func totp() throws {
    var visitor = try arrived([.googleOTP])
    try visitor.enrol("Google Authenticator")
    let data = visitor.page["currentAuthenticator"]?["value"]?["contextualData"]
    let secret = try #require(data?["sharedSecret"]?.text)
    let picture = try #require(data?["qrcode"]?["href"]?.text)
    #expect(picture.hasPrefix("data:image/png;base64,iVBORw0KGgo"))
    #expect(try visitor.finish("000000x") == 401)
    let codes = try #require(TimeBasedCode(base32: secret))
    #expect(try visitor.finish(codes.code(at: visitor.now)) == 200)
    #expect(visitor.code != nil)
    #expect(
      visitor.organisation.timeBasedCode(of: "ann@example.com", now: visitor.now)
        == codes.code(at: visitor.now))
  }

  @Test("a security question is one of the list, or one's own")
  func question() throws {
    for own in [false, true] {
      var visitor = try arrived([.securityQuestion])
      try visitor.enrol("Security Question")
      var answers: WireObject = WireObject([
        ("questionKey", own ? "custom" : "favorite_toy"), ("answer", "abc"),
      ])
      if own { answers["question"] = "Who am I?" }
      #expect(
        try visitor.answer(
          "enroll-authenticator", WireObject([("credentials", .object(answers))])) == 400)
      let options = visitor.remediations[0]["value"]?[0]?["options"]?.elements ?? []
      #expect(options.count == 2)
      for option in options {
        let field = option["value"]?["form"]?["value"]?.elements?
          .first { $0["name"] == "answer" }
        #expect(Visitor.keys(of: field?["messages"]) == ["securityQuestion.answer.tooShort.arg"])
      }
      answers["answer"] = "<b>bear</b>"
      #expect(
        try visitor.answer(
          "enroll-authenticator", WireObject([("credentials", .object(answers))])) == 400)
      answers["answer"] = "bear"
      #expect(
        try visitor.answer(
          "enroll-authenticator", WireObject([("credentials", .object(answers))])) == 200)
      #expect(visitor.code != nil)
      let question = visitor.organisation.members[0].person.question
      #expect(question?.key == (own ? "custom" : "favorite_toy"))
      #expect(question?.answer == "bear")
    }
  }

  @Test("what is optional can be skipped, and what has a grace period too")
  func skipping() throws {
    var visitor = try arrived([], optional: [.phone])
    #expect(visitor.names == ["select-authenticator-enroll", "skip"])
    try visitor.answer("skip")
    #expect(visitor.code != nil)

    visitor = try arrived([.phone], days: 7)
    #expect(visitor.names == ["select-authenticator-enroll", "skip"])
    let grace = visitor.page["authenticators"]?["value"]?[0]?["gracePeriod"]
    #expect(grace?["type"] == "BY_DATE_TIME")
    #expect(grace?["expiry"]?.text?.hasSuffix("Z") == true)
    try visitor.answer("skip")
    #expect(visitor.code != nil)
  }

  @Test("what may be skipped so often may not be skipped more often")
  func skipCount() throws {
    var visitor = try Visitor("enroll-grace-skips")
    for left in [2, 1] {
      try visitor.beginWithPassword()
      #expect(visitor.names == ["select-authenticator-enroll", "skip"])
      #expect(
        visitor.page["authenticators"]?["value"]?[0]?["gracePeriod"]
          == ["type": "BY_SKIP_COUNT", "remainingSkips": .integer(left)])
      try visitor.answer("skip")
      #expect(visitor.code != nil)
    }
    try visitor.beginWithPassword()
    #expect(visitor.names == ["select-authenticator-enroll"])
  }

  @Test("what a person has is not asked for again")
  func held() throws {
    var visitor = try Visitor("enroll-required") { $0.people = [.ann] }
    try visitor.beginWithPassword()
    #expect(visitor.code != nil)
  }

  @Test("tokens of other makers are set up by what they show")
  func tokens() throws {
    var visitor = try arrived([.rsaToken, .symantecVIP, .yubiKey])
    try visitor.enrol("RSA SecurID")
    let fields = visitor.remediations[0]["value"]?[0]?["form"]?["value"]
    #expect(fields?[2]?["value"] == "ann@example.com")
    try visitor.answer(
      "enroll-authenticator",
      WireObject([
        (
          "credentials",
          [
            "id": try #require(fields?[0]?["value"]), "methodType": "otp",
            "clientData": "ann@example.com", "passcode": "123456",
          ]
        )
      ]))
    #expect(visitor.status == 200)
    try visitor.enrol("Symantec VIP")
    for (next, status) in [("111111", 401), ("222222", 200)] {
      let credentials: WireValue = [
        "credentialId": "VSMT1", "passcode": "111111", "nextPasscode": .string(next),
      ]
      #expect(
        try visitor.answer("enroll-authenticator", WireObject([("credentials", credentials)]))
          == status)
    }
    try visitor.enrol("YubiKey Authenticator")
    #expect(try visitor.finish("too short") == 401)
    #expect(try visitor.finish(String(repeating: "c", count: 44)) == 200)
    #expect(visitor.code != nil)
  }

  @Test("the organisation's own tokens are handed out by an administrator")
  func notSelfService() throws {
    var visitor = try arrived([], optional: [.customOTP, .phone])
    try visitor.enrol("Custom OTP")
    #expect(visitor.status == 403)
    #expect(visitor.topKeys == ["enroll.hotp.restricted"])
    #expect(visitor.names == ["select-authenticator-enroll", "skip"])
  }
}
