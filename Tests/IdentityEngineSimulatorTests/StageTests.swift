import Foundation
import Testing

@testable import IdentityEngineSimulator

@Suite("Before and after the factors")
struct StageTests {
  @Test("an expired password has to be changed, and cannot be kept")
  func expired() throws {
    var visitor = try Visitor("expired-password")
    try visitor.beginWithPassword()
    #expect(visitor.names == ["reenroll-authenticator"])
    #expect(visitor.page["enrollmentAuthenticator"]?["value"]?["settings"] != nil)
    #expect(try visitor.finish(Visitor.password, in: "reenroll-authenticator") == 400)
    #expect(try visitor.finish(Visitor.newPassword, in: "reenroll-authenticator") == 200)
    #expect(visitor.code != nil)
    #expect(visitor.organisation.members[0].person.password == Visitor.newPassword)
  }

  @Test("one that is about to can be changed, or not yet")
  func expiring() throws {
    var visitor = try Visitor("expiring-password")
    try visitor.beginWithPassword()
    #expect(visitor.names == ["reenroll-authenticator-warning", "skip"])
    #expect(visitor.topKeys == ["idx.password.expiring.message"])
    #expect(visitor.page["messages"]?["value"]?[0]?["class"] == "INFO")
    #expect(visitor.page["currentAuthenticator"]?["value"]?["settings"]?["daysToExpiry"] == 4)
    try visitor.answer("skip")
    #expect(visitor.code != nil)
    #expect(visitor.organisation.members[0].person.password == Visitor.password)
  }

  @Test("a password that is kept elsewhere says where", arguments: ["expired", "expiring"])
  func custom(kind: String) throws {
    var visitor = try Visitor("custom-\(kind)-password")
    try visitor.beginWithPassword()
    let form = visitor.remediations[0]
    #expect(form["name"]?.text?.hasPrefix("reenroll-custom-password-expiry") == true)
    #expect(form["customExpiredPasswordName"] == "Password desk")
    #expect(form["customExpiredPasswordURL"]?.text?.hasPrefix("https://") == true)
    #expect(visitor.names.contains("skip") == (kind == "expiring"))
  }

  @Test("a denial may say where to ask for more")
  func denied() throws {
    var visitor = try Visitor("access-denied")
    _ = try visitor.begin()
    try visitor.identify()
    #expect(try visitor.prove(Visitor.password) == 403)
    #expect(visitor.remediations.isEmpty)
    let links = visitor.page["messages"]?["value"]?[0]?["links"]
    #expect(links?[0] == ["label": "Help Desk", "url": "https://help.example.com/access"])
  }

  @Test("a riddle of the first page has to be solved, and a browser solves it")
  func captcha() throws {
    var visitor = try Visitor("captcha")
    _ = try visitor.begin()
    #expect(visitor.page["captcha"]?["value"]?["type"] == "RECAPTCHA_V2")
    let field = visitor.remediations[0]["value"]?.elements?.first { $0["name"] == "captchaVerify" }
    #expect(field?["relatesTo"] == "$.captcha")
    #expect(field?["form"]?["value"]?[1]?["hint"] == "captcha")
    #expect(visitor.relatesWell())
    func answer(_ token: String) throws -> Int {
      try visitor.answer(
        "identify",
        WireObject([
          ("identifier", "ann@example.com"),
          (
            "captchaVerify",
            ["captchaId": .string(Captcha.identifier), "captchaToken": .string(token)]
          ),
        ]))
    }
    #expect(try answer("guessed") == 400)
    #expect(visitor.names == ["identify"])
    #expect(try answer(Captcha.solution) == 200)
    #expect(visitor.names == ["challenge-authenticator"])
  }

  @Test("codes by mail may have letters in them")
  func letters() throws {
    var visitor = try Visitor("email-letters")
    try visitor.beginWithPassword()
    #expect(visitor.lastCode.count == 8)
    #expect(visitor.lastCode.filter(\.isLetter).isEmpty == false)
    #expect(try visitor.prove(visitor.lastCode) == 200)
  }

  @Test("consent is asked for with the scopes, and no is the end", arguments: [true, false])
  func consent(allows: Bool) throws {
    for (scenario, name) in [("consent", "consent"), ("admin-consent", "admin-consent")] {
      var visitor = try Visitor(scenario)
      try visitor.beginWithPassword()
      #expect(visitor.names == [name])
      #expect(visitor.remediations[0]["scopes"]?[0]?["name"] != nil)
      #expect(
        try visitor.answer(name, WireObject([("consent", "true")])) == 400, "no string will do")
      try visitor.beginWithPassword()
      try visitor.answer(name, WireObject([("consent", .bool(allows))]))
      #expect((visitor.code != nil) == allows)
      if !allows {
        #expect(visitor.remediations.isEmpty)
        #expect(visitor.topKeys == ["idx.operation.cancelled.by.user"])
        #expect(visitor.page["cancel"] != nil)
      }
    }
  }

  @Test("scopes are agreed to one by one, dots and all, and only those are granted")
  func granular() throws {
    var visitor = try Visitor("granular-consent")
    let scopes = "openid profile email demo.read"
    try visitor.beginWithPassword(["scope": scopes])
    let opted = visitor.remediations[0]["value"]?[1]?["form"]?["value"]
    #expect(opted?[0]?["mutable"] == false)
    #expect(opted?[4]?["name"] == "demo.read")
    var answer = WireObject([
      ("openid", true), ("profile", false), ("email", false), ("demo", true), ("demo.read", true),
    ])
    #expect(try consent(&visitor, answer) == 400, "what is fixed is fixed")
    answer["profile"] = true
    try visitor.beginWithPassword(["scope": scopes])
    #expect(try consent(&visitor, answer) == 200)
    let tokens = visitor.exchange(try #require(visitor.code)).json
    #expect(tokens?["scope"] == "openid profile demo.read")
  }

  private func consent(_ visitor: inout Visitor, _ opted: WireObject) throws -> Int {
    try visitor.answer(
      "granular-consent", WireObject([("consent", true), ("optedScopes", .object(opted))]))
  }

  @Test("staying signed in is asked after all else", arguments: [true, false])
  func keepMeSignedIn(answer: Bool) throws {
    var visitor = try Visitor("keep-me-signed-in")
    try visitor.beginWithPassword()
    #expect(visitor.names == ["keep-me-signed-in"])
    try visitor.answer("keep-me-signed-in", WireObject([("keepMeSignedIn", .bool(answer))]))
    #expect(visitor.code != nil)
  }

  @Test("the code of another device comes before the user name")
  func userCode() throws {
    var visitor = try Visitor("device-user-code")
    _ = try visitor.begin()
    #expect(visitor.names == ["user-code"])
    #expect(try visitor.answer("user-code", WireObject([("userCode", "WRONG")])) == 400)
    #expect(visitor.topKeys == ["api.authn.error.PASSCODE_INVALID"])
    #expect(try visitor.answer("user-code", WireObject([("userCode", "abcdxywz")])) == 200)
    #expect(visitor.names == ["identify"])
    try visitor.identify()
    try visitor.prove(Visitor.password)
    #expect(visitor.code != nil)
  }

  @Test("a device that will not do for long is told so in order, and goes on")
  func deviceAssurance() throws {
    var visitor = try Visitor("device-assurance")
    try visitor.beginWithPassword()
    #expect(visitor.names == ["device-assurance-grace-period"])
    #expect(visitor.status == 200)
    let keys = visitor.topKeys
    #expect(keys.first == "idx.device_assurance.grace_period.warning.title.due_by_date")
    #expect(keys.filter { $0.hasSuffix("option_index") }.count == 2)
    try visitor.answer("device-assurance-grace-period")
    #expect(visitor.topKeys.isEmpty)
    #expect(visitor.code != nil)
  }

  @Test("a busy organisation is polled, at an interval that changes")
  func safeMode() throws {
    var visitor = try Visitor("safe-mode")
    _ = try visitor.begin()
    for refresh in [1000, 500, 250] {
      #expect(visitor.names == ["poll"])
      #expect(visitor.remediations[0]["refresh"] == .integer(refresh))
      try visitor.answer("poll")
    }
    #expect(visitor.names == ["identify"])
  }

  @Test("stages come in whatever order a policy says")
  func order() throws {
    var visitor = try Visitor("password") {
      $0.policy.afterwards = [
        .keepMeSignedIn, .factor(SignOnPolicy.Requirement([.email], .straight)),
        .password(SignOnPolicy.PasswordChange(.expired)), .end(.accessDenied),
      ]
    }
    try visitor.beginWithPassword()
    try visitor.answer("keep-me-signed-in", WireObject([("keepMeSignedIn", false)]))
    try visitor.prove(visitor.lastCode)
    try visitor.finish(Visitor.newPassword, in: "reenroll-authenticator")
    #expect(visitor.status == 403)
    #expect(visitor.topKeys == ["security.access_denied"])
  }

  @Test(
    "tokens of other makers give a passcode",
    arguments: [
      ("on-prem", "onprem_mfa", "161803"), ("symantec-vip", "symantec_vip", "141421"),
      ("yubikey-otp", "yubikey_token", "cccccccfhcbelrhifitrrddvrrvbvkhtrgjnbgnhdbiv"),
      ("custom-otp", "custom_otp", "662607"), ("temporary-access-code", "tac", "welcome-ann"),
    ])
  func passcode(scenario: String, key: String, passcode: String) throws {
    var visitor = try Visitor(scenario)
    try visitor.beginWithPassword()
    let current =
      visitor.page["currentAuthenticatorEnrollment"] ?? visitor.page["currentAuthenticator"]
    #expect(current?["value"]?["key"] == .string(key))
    #expect(visitor.relatesWell())
    #expect(try visitor.prove("nothing") == 401)
    #expect(visitor.keys(at: "passcode") == ["api.authn.error.PASSCODE_INVALID"])
    #expect(try visitor.prove(passcode) == 200)
    #expect(visitor.code != nil)
  }

  @Test("RSA's server wants the next passcode after the first")
  func nextPasscode() throws {
    var visitor = try Visitor("rsa")
    try visitor.beginWithPassword()
    #expect(try visitor.prove("271828") == 401)
    #expect(visitor.keys(at: "passcode") == ["errors.E0000113"])
    #expect(try visitor.prove("182845") == 200)
    #expect(visitor.code != nil)
  }

  @Test("every scenario can be written to a file and read again")
  func files() throws {
    for scenario in Scenario.all {
      let file = try JSONEncoder().encode(scenario)
      #expect(try JSONDecoder().decode(Scenario.self, from: file) == scenario)
    }
    let few = #"""
      {"policy": {"identification": "identifier-first", "requirements": [],
        "before": [{"stage": "user-code", "code": "AB"}],
        "afterwards": [{"stage": "enrol", "required": ["phone_number"]},
          {"stage": "factor", "any_of": ["okta_email"]}, {"stage": "safe-mode"},
          {"stage": "password", "kind": "expiring"}, {"stage": "end", "how": "unlocked"}],
        "registration": {}, "recovery": {}, "unlock": {}}}
      """#
    let scenario = try JSONDecoder().decode(Scenario.self, from: Data(few.utf8))
    #expect(scenario.policy.afterwards.count == 5)
    #expect(scenario.policy.unlock?.anyOf == [.email, .phone])
  }
}
