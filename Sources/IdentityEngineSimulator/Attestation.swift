// What has to be right about a security key that is being set up (Web Authentication Level 2, §7.1):
// type, challenge, origin, relying party, presence, verification where it is required, a new
// credential with a key of a kind that was asked for, and a statement that fits it. Whose factory a
// key comes from is not looked into: the roots of the makers are not known here.

import Crypto
import FoundationEssentials

/// What an authenticator answered to the wish for a credential.
struct Attestation: Sendable {
  var clientData: [UInt8]
  var object: [UInt8]

  /// The values of a form; `nil` where one is no base64 in either alphabet.
  init?(_ submission: Submission) {
    guard let client = decodedBase64(submission.credential("clientData")),
      let object = decodedBase64(submission.credential("attestation"))
    else { return nil }
    clientData = client
    self.object = object
  }

  /// A credential that was made, with its counter.
  struct Credential: Sendable, Equatable {
    var identifier: String
    /// The P-256 point, uncompressed, base64url.
    var publicKey: String
    var count: UInt32
    var isVerified: Bool
  }

  /// The credential, where the answer is good in every respect.
  func verified(
    challenge: String, origin: String, relyingParty: String, requiresVerification: Bool
  ) -> Credential? {
    guard let client = WireValue.parse(clientData), client["type"] == "webauthn.create",
      client["challenge"]?.text == challenge, client["origin"]?.text == origin,
      let parsed = ConciseBinary.parse(object), case .text(let format)? = parsed["fmt"],
      let statement = parsed["attStmt"], let data = parsed["authData"]?.octets,
      let made = credential(in: data, of: relyingParty),
      !requiresVerification || made.isVerified,
      isFit(statement, format: format, data: data, key: made.publicKey)
    else { return nil }
    return made
  }

  /// The attested credential of authenticator data (§6.1, §6.5.1).
  private func credential(in data: [UInt8], of relyingParty: String) -> Credential? {
    guard data.count > 55,
      data.prefix(32).elementsEqual(SHA256.hash(data: Array(relyingParty.utf8)))
    else { return nil }
    let flags = data[32]
    // Somebody touched it, and there is a credential in it.
    guard flags & 1 != 0, flags & 0x40 != 0 else { return nil }
    let count = data[33..<37].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let length = Int(data[53]) << 8 | Int(data[54])
    guard (1...1023).contains(length), data.count > 55 + length,
      let (key, keyLength) = ConciseBinary.read(data[(55 + length)...]),
      let point = Attestation.point(key)
    else { return nil }
    // Behind the key there may be extensions, and nothing else.
    let end = 55 + length + keyLength
    let extensions = data[end...]
    guard flags & 0x80 != 0 ? ConciseBinary.parse(Array(extensions)) != nil : extensions.isEmpty
    else { return nil }
    return Credential(
      identifier: base64URL(Array(data[55..<(55 + length)])), publicKey: base64URL(point),
      count: count, isVerified: flags & 4 != 0)
  }

  /// The point of an ES256 key on P-256 (RFC 9053 §7.1.1).
  private static func point(_ key: ConciseBinary) -> [UInt8]? {
    guard key[1] == .integer(2), key[3] == .integer(-7), key[-1] == .integer(1),
      let x = key[-2]?.octets, let y = key[-3]?.octets, x.count == 32, y.count == 32
    else { return nil }
    let point = [4] + x + y
    return (try? P256.Signing.PublicKey(x963Representation: point)) == nil ? nil : point
  }

  /// Nothing, the key's own signature, or one by its maker, which is taken as it is.
  private func isFit(
    _ statement: ConciseBinary, format: String, data: [UInt8], key: String
  ) -> Bool {
    switch format {
    case "none":
      return statement == .map([])
    case "packed" where statement["x5c"] == nil:
      guard statement["alg"] == .integer(-7), let signature = statement["sig"]?.octets,
        let point = decodedBase64(key),
        let key = try? P256.Signing.PublicKey(x963Representation: point),
        let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature)
      else { return false }
      return key.isValidSignature(
        signature, for: data + Array(SHA256.hash(data: clientData)))
    case "packed", "fido-u2f":
      guard case .array(let certificates)? = statement["x5c"] else { return false }
      return !certificates.isEmpty && statement["sig"]?.octets != nil
    default:
      return false
    }
  }
}
