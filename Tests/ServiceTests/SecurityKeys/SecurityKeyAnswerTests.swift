// A program on the socket answers for a security key. What was signed for something else never reaches
// the issuer: its challenge is still good afterwards, where one refused answer would have ended it.
// What only the issuer can know is wrong comes back in its words, with a new challenge.

import BrokerInterface
import Foundation
import JSON
import JSONRPC
import Prompts
import RemedyClient
import TestSupport
import Testing

@Suite("A security key through the broker")
struct SecurityKeyAnswerTests {
  /// A sign-in up to the challenge.
  private struct Challenge {
    let household: Household
    let person: Person
    let caller: Client
    let call: PendingCall<SessionLogin>
    var prompt: Prompt
    let form: String

    init(_ scenario: String, form: String = "challenge-authenticator") throws {
      household = try Household(scenario: scenario)
      person = try Person(household)
      (caller, call) = try household.beginLogin()
      let identify = try person.nextPrompt()
      let password = try person.step(identify, "identify", ["identifier": .string(Ann.name)])
      prompt = try person.step(
        password, "challenge-authenticator", ["credentials.passcode": .string(Ann.password)])
      if prompt.has("select-authenticator-enroll") {
        prompt = try person.step(
          prompt, "select-authenticator-enroll", ["authenticator": "webauthn"])
      }
      self.form = form
    }

    func member(_ name: String) throws -> String {
      let context = try #require(prompt.content.context["webauthn"])
      let data = context["challengeData"] ?? context["activationData"]
      return try #require((context[name] ?? data?[name])?.string)
    }

    func assertion(
      _ key: inout SoftwareAuthenticator, type: String = "webauthn.get", challenge: String? = nil,
      origin: String? = nil, party: String? = nil
    ) throws -> SoftwareAuthenticator.Assertion {
      try key.assert(
        challenge: challenge ?? member("challenge"), origin: origin ?? member("origin"),
        relyingParty: party ?? member("rpId"), type: type)
    }

    func attestation(
      _ key: SoftwareAuthenticator, challenge: String? = nil, party: String? = nil,
      type: String = "webauthn.create", statement: SoftwareAuthenticator.Statement = .own
    ) throws -> JSONObject {
      let made = try key.create(
        challenge: challenge ?? member("challenge"), origin: member("origin"),
        relyingParty: party ?? member("rpId"), type: type, statement: statement)
      return [
        "credentials.clientData": .string(made.clientData.base64EncodedString()),
        "credentials.attestation": .string(made.attestation.base64EncodedString()),
      ]
    }

    /// The broker's own refusal of an answer.
    func refusal(_ fields: JSONObject) -> RPCError? {
      household.failure(
        person.client, PromptAnswer.self,
        PromptAnswer.Params(prompt: prompt.id, answer: Answer(form: form, fields: fields)))
    }

    /// The same prompt with a new challenge, after an answer that the issuer refused.
    mutating func refusedByIssuer(_ fields: JSONObject) throws {
      let before = try member("challenge")
      prompt = try person.step(prompt, form, fields)
      #expect(try member("challenge") != before)
      #expect(prompt.words.contains { $0.contains("security key. Please try again") })
    }

    func succeed(_ fields: JSONObject) throws {
      #expect(try person.answer(prompt, form, fields).outcome == .completed)
      #expect(try household.finish(caller, call).session != nil)
    }
  }

  private func fields(
    _ assertion: SoftwareAuthenticator.Assertion, urlSafe: Bool = false
  ) -> JSONObject {
    func text(_ data: Data) -> JSONValue {
      let text = data.base64EncodedString()
      return .string(
        urlSafe
          ? text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "") : text
      )
    }
    return [
      "credentials.clientData": text(assertion.clientData),
      "credentials.authenticatorData": text(assertion.authenticatorData),
      "credentials.signatureData": text(assertion.signatureData),
    ]
  }

  @Test("signs in, in either alphabet of base64", arguments: [false, true])
  func signsIn(urlSafe: Bool) throws {
    let challenge = try Challenge("security-key")
    var key = try SoftwareAuthenticator.ann()
    try challenge.succeed(fields(challenge.assertion(&key), urlSafe: urlSafe))
  }

  @Test("what was signed for something else, or is nonsense, is never sent")
  func neverSent() throws {
    let challenge = try Challenge("security-key")
    var key = try SoftwareAuthenticator.ann()
    let good = fields(try challenge.assertion(&key))
    func changed(_ name: String, _ value: JSONValue?) -> JSONObject {
      var fields = good
      fields["credentials." + name] = value
      return fields
    }
    let bad: [(JSONObject, String)] = [
      (fields(try challenge.assertion(&key, type: "webauthn.create")), "clientData"),
      (fields(try challenge.assertion(&key, challenge: "AAAA")), "clientData"),
      (fields(try challenge.assertion(&key, origin: "https://127.0.0.1")), "clientData"),
      (fields(try challenge.assertion(&key, origin: "https://evil.example")), "clientData"),
      (changed("clientData", "e30="), "clientData"),
      (changed("clientData", "***"), "clientData"),
      (changed("signatureData", "a"), "signatureData"),
      (changed("signatureData", .string(String(repeating: "A", count: 8192))), "signatureData"),
      (changed("authenticatorData", "AAAA"), "authenticatorData"),
      (
        changed("authenticatorData", .string(String(repeating: "A", count: 30_000))),
        "authenticatorData"
      ),
      (changed("signatureData", nil), "signatureData"),
      (changed("userHandle", "me"), "userHandle"),
      (changed("signatureData", 7), "signatureData"),
    ]
    for (fields, member) in bad {
      let error = try #require(challenge.refusal(fields), "\(member)")
      #expect(error.code == -32602)
      #expect(error.message.contains("credentials.\(member)"), "\(error.message)")
    }
    // Nothing of all that has reached the issuer: its challenge is as good as before.
    try challenge.succeed(fields(challenge.assertion(&key)))
  }

  @Test("what only the issuer can check is refused by it, and asked again with a new challenge")
  func refusedByIssuer() throws {
    var challenge = try Challenge("passkey-verified")
    var key = try SoftwareAuthenticator.ann()
    key.count = 10
    try challenge.refusedByIssuer(fields(challenge.assertion(&key, party: "evil.example")))
    key.isTouched = false
    try challenge.refusedByIssuer(fields(challenge.assertion(&key)))
    key.isTouched = true
    key.verifiesUser = false
    try challenge.refusedByIssuer(fields(challenge.assertion(&key)))
    key.verifiesUser = true
    var other = try SoftwareAuthenticator(
      identifier: key.identifier, privateKey: Array(repeating: 8, count: 32))
    try challenge.refusedByIssuer(fields(challenge.assertion(&other)))
    try challenge.succeed(fields(challenge.assertion(&key)))
  }

  @Test("a counter that does not rise is a copied key")
  func copiedKey() throws {
    let first = try Challenge("security-key")
    var key = try SoftwareAuthenticator.ann()
    key.count = 5
    try first.succeed(fields(first.assertion(&key)))
    let (_, call) = try first.household.beginLogin(force: true)
    _ = call
    let person = try Person(first.household)
    let identify = try person.nextPrompt()
    let password = try person.step(identify, "identify", ["identifier": .string(Ann.name)])
    let prompt = try person.step(
      password, "challenge-authenticator", ["credentials.passcode": .string(Ann.password)])
    let context = try #require(prompt.content.context["webauthn"])
    key.count = 5
    let assertion = try key.assert(
      challenge: #require(context["challengeData"]?["challenge"]?.string),
      origin: #require(context["origin"]?.string), relyingParty: #require(context["rpId"]?.string))
    let next = try person.step(prompt, "challenge-authenticator", fields(assertion))
    #expect(next.words.contains { $0.contains("security key. Please try again") })
  }

  // MARK: Setting up

  private func newKey() throws -> SoftwareAuthenticator {
    try SoftwareAuthenticator(
      identifier: "bmV3LWtleQ", privateKey: Array(repeating: 3, count: 32))
  }

  @Test("a new key is set up, and what was made for something else is never sent")
  func setsUp() throws {
    let challenge = try Challenge("enroll-passkey", form: "enroll-authenticator")
    let key = try newKey()
    let good = try challenge.attestation(key)
    var noObject = good
    noObject["credentials.attestation"] = "AAAA"
    var nothing = good
    nothing["credentials.attestation"] = nil
    let bad: [(JSONObject, String)] = [
      (try challenge.attestation(key, type: "webauthn.get"), "clientData"),
      (try challenge.attestation(key, challenge: "AAAA"), "clientData"),
      (noObject, "attestation"), (nothing, "attestation"),
    ]
    for (fields, member) in bad {
      let error = try #require(challenge.refusal(fields), "\(member)")
      #expect(error.code == -32602)
      #expect(error.message.contains("credentials.\(member)"), "\(error.message)")
    }
    try challenge.succeed(good)
  }

  @Test("an attestation for another site is refused by the issuer, and asked again")
  func attestationRefused() throws {
    var challenge = try Challenge("enroll-passkey", form: "enroll-authenticator")
    let key = try newKey()
    try challenge.refusedByIssuer(challenge.attestation(key, party: "evil.example"))
    try challenge.succeed(challenge.attestation(key, statement: .none))
  }
}
