// A private key on the curve P-256, for ES256 (RFC 7518 §3.4). It lies as 32 guarded bytes, and is
// a key of the cryptographic library only while it signs.

internal import Crypto
internal import FoundationEssentials
internal import JSON
internal import Secrets

/// The scalar of a P-256 key, in guarded memory, with its public point.
struct EllipticKey: Sendable, Equatable {
  let scalar: Secret
  /// The affine coordinates, 32 bytes each.
  let x: [UInt8]
  let y: [UInt8]

  /// `nil` where these are not 32 bytes of a number that a key can be.
  init?(scalar: Secret) {
    guard let key = Self.key(scalar) else { return nil }
    self.scalar = scalar
    let point = [UInt8](key.publicKey.rawRepresentation)
    x = Array(point.prefix(32))
    y = Array(point.suffix(32))
  }

  /// The signature, as JOSE has it: both numbers, 32 bytes each.
  func signature(over signed: [UInt8]) -> [UInt8]? {
    guard let signature = try? Self.key(scalar)?.signature(for: signed) else { return nil }
    return [UInt8](signature.rawRepresentation)
  }

  /// The public key (RFC 7518 §6.2.1), with the members of RFC 7638 §3.2.
  var jwk: JSONObject {
    [
      "crv": "P-256", "kty": "EC", "x": .string(Base64URL.encode(x)),
      "y": .string(Base64URL.encode(y)),
    ]
  }

  /// The thumbprint of the public key (RFC 7638), by SHA-256.
  var thumbprint: String { Thumbprint.of(jwk) }

  private static func key(_ scalar: Secret) -> P256.Signing.PrivateKey? {
    guard scalar.count == 32 else { return nil }
    return scalar.withBytes { span in
      unsafe span.withUnsafeBytes { try? unsafe P256.Signing.PrivateKey(rawRepresentation: $0) }
    }
  }
}
