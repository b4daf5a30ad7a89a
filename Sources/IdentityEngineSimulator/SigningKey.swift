// The key of an authorization server: signed tokens (RFC 7515, RS256) and the JWK that is published
// for them.

import Crypto
import CryptoExtras
import FoundationEssentials

/// An RSA key of 2048 bits, with the id under which it is published.
public struct SigningKey: Sendable {
  private let key: _RSA.Signing.PrivateKey
  private let modulus: [UInt8]
  private let exponent: [UInt8]

  /// What `kid` says.
  public let identifier: String

  /// A new key. Throws what the cryptography throws, which is to say hardly ever.
  public init() throws {
    try self.init(_RSA.Signing.PrivateKey(keySize: .bits2048))
  }

  /// The key in a PEM text. Throws where that is none.
  public init(pem: String) throws {
    try self.init(_RSA.Signing.PrivateKey(pemRepresentation: pem))
  }

  private init(_ key: _RSA.Signing.PrivateKey) throws {
    let primitives = try key.publicKey.getKeyPrimitives()
    self.key = key
    modulus = Array(primitives.modulus)
    exponent = Array(primitives.publicExponent)
    identifier = base64URL(Array(SHA256.hash(data: modulus)))
  }

  /// The public key as a member of a key set (RFC 7517).
  public var jwk: WireValue {
    [
      "kty": "RSA", "alg": "RS256", "kid": .string(identifier), "use": "sig",
      "e": .string(base64URL(exponent)), "n": .string(base64URL(modulus)),
    ]
  }

  /// A compact JWS over the payload. `kid` and `alg` in the header may be other than the truth, for
  /// negative tests.
  func sign(
    _ payload: WireValue, kid: String? = nil, algorithm: String = "RS256"
  ) -> String {
    let header: WireValue = [
      "kid": .string(kid ?? identifier), "alg": .string(algorithm),
    ]
    let input =
      base64URL(Array(header.jsonText.utf8)) + "." + base64URL(Array(payload.jsonText.utf8))
    let signature = try? key.signature(
      for: SHA256.hash(data: Array(input.utf8)), padding: .insecurePKCS1v1_5)
    return input + "." + base64URL(signature.map { Array($0.rawRepresentation) } ?? [])
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
