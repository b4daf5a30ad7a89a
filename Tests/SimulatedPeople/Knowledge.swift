// What a person would fill in, form by form, by what each field asks for: the right thing as far as
// anybody can know it, or something false that looks like it. What somebody knows is here; how they go
// about it is theirs (`Habits`). It is the same whether a program asks them over the socket or the flow
// asks them in this process.

import Foundation
import IdentityEngineSimulator
import JSON
import Prompts
import TestSupport

/// How somebody fills in forms, whatever they know.
public protocol Habits {
  /// Whether a field is filled in that may be left out.
  mutating func fills(_ field: Field) -> Bool
  /// The choices of a field in the order in which they are tried.
  mutating func ranked(_ choices: [Choice], of field: Field, in form: Form) -> [Choice]
  /// This one was taken.
  mutating func took(_ choice: Choice, of field: Field, in form: Form)
  /// Whether a choice with nothing to fill in is given by its id alone.
  mutating func isBrief() -> Bool
}

/// Answers to forms.
public struct Knowledge {
  /// What everybody gives who is asked for a telephone.
  public static let phoneNumber = "+15551234709"
  /// What a YubiKey types.
  public static let yubiKey = "cccccccfhcbelrhifitrrddvrrvbvkhtrgjnbgnhdbiv"

  private let outside: Outside
  private let people: [Person]
  /// Who signs in.
  public let who: String
  /// Seconds until there is another code in an app: the one of now was given already.
  public private(set) var secondsToNextCode: Double?
  private var passwords: [String: String]
  private var passcodes: [String: String] = [:]
  private var codesGiven: Set<String> = []
  private var registrations = 0
  private var passwordsMade = 0
  private var keys: [SoftwareAuthenticator]
  private var signed: [String: Data] = [:]

  /// What `who` knows, one of these people or a stranger.
  public init(_ people: [Person], _ outside: Outside, who: String) throws {
    self.outside = outside
    self.who = who
    self.people = people
    passwords = Dictionary(people.map { ($0.identifier, $0.password) }) { first, _ in first }
    keys = [try .ann()]
  }

  /// Whom the prompt is about.
  public func person(_ content: Prompt.Content) -> String {
    content.user?["identifier"]?.string ?? who
  }

  /// Something typed for every field that is needed, and for some of the others.
  ///
  /// - Parameters:
  ///   - right: whether it is what they know, rather than something false.
  ///   - agreeing: what they say where it is yes or no.
  /// - Returns: `nil` where a value is needed that cannot be known yet.
  public mutating func fields(
    of form: Form, in content: Prompt.Content, by habits: inout some Habits, right: Bool = true,
    agreeing: Bool = true
  ) throws -> JSONObject? {
    secondsToNextCode = nil
    let names = Set(form.fields.map(\.name))
    signed = [:]
    if names.contains("credentials.authenticatorData") { try assert(content) }
    if names.contains("credentials.attestation") { try attest(content) }
    if form.fields.contains(where: { $0.name == "userProfile.email" }) { registrations += 1 }
    return try fields(
      form.fields, Asked(form: form, content: content, right: right, agreeing: agreeing), &habits)
  }

  private struct Asked {
    var form: Form
    var content: Prompt.Content
    var right: Bool
    var agreeing: Bool

    /// Whether the form sets something up, rather than asks for it.
    var sets: Bool {
      ["enroll-", "reset-", "reenroll-"].contains { form.remediation.hasPrefix($0) }
    }
  }

  private mutating func fields(
    _ fields: [Field], _ asked: Asked, _ habits: inout some Habits
  ) throws -> JSONObject? {
    var values = JSONObject()
    for field in fields where field.name != "callback_url" {
      let isNeeded = field.isRequired && field.value == nil
      guard isNeeded || !field.isComputed && habits.fills(field) else { continue }
      guard let value = try value(field, asked, &habits) else {
        if isNeeded { return nil }
        continue
      }
      values[field.name] = value
    }
    return values
  }

  private mutating func value(
    _ field: Field, _ asked: Asked, _ habits: inout some Habits
  ) throws -> JSONValue? {
    switch field.kind {
    case .boolean: .bool(asked.agreeing)
    case .integer: asked.right ? 40 : 2
    case .choice: try choice(field, asked, &habits)
    case .string: try text(field, asked).map { .string(fitting($0, field)) }
    }
  }

  private mutating func choice(
    _ field: Field, _ asked: Asked, _ habits: inout some Habits
  ) throws -> JSONValue? {
    var choices = habits.ranked(field.choices, of: field, in: asked.form)
    if let answer = choices.firstIndex(where: { $0.id == String(asked.agreeing) }) {
      choices.swapAt(choices.startIndex, answer)
    }
    for choice in choices {
      guard let nested = try fields(choice.fields, asked, &habits) else { continue }
      habits.took(choice, of: field, in: asked.form)
      return nested.isEmpty && habits.isBrief()
        ? .string(choice.id) : ["id": .string(choice.id), "fields": .object(nested)]
    }
    return nil
  }

  private func fitting(_ text: String, _ field: Field) -> String {
    var text = text
    while text.unicodeScalars.count < max(field.minimumLength ?? 0, field.isRequired ? 1 : 0) {
      text += "x"
    }
    if let maximum = field.maximumLength, maximum > 0 { text = String(text.prefix(maximum)) }
    return text
  }

  // MARK: Text

  private mutating func text(_ field: Field, _ asked: Asked) throws -> String? {
    let name = field.name.split(separator: ".").last.map { String($0) } ?? ""
    if let data = signed[name] {
      return (asked.right || name == "clientData" ? data : Self.spoilt(data)).base64EncodedString()
    }
    let known = try known(name, field, asked)
    guard !asked.right else { return known }
    switch name {
    case "identifier": return "nobody@example.com"
    case "phoneNumber": return "12"
    case "email", "secondEmail": return "nowhere"
    case "answer": return "<no>"
    case "passcode" where asked.sets: return "1"
    case "passcode", "totp", "nextPasscode": return "000000"
    default: return "no"
    }
  }

  private mutating func known(_ name: String, _ field: Field, _ asked: Asked) throws -> String? {
    switch name {
    case "identifier": return who
    case "passcode", "totp": return try passcode(asked)
    case "nextPasscode": return "182845"
    case "credentialId": return "VSMT12345678"
    case "answer": return asked.sets ? "okra stew" : answer(person(asked.content))
    case "question": return "What is my boat called?"
    case "phoneNumber": return Self.phoneNumber
    case "userCode": return "ABCD-XYWZ"
    case "firstName": return "Cleo"
    case "lastName": return "Example"
    case "email", "secondEmail": return newcomer
    case "captchaToken": return "solved:capsimulated0000000"
    case "transports": return #"["usb"]"#
    case "clientExtensions": return "{}"
    case "signatureData": return try outside.duo(of: person(asked.content))
    case "attestation", "authenticatorData": return nil
    case "phrase": return "blue heron"
    default: return field.isComputed ? nil : "blue"
    }
  }

  private func answer(_ person: String) -> String {
    passcodes["security_question"]
      ?? people.first { $0.identifier == person }?.question?.answer ?? "okra stew"
  }

  private mutating func passcode(_ asked: Asked) throws -> String? {
    let about = asked.form.authenticator ?? asked.content.authenticator
    let person = person(asked.content)
    let key = about?.key ?? "okta_password"
    if asked.sets { return try newPasscode(key, person, asked) }
    switch key {
    case "okta_password": return passwords[person] ?? "a password that nobody has"
    case "okta_email", "phone_number": return try outside.newestCode(of: person)
    case "google_otp": return try codeOfTheMoment("totp", person)
    case "okta_verify": return try codeOfTheMoment("okta_verify", person)
    case "security_question": return answer(person)
    default: return tokensPasscode(key, person, asked)
    }
  }

  /// What is set up counts from now on; where it is refused it will be asked for again.
  private mutating func newPasscode(
    _ key: String, _ person: String, _ asked: Asked
  ) throws -> String? {
    switch key {
    case "okta_password":
      passwordsMade += 1
      let password = "Tired-mountain-\(passwordsMade)-lamp"
      let isRegistering = asked.content.user?["identifier"] == nil
      if asked.right { passwords[isRegistering ? newcomer : person] = password }
      return password
    case "okta_email", "phone_number": return try outside.newestCode(of: person)
    case "google_otp":
      let secret = asked.content.context["shared_secret"]?.string
      return secret.flatMap { TimeBasedCode(base32: $0) }?.code(at: outside.now())
    case "security_question": return "okra stew"
    default:
      let passcode =
        switch key {
        case "yubikey_token": Self.yubiKey
        case "symantec_vip": "314159"
        default: "271828"
        }
      if asked.right { passcodes[key] = passcode }
      return passcode
    }
  }

  /// Who is made by the registration form that was filled in last.
  private var newcomer: String { "cleo\(registrations)@example.com" }

  /// None is right twice: then there is nothing to type before the next one is there.
  private mutating func codeOfTheMoment(_ app: String, _ person: String) throws -> String? {
    guard let code = try outside.code(app, of: person) else { return "123456" }
    guard codesGiven.insert(app + person + code).inserted else {
      secondsToNextCode = 30
      return nil
    }
    return code
  }

  /// The passcode of a token of another maker; its second one where that is what is asked for.
  private func tokensPasscode(_ key: String, _ person: String, _ asked: Asked) -> String? {
    let text = passcodes[key] ?? people.first { $0.identifier == person }?.passcodes[key]
    let known = (text ?? "999999").split(separator: " ").map { String($0) }
    return Self.isHalfAnswered(asked.form, asked.content) ? known.last : known.first
  }

  /// Whether a form asks for a token's next passcode, after the first.
  public static func isHalfAnswered(_ form: Form, _ content: Prompt.Content) -> Bool {
    let words = content.messages + form.fields.flatMap(\.messages)
    return form.remediation == "challenge-authenticator"
      && words.contains { $0.key == "errors.E0000113" }
  }

  // MARK: Security keys

  private mutating func assert(_ content: Prompt.Content) throws {
    guard let asked = content.context["webauthn"], let origin = asked["origin"]?.string,
      let challenge = asked["challengeData"]?["challenge"]?.string,
      let relyingParty = asked["rpId"]?.string
    else { throw Trouble("a security key is asked for, and there is no challenge") }
    let allowed = (asked["allowCredentials"]?.array ?? []).compactMap { $0["id"]?.string }
    let place = keys.lastIndex { allowed.contains($0.identifier) } ?? 0
    let made = try keys[place].assert(
      challenge: challenge, origin: origin, relyingParty: relyingParty)
    signed = [
      "clientData": made.clientData, "authenticatorData": made.authenticatorData,
      "signatureData": made.signatureData,
    ]
  }

  private mutating func attest(_ content: Prompt.Content) throws {
    guard let asked = content.context["webauthn"], let origin = asked["origin"]?.string,
      let challenge = asked["activationData"]?["challenge"]?.string,
      let relyingParty = asked["rpId"]?.string
    else { throw Trouble("a security key is to be set up, and there is no challenge") }
    let number = UInt8(truncatingIfNeeded: keys.count + 20)
    let key = try SoftwareAuthenticator(
      identifier: "bmV3LWtle" + String(UnicodeScalar(UInt8(ascii: "A") + number % 26)) + "Q",
      privateKey: Array(repeating: number, count: 32))
    let made = try key.create(challenge: challenge, origin: origin, relyingParty: relyingParty)
    keys.append(key)
    signed = ["clientData": made.clientData, "attestation": made.attestation]
  }

  private static func spoilt(_ data: Data) -> Data {
    var data = data
    if let last = data.popLast() { data.append(last ^ 1) }
    return data
  }
}
