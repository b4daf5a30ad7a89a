// Signed texts that clients send: assertions and proofs of possession. Read and checked here from
// the RFCs alone, with nothing of the client's that is tested against it.

import Crypto
import CryptoExtras
import FoundationEssentials

/// A JWT in compact serialization (RFC 7515 §7.1), not believed yet.
struct ReceivedJWT {
  let header: WireObject
  let claims: WireObject
  private let signed: Data
  private let signature: Data

  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]),
      let signature = bytes(base64URL: parts[2])
    else { return nil }
    self.header = header
    self.claims = claims
    self.signature = signature
    signed = Data((parts[0] + "." + parts[1]).utf8)
  }

  /// `alg`.
  var algorithm: String { header["alg"]?.text ?? "" }

  /// Whether the signature is that key's, by the algorithm of the header.
  func isSigned(by key: RegisteredKey) -> Bool {
    guard key.alg == nil || key.alg == algorithm else { return false }
    switch (key.kty, algorithm) {
    case ("RSA", "RS256"):
      guard let n = key.n.flatMap({ bytes(base64URL: $0) }),
        let e = key.e.flatMap({ bytes(base64URL: $0) }),
        let rsa = try? _RSA.Signing.PublicKey(n: n, e: e)
      else { return false }
      return rsa.isValidSignature(
        _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: signed),
        padding: .insecurePKCS1v1_5)
    case ("EC", "ES256"):
      guard key.crv == "P-256", let x = key.x.flatMap({ bytes(base64URL: $0) }),
        let y = key.y.flatMap({ bytes(base64URL: $0) }), x.count == 32, y.count == 32,
        let ec = try? P256.Signing.PublicKey(rawRepresentation: x + y),
        let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
      else { return false }
      return ec.isValidSignature(signature, for: signed)
    default:
      return false
    }
  }

  /// Whether it is an HMAC with this secret (RFC 7518 §3.2).
  func isSigned(with secret: String) -> Bool {
    algorithm == "HS256"
      && HMAC<SHA256>.isValidAuthenticationCode(
        signature, authenticating: signed, using: SymmetricKey(data: Data(secret.utf8)))
  }

  private static func object(_ text: Substring) -> WireObject? {
    bytes(base64URL: text).flatMap { WireValue.parse($0) }?.members
  }
}

/// The bytes of a base64url text without padding (RFC 7515 §2).
func bytes(base64URL text: some StringProtocol) -> Data? {
  guard !text.contains(where: { "+/=".contains($0) }) else { return nil }
  let plain = text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
  return Data(
    base64Encoded: String(plain) + String(repeating: "=", count: (4 - plain.count % 4) % 4))
}

/// A public key as a client registers it (RFC 7517), or shows it in a proof.
public struct RegisteredKey: Codable, Sendable, Equatable {
  /// `RSA` or `EC`.
  public var kty: String
  /// Its name.
  public var kid: String?
  /// The one algorithm it is for.
  public var alg: String?
  /// The modulus of an RSA key.
  public var n: String?
  /// The exponent of an RSA key.
  public var e: String?
  /// The curve of an EC key.
  public var crv: String?
  /// A coordinate of an EC key.
  public var x: String?
  /// The other one.
  public var y: String?

  /// A key on P-256.
  public static func p256(x: String, y: String, kid: String? = nil) -> RegisteredKey {
    RegisteredKey(kty: "EC", kid: kid, crv: "P-256", x: x, y: y)
  }

  /// The thumbprint (RFC 7638 §3): the hash of the members that make the key, in this order.
  var thumbprint: String {
    func quoted(_ text: String?) -> String { WireValue.string(text ?? "").jsonText }
    let text =
      kty == "RSA"
      ? "{\"e\":\(quoted(e)),\"kty\":\"RSA\",\"n\":\(quoted(n))}"
      : "{\"crv\":\(quoted(crv)),\"kty\":\(quoted(kty)),\"x\":\(quoted(x)),\"y\":\(quoted(y))}"
    return base64URL(Array(SHA256.hash(data: Data(text.utf8))))
  }
}

/// The keys of a client.
public struct RegisteredKeys: Codable, Sendable, Equatable {
  /// In any order.
  public var keys: [RegisteredKey]

  /// A set of keys.
  public init(_ keys: [RegisteredKey]) { self.keys = keys }
}
