import Foundation
import Testing

@testable import IdentityEngineSimulator

@Suite("Registration")
struct RegistrationTests {
  private static let profile: WireValue = [
    "firstName": "Nora", "lastName": "New", "email": "nora@example.com", "department": "eng",
    "newsletter": true,
  ]

  private func registered(_ scenario: String, _ profile: WireValue = profile) throws -> Visitor {
    var visitor = try Visitor(scenario)
    _ = try visitor.begin()
    #expect(visitor.names == ["identify", "select-enroll-profile"])
    try visitor.answer("select-enroll-profile")
    #expect(visitor.names == ["enroll-profile", "select-identify"])
    try visitor.answer("enroll-profile", WireObject([("userProfile", profile)]))
    return visitor
  }

  @Test("a profile, what is required, what is optional: and there are tokens for a new person")
  func register() throws {
    var visitor = try registered("registration")
    #expect(visitor.names == ["select-authenticator-enroll"])
    #expect(visitor.labels(of: "select-authenticator-enroll") == ["Password", "Email"])
    #expect(visitor.page["authenticatorEnrollments"]?["value"] == [])
    try visitor.enrol("Password")
    #expect(visitor.names.first == "enroll-authenticator")
    try visitor.finish(Visitor.newPassword)
    #expect(visitor.labels(of: "select-authenticator-enroll") == ["Email"])
    #expect(!visitor.names.contains("skip"))
    try visitor.enrol("Email")
    #expect(visitor.organisation.outbox.map(\.recipient) == ["nora@example.com"])
    try visitor.finish(visitor.lastCode)
    #expect(visitor.names == ["select-authenticator-enroll", "skip"])
    #expect(
      visitor.labels(of: "select-authenticator-enroll")
        == ["Phone", "Google Authenticator", "Security Question"])
    try visitor.answer("skip")
    let tokens = visitor.exchange(try #require(visitor.code))
    let claims = try claims(of: try #require(tokens.json?["id_token"]?.text))
    #expect(claims.payload["preferred_username"] == "nora@example.com")

    _ = try visitor.begin()
    try visitor.identify("nora@example.com")
    #expect(try visitor.prove(Visitor.newPassword) == 200)
    #expect(visitor.code != nil)
  }

  @Test("the form says what each attribute may be")
  func attributes() throws {
    var visitor = try Visitor("registration")
    _ = try visitor.begin()
    try visitor.answer("select-enroll-profile")
    let fields = visitor.remediations[0]["value"]?[0]?["form"]?["value"]
    #expect(fields?[0]?["maxLength"] == 50)
    #expect(fields?[3]?["options"]?[1] == ["label": "Sales", "value": "sales"])
    #expect(fields?[4]?["type"] == "boolean")
    #expect(fields?[5]?["required"] == false)
    try visitor.answer("select-identify")
    #expect(visitor.names.first == "identify")
  }

  @Test(
    "a wrong attribute is named at its field",
    arguments: [
      ("email", "ann@example.com", "registration.error.notUniqueWithinOrg"),
      ("email", "nobody", "registration.error.invalidLoginEmail"),
      ("firstName", String(repeating: "x", count: 51), "registration.error.doesNotMatchPattern"),
      ("lastName", "", "model.validation.field.blank"),
    ])
  func wrong(name: String, value: String, key: String) throws {
    var profile = try #require(Self.profile.members)
    profile[name] = .string(value)
    let visitor = try registered("registration", .object(profile))
    #expect(visitor.status == 400)
    #expect(visitor.names.first == "enroll-profile")
    #expect(visitor.keys(atAttribute: name) == [key])
    #expect(visitor.topKeys.isEmpty)
  }

  @Test("a value that is not among the choices does not fit the form")
  func otherChoice() throws {
    var profile = try #require(Self.profile.members)
    profile["department"] = "kitchen"
    #expect(try registered("registration", .object(profile)).status == 400)
  }

  @Test("a mail opens the account: its link begins the enrolment, once")
  func activation() throws {
    var visitor = try registered(
      "registration-activation",
      ["firstName": "Nora", "lastName": "New", "email": "nora@example.com"])
    #expect(visitor.status == 200)
    #expect(visitor.topKeys == ["idx.email.verification.required"])
    #expect(visitor.remediations.isEmpty)
    let mail = try #require(visitor.organisation.outbox.last)
    let token = try #require(mail.token)
    #expect(mail.recipient == "nora@example.com")
    #expect(mail.link?.hasSuffix("?token=" + token) == true)
    _ = try visitor.begin(["activation_token": token])
    #expect(visitor.labels(of: "select-authenticator-enroll") == ["Password"])
    try visitor.enrol("Password")
    try visitor.finish(Visitor.newPassword)
    #expect(visitor.code != nil)

    let again = visitor.form(
      visitor.base + "/interact",
      Visitor.interactParameters.merging(["activation_token": token]) { $1 })
    #expect(again.status == 400)
    #expect(again.json?["error"] == "invalid_request")
  }

  @Test("a link is dead an hour later")
  func lateLink() throws {
    var visitor = try registered(
      "registration-activation",
      ["firstName": "Nora", "lastName": "New", "email": "nora@example.com"])
    let token = try #require(visitor.organisation.outbox.last?.token)
    visitor.now += 3601
    let late = visitor.form(
      visitor.base + "/interact",
      Visitor.interactParameters.merging(["activation_token": token]) { $1 })
    #expect(late.status == 400)
  }

  @Test("what the profile lacks is asked for after the sign-in, each in a form of its own")
  func progressive() throws {
    var visitor = try Visitor("progressive-profile")
    try visitor.beginWithPassword()
    #expect(visitor.names == ["profile-update"])
    let fields = visitor.remediations[0]["value"]?.elements?.compactMap { $0["name"]?.text }
    #expect(fields == ["userProfile", "userProfile", "stateHandle"])
    try visitor.answer("profile-update", WireObject([("userProfile", ["division": "East"])]))
    #expect(visitor.status == 400)
    #expect(visitor.keys(atAttribute: "remote") == ["model.validation.field.blank"])
    try visitor.answer(
      "profile-update", WireObject([("userProfile", ["division": "East", "remote": true])]))
    #expect(visitor.names == ["profile-update", "skip"])
    try visitor.answer("skip")
    #expect(visitor.code != nil)

    try visitor.beginWithPassword()
    #expect(visitor.names == ["profile-update", "skip"])
    try visitor.answer("profile-update", WireObject([("userProfile", ["nickName": "annie"])]))
    #expect(visitor.code != nil)
  }
}
