// The key of an authorization server: signed tokens (RFC 7515, RS256 or ES256) and the JWK that is
// published for them.

import Crypto
import CryptoExtras
import FoundationEssentials

/// A key, RSA of 2048 bits or P-256, with the id under which it is published.
public struct SigningKey: Sendable {
  /// What it signs by.
  public enum Algorithm: String, Codable, Sendable {
    case rs256 = "RS256"
    case es256 = "ES256"
  }

  private enum Material: Sendable {
    case rsa(_RSA.Signing.PrivateKey, modulus: [UInt8], exponent: [UInt8])
    case p256(P256.Signing.PrivateKey)
  }

  private let material: Material

  /// What `kid` says.
  public let identifier: String

  /// A new key. Throws what the cryptography throws, which is to say hardly ever.
  public init(_ algorithm: Algorithm = .rs256) throws {
    switch algorithm {
    case .rs256: try self.init(_RSA.Signing.PrivateKey(keySize: .bits2048))
    case .es256:
      let key = P256.Signing.PrivateKey()
      self.init(.p256(key), digested: key.publicKey.rawRepresentation)
    }
  }

  /// The RSA key in a PEM text. Throws where that is none.
  public init(pem: String) throws {
    try self.init(_RSA.Signing.PrivateKey(pemRepresentation: pem))
  }

  private init(_ key: _RSA.Signing.PrivateKey) throws {
    let primitives = try key.publicKey.getKeyPrimitives()
    self.init(
      .rsa(
        key, modulus: Array(primitives.modulus), exponent: Array(primitives.publicExponent)),
      digested: primitives.modulus)
  }

  private init(_ material: Material, digested bytes: Data) {
    self.material = material
    identifier = base64URL(Array(SHA256.hash(data: bytes)))
  }

  private var algorithm: Algorithm {
    switch material {
    case .rsa: .rs256
    case .p256: .es256
    }
  }

  /// The public key as a member of a key set (RFC 7517).
  public var jwk: WireValue {
    switch material {
    case .rsa(_, let modulus, let exponent):
      [
        "kty": "RSA", "alg": "RS256", "kid": .string(identifier), "use": "sig",
        "e": .string(base64URL(exponent)), "n": .string(base64URL(modulus)),
      ]
    case .p256(let key):
      [
        "kty": "EC", "alg": "ES256", "kid": .string(identifier), "use": "sig", "crv": "P-256",
        "x": .string(base64URL(Array(key.publicKey.rawRepresentation.prefix(32)))),
        "y": .string(base64URL(Array(key.publicKey.rawRepresentation.suffix(32)))),
      ]
    }
  }

  /// A compact JWS over the payload. `kid` and `alg` in the header may be other than the truth, for
  /// negative tests.
  func sign(
    _ payload: WireValue, kid: String? = nil, algorithm: String? = nil
  ) -> String {
    let header: WireValue = [
      "kid": .string(kid ?? identifier), "alg": .string(algorithm ?? self.algorithm.rawValue),
    ]
    let input =
      base64URL(Array(header.jsonText.utf8)) + "." + base64URL(Array(payload.jsonText.utf8))
    return input + "." + base64URL(signature(over: Data(input.utf8)))
  }

  private func signature(over input: Data) -> [UInt8] {
    switch material {
    case .rsa(let key, _, _):
      let signature = try? key.signature(
        for: SHA256.hash(data: input), padding: .insecurePKCS1v1_5)
      return signature.map { Array($0.rawRepresentation) } ?? []
    case .p256(let key):
      return (try? key.signature(for: input)).map { Array($0.rawRepresentation) } ?? []
    }
  }
}

/// Base64 with the URL-safe alphabet and no padding (RFC 7515 §2).
func base64URL(_ bytes: [UInt8]) -> String {
  String(
    Data(bytes).base64EncodedString().compactMap { character -> Character? in
      switch character {
      case "+": "-"
      case "/": "_"
      case "=": nil
      default: character
      }
    })
}
