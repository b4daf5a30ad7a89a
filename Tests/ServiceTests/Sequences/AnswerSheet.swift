// What a person would fill in, made up from the form alone; where it is a choice, the one that the
// recorded answer shows to have been taken.

import Foundation
import JSON
import Prompts

/// Fills in forms on the way to a known answer.
struct AnswerSheet {
  /// What the recording answers to this form; it tells which authenticator was chosen.
  var next: RecordedAnswer
  /// What a security key is asked for, and by whom.
  var webauthn: JSONValue?

  func fields(_ fields: [Field]) -> JSONObject {
    var answer = JSONObject()
    for field in fields {
      // What the server has filled in counts; what is optional is left out.
      guard field.isRequired || field.name.contains("credentials"), field.value == nil else {
        continue
      }
      answer[field.name] = value(field)
    }
    return answer
  }

  private func value(_ field: Field) -> JSONValue {
    switch field.kind {
    case .boolean: true
    case .integer: 1
    case .string: .string(text(field))
    case .choice: choice(field)
    }
  }

  private func text(_ field: Field) -> String {
    let name = field.name.lowercased()
    var text =
      if name.contains("email") || name.contains("identifier") {
        "ann@example.com"
      } else if name.contains("phone") {
        "+15555550100"
      } else if field.isComputed {
        computed(name)
      } else if field.isSecret {
        "Correct-Horse-7"
      } else {
        "123456"
      }
    while text.unicodeScalars.count < field.minimumLength ?? 0 { text += "x" }
    if let maximum = field.maximumLength, maximum > 0 { text = String(text.prefix(maximum)) }
    return text
  }

  /// As an authenticator gives it, as far as a client can tell; nobody here checks signatures.
  private func computed(_ name: String) -> String {
    // An attestation object is a map in CBOR (WebAuthn §6.5): the empty one.
    if name.hasSuffix("attestation") { return Data([0xA0]).base64EncodedString() }
    guard name.hasSuffix("clientdata") else { return Data(count: 37).base64EncodedString() }
    let asked = webauthn?["challengeData"] ?? webauthn?["activationData"]
    let signed: JSONValue = [
      "type": webauthn?["challengeData"] == nil ? "webauthn.create" : "webauthn.get",
      "challenge": asked?["challenge"] ?? "", "origin": webauthn?["origin"] ?? "",
    ]
    return Data(JSONWriter.bytes(signed)).base64EncodedString()
  }

  private func choice(_ field: Field) -> JSONValue {
    guard let choice = field.choices.first(where: isTaken) ?? field.choices.first else { return "" }
    let nested = fields(choice.fields)
    guard !nested.isEmpty else { return .string(choice.id) }
    return ["id": .string(choice.id), "fields": .object(nested)]
  }

  private func isTaken(_ choice: Choice) -> Bool {
    let current = next.currentAuthenticator
    if let authenticator = choice.authenticator {
      if let key = authenticator.key { return key == current?["key"]?.string }
      return authenticator.type == current?["type"]?.string
    }
    let methods = current?["methods"]?.array?.compactMap { $0["type"]?.string } ?? []
    return methods.contains(choice.id)
      || current?["contextualData"]?["selectedChannel"]?.string == choice.id
  }
}
