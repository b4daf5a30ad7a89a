// What a program answers for a security key, looked at before it is sent: an answer that the engine
// must refuse costs an attempt, and one that was signed for somebody else must not leave the house.
//
// The signature and the relying party's hash are the engine's to check.

internal import IdentityEngine
internal import JSON
public import Prompts
internal import Secrets

extension Transaction {
  /// Checks the values of a form that `Form.validate` has accepted, where more is known of them
  /// than the form says.
  ///
  /// - Throws: `AnswerFault.invalid`, naming the field.
  public func check(
    _ form: String, _ values: [String: AnsweredValue]
  ) throws(AnswerFault) {
    guard let content = openStep?.content, let webauthn = content.context["webauthn"],
      let fields = content.form(form)?.fields,
      fields.contains(where: { $0.name == Self.clientData && $0.isComputed })
    else { return }
    let isVerifying = fields.contains { $0.name == Self.authenticatorData }
    let asked = webauthn[isVerifying ? "challengeData" : "activationData"]
    for name in [Self.authenticatorData, Self.signatureData, Self.attestation] {
      guard let bytes = try Self.bytes(name, values) else { continue }
      if name == Self.authenticatorData, bytes.count < 37 {
        throw .invalid(field: name, why: "must hold the authenticator's 37 bytes at least")
      }
      // CBOR's major type 5 (RFC 8949 §3.1).
      if name == Self.attestation, bytes.first.map({ $0 >> 5 }) != 5 {
        throw .invalid(field: name, why: "must be an attestation object in base64")
      }
    }
    guard let bytes = try Self.bytes(Self.clientData, values) else { return }
    guard let signed = try? JSONParser.parse(bytes, rules: .tolerant) else {
      throw .invalid(field: Self.clientData, why: "must be JSON in base64")
    }
    try Self.expect(
      signed["type"] == (isVerifying ? "webauthn.get" : "webauthn.create"), "type")
    try Self.expect(
      Self.isSame(signed["challenge"]?.string, asked?["challenge"]?.string), "challenge")
    try Self.expect(signed["origin"]?.string == origin, "origin")
  }

  private static let clientData = "credentials.clientData"
  private static let authenticatorData = "credentials.authenticatorData"
  private static let signatureData = "credentials.signatureData"
  private static let attestation = "credentials.attestation"

  /// The most bytes of each that any authenticator makes: client data of a browser, authenticator data
  /// with extensions, an RSA signature, an attestation with a chain of certificates.
  private static let limits = [
    clientData: 8 << 10, authenticatorData: 16 << 10, signatureData: 4 << 10, attestation: 64 << 10,
  ]

  /// The bytes that a field spells; `nil` where it was left out.
  private static func bytes(
    _ name: String, _ values: [String: AnsweredValue]
  ) throws(AnswerFault) -> [UInt8]? {
    guard case .value(let value) = values[name], let text = value.string else { return nil }
    guard let bytes = Base64URL.decode(text), !bytes.isEmpty else {
      throw .invalid(field: name, why: "must be base64")
    }
    if let limit = limits[name], bytes.count > limit {
      throw .invalid(field: name, why: "must be \(limit) bytes at most")
    }
    return bytes
  }

  private static func expect(_ isTrue: Bool, _ member: String) throws(AnswerFault) {
    guard !isTrue else { return }
    throw .invalid(field: clientData, why: "has another \(member) than the one asked for")
  }

  /// Whether two challenges are the same bytes, whichever alphabet they are in.
  private static func isSame(_ one: String?, _ other: String?) -> Bool {
    guard let one, let other else { return false }
    if one == other { return true }
    guard let left = Base64URL.decode(one), let right = Base64URL.decode(other) else {
      return false
    }
    return left == right
  }
}
