import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import IdentityEngineSimulator

@Suite("A security key")
struct PasskeyTests {
  private func challenged(
    _ change: (inout Scenario) -> Void = { _ in }
  ) throws -> Visitor {
    var visitor = try Visitor("passkey", change: change)
    try visitor.passPassword()
    try visitor.choose("Security Key or Biometric")
    return visitor
  }

  private func challenge(_ visitor: Visitor) throws -> String {
    try #require(visitor.current?["contextualData"]?["challengeData"]?["challenge"]?.text)
  }

  @discardableResult
  private func answer(
    _ assertion: SoftwareAuthenticator.Assertion, _ visitor: inout Visitor, urlSafe: Bool = false
  ) throws -> Int {
    func text(_ data: Data) -> WireValue {
      .string(urlSafe ? base64URL(Array(data)) : data.base64EncodedString())
    }
    return try visitor.answer(
      "challenge-authenticator",
      WireObject([
        (
          "credentials",
          [
            "clientData": text(assertion.clientData),
            "authenticatorData": text(assertion.authenticatorData),
            "signatureData": text(assertion.signatureData),
          ]
        )
      ]))
  }

  @Test("signs in, in either alphabet of base64", arguments: [false, true])
  func signIn(urlSafe: Bool) throws {
    var visitor = try challenged()
    let keys = visitor.page["authenticatorEnrollments"]?["value"]?.elements?
      .filter { $0["key"] == "webauthn" }
    #expect(keys?.compactMap { $0["credentialId"]?.text }.count == 2)
    var key = try SoftwareAuthenticator.ann()
    let assertion = try key.assert(
      challenge: challenge(visitor), origin: visitor.organisation.origin,
      relyingParty: "127.0.0.1")
    try answer(assertion, &visitor, urlSafe: urlSafe)
    #expect(visitor.code != nil)
  }

  @Test("every wrong thing about an assertion is refused, with a fresh challenge")
  func refused() throws {
    var visitor = try challenged { $0.switches.userVerification = .required }
    let origin = visitor.organisation.origin
    for wrong in Wrong.allCases {
      let before = try challenge(visitor)
      let status = try answer(try wrong.assertion(to: before, at: origin), &visitor)
      #expect(status == 401, "\(wrong)")
      #expect(
        visitor.topKeys == ["authfactor.webauthn.error.assertion_validation_failure"])
      #expect(try challenge(visitor) != before)
    }
    var key = try SoftwareAuthenticator.ann()
    try answer(
      try key.assert(
        challenge: challenge(visitor), origin: origin, relyingParty: "127.0.0.1"), &visitor)
    #expect(visitor.code != nil)
  }

  @Test("one that was registered with U2F is under the organisation's address, not its host")
  func older() throws {
    var visitor = try challenged { $0.people[0].passkeys[0].isU2F = true }
    let origin = visitor.organisation.origin
    var key = try SoftwareAuthenticator.ann()
    #expect(
      visitor.current?["contextualData"]?["challengeData"]?["extensions"]?["appid"]?.text == origin)
    let status = try answer(
      try key.assert(
        challenge: challenge(visitor), origin: origin, relyingParty: "127.0.0.1"), &visitor)
    #expect(status == 401)
    try answer(
      try key.assert(challenge: challenge(visitor), origin: origin, relyingParty: origin), &visitor)
    #expect(visitor.code != nil)
  }

  @Test("a counter that does not rise is refused: the key may have been copied")
  func counter() throws {
    var visitor = try challenged()
    var key = try SoftwareAuthenticator.ann()
    key.count = 5
    var copy = key
    let origin = visitor.organisation.origin
    try answer(
      try key.assert(
        challenge: challenge(visitor), origin: origin, relyingParty: "127.0.0.1"), &visitor)
    #expect(visitor.code != nil)
    try visitor.passPassword()
    try visitor.choose("Security Key or Biometric")
    let status = try answer(
      try copy.assert(
        challenge: challenge(visitor), origin: origin, relyingParty: "127.0.0.1"), &visitor)
    #expect(status == 401)
  }
}

/// One thing that is not as it should be.
private enum Wrong: CaseIterable {
  case challenge, origin, relyingParty, type, presence, verification, signature, key

  func assertion(
    to challenge: String, at origin: String
  ) throws -> SoftwareAuthenticator.Assertion {
    let bytes = [UInt8](repeating: self == .key ? 8 : 7, count: 32)
    var key = try SoftwareAuthenticator(identifier: "YW5uLXNlY3VyaXR5LWtleQ", privateKey: bytes)
    key.isTouched = self != .presence
    key.verifiesUser = self != .verification
    var assertion = try key.assert(
      challenge: self == .challenge ? "another" : challenge,
      origin: self == .origin ? "https://elsewhere.example" : origin,
      relyingParty: self == .relyingParty ? "elsewhere.example" : "127.0.0.1",
      type: self == .type ? "webauthn.create" : "webauthn.get")
    if self == .signature { assertion.clientData.append(UInt8(ascii: " ")) }
    return assertion
  }
}
