// Ann, as far as a program can be her: she looks at the first form of a page that leads on, and does
// what it asks. She knows what a person knows, and plays the phone, the browser and the key.

import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import IdentityEngineSimulator

/// A walk through a scenario to its end.
struct Walker {
  enum Ending: Equatable {
    case tokens
    /// It ended with this message.
    case said(String)
    /// The browser came to a page that leads nowhere.
    case deadEnd
    /// Nothing that she can answer.
    case stuck([String])
  }

  var visitor: Visitor
  /// What the last walk saw, by remediation.
  private(set) var seen: [String] = []
  /// Every page of it.
  private(set) var pages: [WireValue] = []
  private var handle = ""
  private var key: SoftwareAuthenticator
  private var isNew = true
  private var spoken = 0

  init(_ scenario: String) throws {
    visitor = try Visitor(scenario)
    let enrolled = !visitor.organisation.members[0].person.passkeys.isEmpty
    key = try enrolled ? .ann() : .fresh()
  }

  /// Signs in, or does what the scenario is named after.
  mutating func walk(_ changes: [String: String] = [:]) throws -> Ending {
    seen = []
    isNew = true
    handle = try visitor.begin(changes)
    for _ in 0..<40 {
      let missed = Need.everywhere.filter { !$0.isMet(by: visitor.page) }
      #expect(missed.isEmpty, "\(visitor.names)")
      #expect(visitor.repeatsItself, "\(visitor.names)")
      pages.append(visitor.page)
      if visitor.code != nil { return .tokens }
      guard let name = choice else {
        return .said(visitor.topKeys.first ?? "nothing")
      }
      seen.append(name)
      if let end = try step(name) { return end }
    }
    return .stuck(visitor.names)
  }

  private var scenario: String { visitor.organisation.scenario.name }

  /// The form that she takes.
  private var choice: String? {
    let names = visitor.names
    if isNew {
      let wanted =
        scenario.hasPrefix("registration") || scenario == "activation-expired"
        ? "select-enroll-profile" : scenario.hasPrefix("unlock") ? "unlock-account" : ""
      if names.contains(wanted) { return wanted }
      if scenario.hasPrefix("passkey-"), let passkey = names.first(where: isPasskeyForm) {
        return passkey
      }
    }
    // What only an administrator can set up is left out.
    if visitor.status >= 400 && names.contains("skip") { return "skip" }
    if names.contains("cancel-transaction") { return "cancel-transaction" }
    return names.first
  }

  private func isPasskeyForm(_ name: String) -> Bool {
    name.hasPrefix("launch-") && name != "launch-authenticator" || name.contains("autofillui")
  }

  // MARK: One step

  private mutating func step(_ name: String) throws -> Ending? {
    defer { isNew = isNew && name != "select-enroll-profile" && name != "unlock-account" }
    let form = try #require(visitor.remediation(name))
    if form["rel"] == nil { return try browse(form) }
    switch name {
    case "identify", "identify-recovery":
      isNew = false
      return try identify(form)
    case "select-authenticator-authenticate", "select-authenticator-unlock-account",
      "select-authenticator-enroll":
      try visitor.answer(name, filled(form))
    case "challenge-poll", "device-challenge-poll", "enroll-poll":
      try decide()
      try visitor.answer(name)
    case "challenge-authenticator": try prove()
    case "enroll-authenticator", "enroll-authenticator-promotion": try setUp(name, form)
    case let name where isPasskeyForm(name) && name != "launch-webauthn-authenticator":
      try visitor.proveWith(&key, in: name, userHandle: visitor.organisation.members[0].identifier)
    default:
      try visitor.answer(name, filled(form))
    }
    if visitor.status >= 400, visitor.page["remediation"] != nil,
      seen.suffix(3) == [name, name, name]
    {
      return .stuck(visitor.names + visitor.topKeys)
    }
    return nil
  }

  private mutating func identify(_ form: WireValue) throws -> Ending? {
    if scenario.hasPrefix("recovery"), !seen.contains("recover"), visitor.current?["recover"] != nil
    {
      seen.append("recover")
      try visitor.act("recover")
      return nil
    }
    try visitor.answer(form["name"]?.text ?? "", filled(form))
    if scenario.hasPrefix("recovery"), !seen.contains("recover") {
      seen.append("recover")
      try visitor.act("recover")
    }
    return nil
  }

  /// Approves what waits on a phone or a machine, with the number that is shown.
  private mutating func decide() throws {
    let number = visitor.current?["contextualData"]?["correctAnswer"]?.text
    for waiting in visitor.organisation.phone where waiting.state == .waiting {
      visitor.organisation.decide(
        phoneRequest: waiting.number, approve: true, choosing: number)
    }
  }

  private mutating func prove() throws {
    var credentials = WireObject()
    let fields = visitor.remediation("challenge-authenticator")?["value"]?[0]?["form"]?["value"]
    for field in fields?.elements ?? [] {
      guard let name = field["name"]?.text else { continue }
      if let value = field["value"] {
        credentials[name] = value
      } else if name == "clientData" {
        try visitor.proveWith(&key)
        return
      } else {
        credentials[name] = .string(try secret(name))
      }
    }
    try visitor.answer(
      "challenge-authenticator", WireObject([("credentials", .object(credentials))]))
  }

  private mutating func secret(_ field: String) throws -> String {
    let member = visitor.organisation.members[0]
    let authenticator = visitor.current?["key"]?.text ?? ""
    switch authenticator {
    case "okta_password": return member.person.password
    case "security_question": return member.person.question?.answer ?? ""
    case "google_otp", "okta_verify":
      visitor.now += 60
      let kind: AuthenticatorKey = authenticator == "google_otp" ? .googleOTP : .oktaVerify
      return member.timeBasedCode(of: kind)?.code(at: visitor.now) ?? ""
    case "okta_email", "phone_number": return visitor.lastCode
    case "duo":
      try decide()
      return visitor.organisation.phone.last?.response ?? ""
    default:
      let passcodes = (member.person.passcodes[authenticator] ?? "").split(separator: " ")
      defer { spoken += 1 }
      return passcodes.isEmpty ? "" : String(passcodes[min(spoken, passcodes.count - 1)])
    }
  }

  // MARK: Setting up

  private mutating func setUp(_ name: String, _ form: WireValue) throws {
    let current = visitor.page["currentAuthenticator"]?["value"]
    if visitor.activation != nil {
      try visitor.setUp(key)
      return
    }
    var body = filled(form)
    var credentials = body["credentials"]?.members ?? WireObject()
    switch current?["key"]?.text {
    case "okta_password": credentials["passcode"] = .string(Visitor.newPassword)
    case "google_otp":
      let secret = try #require(current?["contextualData"]?["sharedSecret"]?.text)
      let codes = try #require(TimeBasedCode(base32: secret))
      credentials["passcode"] = .string(codes.code(at: visitor.now))
    case "security_question":
      credentials = WireObject([("questionKey", "favorite_toy"), ("answer", "a bear")])
    case "duo":
      try decide()
      credentials["signatureData"] = .string(visitor.organisation.phone.last?.response ?? "")
    case "okta_email", "phone_number": credentials["passcode"] = .string(visitor.lastCode)
    case "yubikey_token": credentials["passcode"] = .string(String(repeating: "c", count: 44))
    default:
      credentials["passcode"] = "123456"
      if credentials["nextPasscode"] != nil { credentials["nextPasscode"] = "654321" }
    }
    body["credentials"] = .object(credentials)
    try visitor.answer(name, body)
  }

  // MARK: Forms

  /// The fields as they are preset, and what she says where nothing is.
  private func filled(_ form: WireValue) -> WireObject {
    var body = WireObject()
    for field in form["value"]?.elements ?? [] {
      guard let name = field["name"]?.text, let value = answer(to: field) else { continue }
      if name == "userProfile", let old = body[name]?.members, let new = value.members {
        body[name] = .object(WireObject(old.members + new.members))
      } else {
        body[name] = value
      }
    }
    return body
  }

  private func answer(to field: WireValue) -> WireValue? {
    if let nested = field["form"] ?? field["value"]?["form"] { return .object(filled(nested)) }
    if let value = field["value"] { return value }
    if let option = field["options"]?[0] {
      if let form = option["value"]?["form"] { return .object(filled(form)) }
      if let display = option["value"]?["value"]?["options"]?[0] { return display["value"] }
      return option["value"]
    }
    switch (field["name"]?.text, field["type"]?.text) {
    case (_, "boolean"?): return true
    case (_, "integer"?), (_, "number"?): return 40
    case ("identifier", _): return "ann@example.com"
    case ("email", _), ("login", _): return "new@example.com"
    case ("phoneNumber", _): return "+15551234567"
    case ("captchaToken", _): return .string(Captcha.solution)
    case ("userCode", _): return "abcdxywz"
    case ("phrase", _): return .string(UnknownStep.phrase)
    case ("passcode", _):
      let isNew = seen.last.map { $0.hasPrefix("re") || $0.hasPrefix("enroll") } ?? false
      return .string(isNew ? Visitor.newPassword : Visitor.password)
    case ("autoChallenge", _): return false
    default: return field["required"] == true ? "something" : nil
    }
  }

  // MARK: Browsers

  private mutating func browse(_ form: WireValue) throws -> Ending? {
    let href = try #require(form["href"]?.text)
    var target = String(href.dropFirst(visitor.organisation.origin.count))
    var page = visitor.send(.get, target)
    if page.status == 302 {
      target = String(
        try #require(page.headers[.location]).dropFirst(visitor.organisation.origin.count))
      page = visitor.send(.get, target)
    }
    guard page.status == 200 else { return .deadEnd }
    let parts = target.split(separator: "?")
    let token = try #require(parts.last?.split(separator: "=").last)
    let answer = visitor.form(
      String(parts[0]), ["stateToken": String(token), "decision": "approve"])
    let query = try #require(answer.headers[.location]?.split(separator: "?").last)
    if FormBody(String(query))["interaction_code"] != nil { return .tokens }
    try visitor.idx("/idp/idx/introspect", ["interactionHandle": .string(handle)])
    return nil
  }
}
