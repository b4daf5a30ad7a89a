// What a visitor does who has a security key.

import Foundation
import TestSupport
import Testing

@testable import IdentityEngineSimulator

extension SoftwareAuthenticator {
  /// A key that nobody has registered.
  static func fresh() throws -> SoftwareAuthenticator {
    try SoftwareAuthenticator(
      identifier: "YS1mcmVzaC1rZXk", privateKey: Array(repeating: 11, count: 32))
  }
}

extension Visitor {
  /// What a new credential is made of.
  var activation: WireValue? {
    page["currentAuthenticator"]?["value"]?["contextualData"]?["activationData"]
  }

  /// What a credential signs.
  var challengeData: WireValue? {
    page["currentAuthenticator"]?["value"]?["contextualData"]?["challengeData"]
      ?? page["webauthnAutofillUIChallenge"]?["value"]?["challengeData"]
  }

  /// Sets a key up with the first form there is.
  @discardableResult
  mutating func setUp(
    _ key: SoftwareAuthenticator, statement: SoftwareAuthenticator.Statement = .none,
    relyingParty: String = "127.0.0.1"
  ) throws -> Int {
    let challenge = try #require(activation?["challenge"]?.text)
    return try hand(
      try key.create(
        challenge: challenge, origin: organisation.origin, relyingParty: relyingParty,
        statement: statement))
  }

  /// Hands an attestation over, with whatever else the form has a field for.
  @discardableResult
  mutating func hand(_ made: SoftwareAuthenticator.Attestation) throws -> Int {
    let form = try #require(remediations.first)
    var credentials = WireObject([
      ("attestation", .string(made.attestation.base64EncodedString())),
      ("clientData", .string(made.clientData.base64EncodedString())),
    ])
    for field in form["value"]?[0]?["form"]?["value"]?.elements ?? [] {
      switch field["name"] {
      case "transports": credentials["transports"] = #"["usb"]"#
      case "clientExtensions": credentials["clientExtensions"] = #"{"credProps":{"rk":false}}"#
      default: break
      }
    }
    return try answer(
      try #require(form["name"]?.text), WireObject([("credentials", .object(credentials))]))
  }

  /// Answers the challenge of a security key.
  @discardableResult
  mutating func proveWith(
    _ key: inout SoftwareAuthenticator, relyingParty: String = "127.0.0.1",
    in form: String = "challenge-authenticator", userHandle: String? = nil
  ) throws -> Int {
    let assertion = try key.assert(
      challenge: try #require(challengeData?["challenge"]?.text), origin: organisation.origin,
      relyingParty: relyingParty)
    var credentials = WireObject([
      ("clientData", .string(assertion.clientData.base64EncodedString())),
      ("authenticatorData", .string(assertion.authenticatorData.base64EncodedString())),
      ("signatureData", .string(assertion.signatureData.base64EncodedString())),
    ])
    if let userHandle { credentials["userHandle"] = .string(userHandle) }
    return try answer(form, WireObject([("credentials", .object(credentials))]))
  }
}
