// The algorithms that an issuer may sign with (RFC 7518 §3.1). The list is ours and it is short:
// `none` and the keyed hashes are not in it, so no token can ask for them, and each name goes with
// one kind of key, so no token can have a key read as another's.

internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials

/// A JWS algorithm with a public key.
public enum SignatureAlgorithm: String, Sendable, CaseIterable {
  case rs256 = "RS256"
  case rs384 = "RS384"
  case rs512 = "RS512"
  case ps256 = "PS256"
  case ps384 = "PS384"
  case ps512 = "PS512"
  case es256 = "ES256"
  case es384 = "ES384"
  case es512 = "ES512"

  /// What it is for: `kty`, and `crv` for the curves.
  enum KeyKind: Equatable { case rsa, p256, p384, p521 }

  var keyKind: KeyKind {
    switch self {
    case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
    case .es256: .p256
    case .es384: .p384
    case .es512: .p521
    }
  }

  private var isPSS: Bool { self == .ps256 || self == .ps384 || self == .ps512 }

  /// The hash of the algorithm, which `at_hash` is made with too (OpenID Connect Core §3.1.3.6).
  func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    switch self {
    case .rs256, .ps256, .es256: unsafe Array(SHA256.hash(data: bytes))
    case .rs384, .ps384, .es384: unsafe Array(SHA384.hash(data: bytes))
    case .rs512, .ps512, .es512: unsafe Array(SHA512.hash(data: bytes))
    }
  }

  // MARK: Checking

  /// RSA: PKCS#1 v1.5 (§3.3), or PSS with a salt as long as the hash (§3.5).
  func isSignature(
    _ signature: [UInt8], over signed: [UInt8], modulus: [UInt8], exponent: [UInt8]
  ) -> Bool {
    guard let key = try? _RSA.Signing.PublicKey(n: modulus, e: exponent) else { return false }
    let signature = _RSA.Signing.RSASignature(rawRepresentation: signature)
    let padding: _RSA.Signing.Padding = isPSS ? .PSS : .insecurePKCS1v1_5
    return switch self {
    case .rs256, .ps256:
      key.isValidSignature(signature, for: SHA256.hash(data: signed), padding: padding)
    case .rs384, .ps384:
      key.isValidSignature(signature, for: SHA384.hash(data: signed), padding: padding)
    case .rs512, .ps512:
      key.isValidSignature(signature, for: SHA512.hash(data: signed), padding: padding)
    case .es256, .es384, .es512: false
    }
  }

  /// ECDSA: both numbers side by side (§3.4).
  func isSignature(_ signature: [UInt8], over signed: [UInt8], point: [UInt8]) -> Bool {
    switch self {
    case .es256:
      guard let key = try? P256.Signing.PublicKey(x963Representation: point),
        let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
      else { return false }
      return key.isValidSignature(signature, for: signed)
    case .es384:
      guard let key = try? P384.Signing.PublicKey(x963Representation: point),
        let signature = try? P384.Signing.ECDSASignature(rawRepresentation: signature)
      else { return false }
      return key.isValidSignature(signature, for: signed)
    case .es512:
      guard let key = try? P521.Signing.PublicKey(x963Representation: point),
        let signature = try? P521.Signing.ECDSASignature(rawRepresentation: signature)
      else { return false }
      return key.isValidSignature(signature, for: signed)
    case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512:
      return false
    }
  }
}
