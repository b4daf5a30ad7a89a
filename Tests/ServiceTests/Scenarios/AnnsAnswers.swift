// What Ann would fill in, form by form, by what each field asks for: the same whether a program asks
// her over the socket or the flow asks her in this process.

import Foundation
import IdentityEngineSimulator
import JSON
import Prompts
import TestSupport

/// Answers to forms, right ones as far as anybody can know them.
struct AnnsAnswers {
  static let newPassword = "Tired-mountain-9-lamp"
  static let phoneNumber = "+15551234709"
  static let yubiKey = "cccccccfhcbelrhifitrrddvrrvbvkhtrgjnbgnhdbiv"

  let outside: Outside
  /// The time by the issuer's clock.
  var now: () -> Date = { Date() }
  /// Changes with each password that is set.
  private(set) var password = Ann.password
  /// Parts of ids or labels of the choices that are taken before all others.
  var preferences: [String] = []
  /// Choices that were taken, by form: each is taken once.
  private var taken: [String: Set<String>] = [:]
  private var passcodesGiven: [String: Int] = [:]
  private var key: SoftwareAuthenticator
  private var assertion: SoftwareAuthenticator.Assertion?
  private var attestation: SoftwareAuthenticator.Attestation?

  init(_ outside: Outside) throws {
    self.outside = outside
    key = try .ann()
  }

  /// The values of a form; `nil` where she does not know one that is needed.
  mutating func fields(of form: Form, in content: Prompt.Content) throws -> JSONObject? {
    let names = form.fields.map(\.name)
    assertion = names.contains("credentials.authenticatorData") ? try assert(content) : nil
    attestation = names.contains("credentials.attestation") ? try attest(content) : nil
    return try fields(form.fields, form, content)
  }

  private mutating func fields(
    _ fields: [Field], _ form: Form, _ content: Prompt.Content
  ) throws -> JSONObject? {
    var values = JSONObject()
    for field in fields where field.value == nil && (field.isRequired || isPreferred(field)) {
      guard let value = try value(field, form, content) else { return nil }
      values[field.name] = value
    }
    return values
  }

  private func isPreferred(_ field: Field) -> Bool {
    field.choices.contains { choice in preferences.contains { choice.id.contains($0) } }
  }

  private mutating func value(
    _ field: Field, _ form: Form, _ content: Prompt.Content
  ) throws -> JSONValue? {
    switch field.kind {
    case .boolean: true
    case .integer: 40
    case .choice: try choice(field, form, content)
    case .string: try text(field, form, content).map { .string($0) }
    }
  }

  private mutating func choice(
    _ field: Field, _ form: Form, _ content: Prompt.Content
  ) throws -> JSONValue? {
    let isSelection = form.remediation.hasPrefix("select-authenticator-enroll")
    let known = isSelection ? taken[form.remediation, default: []] : []
    func rank(_ choice: Choice) -> Int {
      preferences.firstIndex { choice.id.contains($0) || choice.label.contains($0) } ?? .max
    }
    let choices = field.choices.filter { !known.contains($0.id) }
      .enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
    for (_, choice) in choices {
      guard let nested = try fields(choice.fields, form, content) else { continue }
      taken[form.remediation, default: []].insert(choice.id)
      return nested.isEmpty
        ? .string(choice.id) : ["id": .string(choice.id), "fields": .object(nested)]
    }
    return nil
  }

  // MARK: Text

  private mutating func text(
    _ field: Field, _ form: Form, _ content: Prompt.Content
  ) throws -> String? {
    switch field.name.split(separator: ".").last.map({ String($0) }) ?? "" {
    case "identifier": Ann.name
    case "passcode", "totp": try passcode(form, content)
    case "nextPasscode": "182845"
    case "credentialId": "VSMT12345678"
    case "answer": Ann.answer
    case "question": "What is my boat called?"
    case "phoneNumber": Self.phoneNumber
    case "userCode": "ABCD-XYWZ"
    case "clientData":
      (assertion?.clientData ?? attestation?.clientData)?.base64EncodedString()
    case "transports": "[\"usb\"]"
    case "clientExtensions": "{}"
    case "attestation": attestation?.attestation.base64EncodedString()
    case "authenticatorData": assertion?.authenticatorData.base64EncodedString()
    case "signatureData" where content.context["signedToken"] != nil: try duo()
    case "signatureData": assertion?.signatureData.base64EncodedString()
    case "phrase": "blue heron"
    case "captchaToken": "solved:capsimulated0000000"
    case "firstName": "Cleo"
    case "lastName": "Example"
    case "email", "secondEmail": "cleo@example.com"
    default: field.isComputed ? nil : fitting("blue", field)
    }
  }

  private func fitting(_ text: String, _ field: Field) -> String {
    var text = text
    while text.unicodeScalars.count < field.minimumLength ?? 0 { text += "x" }
    if let maximum = field.maximumLength, maximum > 0 { text = String(text.prefix(maximum)) }
    return text
  }

  private mutating func passcode(_ form: Form, _ content: Prompt.Content) throws -> String? {
    let about = form.authenticator ?? content.authenticator
    let sets = ["enroll-", "reset-", "reenroll-"].contains { form.remediation.hasPrefix($0) }
    switch about?.key ?? "okta_password" {
    case "okta_password":
      if sets { password = Self.newPassword }
      return password
    case "okta_email", "phone_number":
      return try outside.newestCode()
    case "google_otp" where sets:
      let secret = content.context["shared_secret"]?.string
      return secret.flatMap { TimeBasedCode(base32: $0) }?.code(at: now())
    case "google_otp":
      return try outside.code(of: "totp")
    case "okta_verify":
      return try outside.code(of: "okta_verify")
    case "security_question":
      return Ann.answer
    case "yubikey_token" where sets:
      return Self.yubiKey
    case let key where sets:
      return key == "symantec_vip" ? "314159" : "271828"
    case let key:
      return nextPasscode(key)
    }
  }

  /// The passcodes of a token of another maker, one after the other.
  private mutating func nextPasscode(_ key: String) -> String? {
    let passcodes = (IdentityEngineSimulator.Person.ann.passcodes[key] ?? "")
      .split(separator: " ")
    guard !passcodes.isEmpty else { return nil }
    let place = passcodesGiven[key, default: 0]
    passcodesGiven[key] = place + 1
    return String(passcodes[place % passcodes.count])
  }

  /// What Duo's page gives back after she has approved there.
  private func duo() throws -> String? {
    try outside.approveAll()
    return try outside.newestResponse()
  }

  // MARK: The security key

  private mutating func assert(
    _ content: Prompt.Content
  ) throws -> SoftwareAuthenticator.Assertion? {
    guard let asked = content.context["webauthn"], let origin = asked["origin"]?.string,
      let challenge = asked["challengeData"]?["challenge"]?.string,
      let relyingParty = asked["rpId"]?.string
    else { return nil }
    return try key.assert(challenge: challenge, origin: origin, relyingParty: relyingParty)
  }

  private func attest(
    _ content: Prompt.Content
  ) throws -> SoftwareAuthenticator.Attestation? {
    guard let asked = content.context["webauthn"], let origin = asked["origin"]?.string,
      let challenge = asked["activationData"]?["challenge"]?.string,
      let relyingParty = asked["rpId"]?.string
    else { return nil }
    return try key.create(
      challenge: challenge, origin: origin, relyingParty: relyingParty)
  }
}
