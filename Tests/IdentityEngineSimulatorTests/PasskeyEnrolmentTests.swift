import Foundation
import TestSupport
import Testing

@testable import IdentityEngineSimulator

@Suite("Setting up a security key")
struct PasskeyEnrolmentTests {
  private func arrived(
    _ scenario: String = "enroll-passkey", change: (inout Scenario) -> Void = { _ in }
  ) throws -> Visitor {
    var visitor = try Visitor(scenario, change: change)
    try visitor.beginWithPassword()
    try visitor.enrol("Security Key or Biometric")
    return visitor
  }

  @Test("gives a browser all that it needs for a new credential")
  func activation() throws {
    let visitor = try arrived()
    #expect(visitor.names == ["enroll-authenticator", "select-authenticator-enroll"])
    #expect(visitor.relatesWell())
    let data = try #require(visitor.activation)
    #expect(data["rp"]?["name"] == "Remedy Simulator")
    #expect(data["user"]?["id"]?.text == visitor.organisation.members[0].identifier)
    #expect(data["user"]?["name"] == "ann@example.com")
    #expect(data["pubKeyCredParams"]?[0]?["alg"] == -7)
    #expect(data["u2fParams"]?["appid"]?.text == visitor.organisation.origin)
    let fields = visitor.remediations[0]["value"]?[0]?["form"]?["value"]?.elements ?? []
    #expect(fields.compactMap { $0["name"]?.text } == ["attestation", "clientData"])
    #expect(fields.allSatisfy { $0["visible"] == false && $0["value"] == nil })
  }

  @Test(
    "the key that was set up signs in from then on",
    arguments: [SoftwareAuthenticator.Statement.none, .own])
  func enrolled(statement: SoftwareAuthenticator.Statement) throws {
    var visitor = try arrived()
    var key = try SoftwareAuthenticator.fresh()
    #expect(try visitor.setUp(key, statement: statement) == 200)
    #expect(visitor.code != nil)

    try visitor.passPassword()
    #expect(visitor.names == ["challenge-authenticator"])
    let enrolments = visitor.page["authenticatorEnrollments"]?["value"]?.elements ?? []
    #expect(enrolments.contains { $0["credentialId"]?.text == key.identifier })
    #expect(try visitor.proveWith(&key) == 200)
    #expect(visitor.code != nil)
  }

  @Test("the person is chosen by a relying party that is wider than the host, where there is one")
  func relyingParty() throws {
    var visitor = try arrived { $0.switches.relyingParty = "example.com" }
    #expect(visitor.activation?["rp"]?["id"] == "example.com")
    var key = try SoftwareAuthenticator.fresh()
    #expect(try visitor.setUp(key) == 401)
    #expect(try visitor.setUp(key, relyingParty: "example.com") == 200)
    try visitor.passPassword()
    #expect(visitor.challengeData?["rpId"] == "example.com")
    #expect(try visitor.proveWith(&key, relyingParty: "example.com") == 200)
  }

  @Test("newer organisations ask how the key is reached, and want the owner known")
  func verified() throws {
    var visitor = try arrived("enroll-passkey-verified")
    #expect(
      visitor.activation?["authenticatorSelection"]?["userVerification"] == "required")
    var key = try SoftwareAuthenticator.fresh()
    key.verifiesUser = false
    #expect(try visitor.setUp(key) == 401)
    key.verifiesUser = true
    #expect(try visitor.setUp(key) == 200)
    #expect(visitor.organisation.members[0].person.passkeys.map(\.transports) == [["usb"]])
  }

  @Test("every wrong thing about a credential is refused, with a fresh challenge")
  func refused() throws {
    var visitor = try arrived { $0.switches.userVerification = .required }
    for wrong in WrongCredential.allCases {
      let before = visitor.activation?["challenge"]
      let answer = try wrong.attestation(for: visitor)
      #expect(try visitor.hand(answer) == 401, "\(wrong)")
      #expect(visitor.topKeys == ["authfactor.webauthn.error.attestation_validation_failure"])
      #expect(visitor.activation?["challenge"] != before)
    }
    #expect(visitor.organisation.members[0].person.passkeys.isEmpty)
    #expect(try visitor.setUp(SoftwareAuthenticator.fresh()) == 200)
  }

  @Test("a key that somebody has already is not set up again")
  func known() throws {
    var visitor = try arrived()
    let key = try SoftwareAuthenticator.fresh()
    try visitor.setUp(key)
    try visitor.beginWithPassword()
    visitor.organisation.members[0].enrolments.removeAll { $0.key == .webAuthn }
    try visitor.beginWithPassword()
    try visitor.enrol("Security Key or Biometric")
    #expect(visitor.activation?["excludeCredentials"]?[0]?["id"]?.text == key.identifier)
    #expect(try visitor.setUp(key) == 401)
  }

  @Test(
    "what is no attestation object ends nothing but the answer",
    arguments: [
      "", "AAAA", "oA", "v/8", "ow", "gICAgICAgICAgICAgICA", "pGNmbXQ", "W/////////////8",
      "not base64!",
    ])
  func hostile(attestation: String) throws {
    var visitor = try arrived()
    let client = Data("{}".utf8).base64EncodedString()
    let credentials: WireValue = [
      "attestation": .string(attestation), "clientData": .string(client),
    ]
    let status = try visitor.answer(
      "enroll-authenticator", WireObject([("credentials", credentials)]))
    #expect(status == 401 || status == 400)
    #expect(try visitor.setUp(SoftwareAuthenticator.fresh()) == 200)
  }
}

/// One thing that is not as it should be.
private enum WrongCredential: CaseIterable {
  case challenge, origin, relyingParty, type, presence, verification, signature, rest

  func attestation(for visitor: Visitor) throws -> SoftwareAuthenticator.Attestation {
    var key = try SoftwareAuthenticator.fresh()
    key.isTouched = self != .presence
    key.verifiesUser = self != .verification
    var made = try key.create(
      challenge: self == .challenge
        ? "another" : visitor.activation?["challenge"]?.text ?? "",
      origin: self == .origin ? "https://elsewhere.example" : visitor.organisation.origin,
      relyingParty: self == .relyingParty ? "elsewhere.example" : "127.0.0.1",
      type: self == .type ? "webauthn.get" : "webauthn.create", statement: .own)
    if self == .signature { made.clientData.append(UInt8(ascii: " ")) }
    if self == .rest { made.attestation.append(0) }
    return made
  }
}
