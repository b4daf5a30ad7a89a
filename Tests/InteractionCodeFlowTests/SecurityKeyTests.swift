// Challenges for security keys: what a program gets to sign, and what of its answer is sent.

import Foundation
import IdentityEngine
import InteractionCodeFlow
import JSON
import Prompts
import Testing

@Suite("A challenge for a security key")
struct SecurityKeyTests {
  private static let verify: [JSONValue] = ["clientData", "authenticatorData", "signatureData"]
    .map { ["name": $0, "visible": false, "required": true] }
  private static let enroll: [JSONValue] = ["clientData", "attestation"]
    .map { ["name": $0, "visible": false, "required": true] }

  private func challenge(
    _ context: JSONObject, _ fields: [JSONValue], form: String = "challenge-authenticator",
    enrollments: JSONValue = []
  ) throws -> IDXResponse {
    let object: JSONObject = [
      "version": "1.0.0", "stateHandle": "02.s",
      "remediation": [
        "value": [
          Engine.form(form, ["name": "credentials", "form": ["value": .array(fields)]])
        ]
      ],
      "currentAuthenticator": [
        "value": ["key": "webauthn", "contextualData": .object(context)]
      ],
      "authenticatorEnrollments": ["value": enrollments],
    ]
    return try IDXResponse(status: 200, body: JSONWriter.bytes(.object(object)))
  }

  private let asked: JSONObject = ["challengeData": ["challenge": "X6GLEsXc"]]

  @Test("has what a browser would know: for whom, from where, with which keys")
  func context() throws {
    let response = try challenge(
      asked, Self.verify,
      enrollments: [
        ["key": "webauthn", "credentialId": "k1", "profile": ["transports": "usb, nfc"]],
        ["key": "webauthn", "credentialId": "k2", "transports": ["internal"]],
        ["key": "okta_email", "id": "eae1"],
        ["type": "security_key", "profile": ["credentialId": "k3"]],
        ["type": "security_key", "key": "yubikey_token", "credentialId": "no"],
      ])
    #expect(
      Prompt.Content.shown(response).context["webauthn"] == [
        "challengeData": ["challenge": "X6GLEsXc"], "rpId": "issuer.example",
        "origin": "https://issuer.example",
        "allowCredentials": [
          ["type": "public-key", "id": "k1", "transports": ["usb", "nfc"]],
          ["type": "public-key", "id": "k2", "transports": ["internal"]],
          ["type": "public-key", "id": "k3"],
        ],
      ])
  }

  @Test(
    "names the relying party that the engine names: by itself, by an older address, by its host",
    arguments: [
      (
        #"{"challenge":"c","rpId":"acme.example","extensions":{"appid":"https://old.example/x"}}"#,
        "acme.example"
      ),
      (#"{"challenge":"c","extensions":{"appid":"https://old.example:444/x"}}"#, "old.example"),
      (#"{"challenge":"c"}"#, "issuer.example"),
    ])
  func relyingParty(data: String, party: String) throws {
    let json = try JSONParser.parse(Array(data.utf8))
    let verifying = Prompt.Content.shown(try challenge(["challengeData": json], Self.verify))
    #expect(verifying.context["webauthn"]?["rpId"]?.string == party)
  }

  @Test("to enrol one names the relying party likewise, and has no list")
  func enrolling() throws {
    let named = try challenge(
      ["activationData": ["challenge": "c", "rp": ["id": "acme.example"]]], Self.enroll,
      form: "enroll-authenticator")
    #expect(
      Prompt.Content.shown(named).context["webauthn"] == [
        "activationData": ["challenge": "c", "rp": ["id": "acme.example"]],
        "rpId": "acme.example", "origin": "https://issuer.example",
      ])
    let older = try challenge(
      ["activationData": ["u2fParams": ["appid": "https://old.example"]]], Self.enroll)
    #expect(
      Prompt.Content.shown(older).context["webauthn"]?["rpId"] == "old.example")
  }

  // MARK: Answers

  private static func client(
    type: String = "webauthn.get", challenge: String = "X6GLEsXc",
    origin: String = "https://issuer.example"
  ) -> String {
    let json = #"{"type":"\#(type)","challenge":"\#(challenge)","origin":"\#(origin)"}"#
    return Data(json.utf8).base64EncodedString()
  }

  private static func answer(
    clientData: String = client(), authenticatorData: String = bytes(37),
    signatureData: String = bytes(70)
  ) -> [String: AnsweredValue] {
    [
      "credentials.clientData": .value(.string(clientData)),
      "credentials.authenticatorData": .value(.string(authenticatorData)),
      "credentials.signatureData": .value(.string(signatureData)),
    ]
  }

  private static func bytes(_ count: Int) -> String {
    Data(repeating: 0xFB, count: count).base64EncodedString()
  }

  private func fault(_ values: [String: AnsweredValue]) throws -> AnswerFault? {
    let transaction = try Stage.showing(try challenge(asked, Self.verify)).transaction
    do throws(AnswerFault) {
      try transaction.check("challenge-authenticator", values)
      return nil
    } catch {
      return error
    }
  }

  @Test("that was signed as asked is sent, in either alphabet")
  func good() throws {
    #expect(try fault(Self.answer()) == nil)
    let other = Self.bytes(70).replacingOccurrences(of: "+", with: "-")
      .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    #expect(try fault(Self.answer(signatureData: other)) == nil)
  }

  @Test(
    "that was signed for another purpose, challenge or origin is refused before it is sent",
    arguments: [
      (client(type: "webauthn.create"), "type"), (client(challenge: "AAAA"), "challenge"),
      (client(origin: "https://issuer.example.evil"), "origin"),
      (client(origin: "http://issuer.example"), "origin"),
    ])
  func signedForAnother(clientData: String, member: String) throws {
    #expect(
      try fault(Self.answer(clientData: clientData))
        == .invalid(
          field: "credentials.clientData",
          why: "has another \(member) than the one asked for"))
  }

  @Test("that is no base64, no JSON or too short is refused, naming the field")
  func malformed() throws {
    #expect(
      try fault(Self.answer(clientData: "e30?"))
        == .invalid(field: "credentials.clientData", why: "must be base64"))
    #expect(
      try fault(Self.answer(clientData: Self.bytes(9)))
        == .invalid(field: "credentials.clientData", why: "must be JSON in base64"))
    #expect(
      try fault(Self.answer(authenticatorData: Self.bytes(36)))
        == .invalid(
          field: "credentials.authenticatorData",
          why: "must hold the authenticator's 37 bytes at least"))
    #expect(
      try fault(Self.answer(signatureData: ""))
        == .invalid(field: "credentials.signatureData", why: "must be base64"))
  }

  @Test("that is longer than any authenticator's is refused, naming the field and the limit")
  func oversize() throws {
    #expect(
      try fault(Self.answer(signatureData: Self.bytes(4097)))
        == .invalid(field: "credentials.signatureData", why: "must be 4096 bytes at most"))
    #expect(
      try fault(Self.answer(authenticatorData: Self.bytes(16_385)))
        == .invalid(field: "credentials.authenticatorData", why: "must be 16384 bytes at most"))
    #expect(
      try fault(
        Self.answer(clientData: Self.client(challenge: String(repeating: "A", count: 8192))))
        == .invalid(field: "credentials.clientData", why: "must be 8192 bytes at most"))
  }

  @Test("to set a key up must be an attestation object that was made as asked")
  func attestations() throws {
    let activation: JSONObject = ["activationData": ["challenge": "X6GLEsXc"]]
    func fault(_ clientData: String, _ attestation: String) throws -> AnswerFault? {
      let response = try challenge(activation, Self.enroll, form: "enroll-authenticator")
      let transaction = try Stage.showing(response).transaction
      do throws(AnswerFault) {
        try transaction.check(
          "enroll-authenticator",
          [
            "credentials.clientData": .value(.string(clientData)),
            "credentials.attestation": .value(.string(attestation)),
          ])
        return nil
      } catch {
        return error
      }
    }
    let made = Self.client(type: "webauthn.create")
    let object = Data([0xA3, 1, 2]).base64EncodedString()
    #expect(try fault(made, object) == nil)
    #expect(
      try fault(Self.client(), object)
        == .invalid(
          field: "credentials.clientData", why: "has another type than the one asked for"))
    #expect(
      try fault(made, Self.bytes(40))
        == .invalid(
          field: "credentials.attestation", why: "must be an attestation object in base64"))
  }

  @Test("is checked as such only where it is one: RSA's clientData is a name")
  func otherForms() throws {
    let response = try Engine.answer(
      Engine.form(
        "enroll-authenticator",
        [
          "name": "credentials",
          "form": ["value": [["name": "clientData", "value": "ann"], ["name": "passcode"]]],
        ]))
    let transaction = try Stage.showing(response).transaction
    #expect(throws: Never.self) {
      try transaction.check(
        "enroll-authenticator", ["credentials.clientData": .value("ann")])
    }
  }
}
