// The public half of a security key, and what has to be right about an assertion that it makes
// (Web Authentication Level 2, §7.2): type, challenge, origin, relying party, presence, verification
// where it is required, a counter that rises, and the signature over all of it.

import Crypto
import FoundationEssentials

/// A registered credential.
public struct Passkey: Codable, Sendable, Equatable {
  /// The credential's id, base64url.
  public var identifier: String
  /// The P-256 point, uncompressed (65 bytes), base64url.
  public var publicKey: String
  /// What its owner calls it.
  public var name: String
  /// The ways in which it is reached.
  public var transports: [String]
  /// Whether it was registered with U2F, and so is under the organisation's address (`appid`) instead
  /// of its host.
  public var isU2F = false

  /// A credential.
  public init(identifier: String, publicKey: String, name: String, transports: [String] = ["usb"]) {
    self.identifier = identifier
    self.publicKey = publicKey
    self.name = name
    self.transports = transports
  }

  private enum CodingKeys: String, CodingKey {
    case name, transports
    case isU2F = "u2f"
    case identifier = "credential_id"
    case publicKey = "public_key"
  }

  /// Reads a credential; id and key are needed.
  public init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    identifier = try file.decode(String.self, forKey: .identifier)
    publicKey = try file.decode(String.self, forKey: .publicKey)
    name = try file.value(.name, or: "Security key")
    transports = try file.value(.transports, or: ["usb"])
    isU2F = try file.value(.isU2F, or: false)
  }
}

/// What an authenticator answered to a challenge.
struct Assertion: Sendable {
  var clientData: [UInt8]
  var authenticatorData: [UInt8]
  var signature: [UInt8]

  /// The values of a form; `nil` where one is no base64 in either alphabet.
  init?(_ submission: Submission) {
    guard let client = decodedBase64(submission.credential("clientData")),
      let data = decodedBase64(submission.credential("authenticatorData")),
      let signature = decodedBase64(submission.credential("signatureData"))
    else { return nil }
    clientData = client
    authenticatorData = data
    self.signature = signature
  }

  /// The counter, where this assertion is good in every respect; the counter itself must have
  /// risen, unless the authenticator has none.
  func verified(
    by passkey: Passkey, challenge: String, origin: String, relyingParty: String,
    requiresVerification: Bool, lastCount: UInt32
  ) -> UInt32? {
    guard authenticatorData.count >= 37, let client = WireValue.parse(clientData),
      client["type"] == "webauthn.get", client["challenge"]?.text == challenge,
      client["origin"]?.text == origin,
      Array(authenticatorData.prefix(32))
        == Array(SHA256.hash(data: Array(relyingParty.utf8)))
    else { return nil }
    let bytes = Array(authenticatorData.dropFirst(32).prefix(5))
    let flags = bytes.first ?? 0
    guard flags & 1 != 0, !requiresVerification || flags & 4 != 0 else { return nil }
    let count = bytes.dropFirst().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard (count == 0 && lastCount == 0) || count > lastCount else { return nil }
    guard let point = decodedBase64(passkey.publicKey),
      let key = try? P256.Signing.PublicKey(x963Representation: point),
      let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature),
      key.isValidSignature(
        signature, for: authenticatorData + Array(SHA256.hash(data: clientData)))
    else { return nil }
    return count
  }
}

/// The host of an origin, which is the relying party where nothing else is said.
func relyingPartyIdentifier(of origin: String) -> String {
  URL(string: origin)?.host() ?? ""
}
