// An issuer's keys, and tokens signed with them.

import Crypto
import CryptoExtras
import FoundationEssentials
import JSON
import OAuth
import Secrets
import Testing

struct SigningFixture: Sendable {
  let rsa: _RSA.Signing.PrivateKey
  let ec = P256.Signing.PrivateKey()
  let p384 = P384.Signing.PrivateKey()
  let p521 = P521.Signing.PrivateKey()

  static let shared = Result { try SigningFixture() }

  private init() throws {
    rsa = try _RSA.Signing.PrivateKey(keySize: .bits2048)
  }

  var rsaKey: JSONObject {
    get throws {
      let primitives = try rsa.publicKey.getKeyPrimitives()
      return [
        "kty": "RSA", "alg": "RS256", "kid": "k1", "use": "sig",
        "n": .string(Base64URL.encode(primitives.modulus)),
        "e": .string(Base64URL.encode(primitives.publicExponent)),
      ]
    }
  }

  var ecKey: JSONObject {
    let point = ec.publicKey.rawRepresentation
    return [
      "kty": "EC", "crv": "P-256", "kid": "e1",
      "x": .string(Base64URL.encode(point.prefix(32))),
      "y": .string(Base64URL.encode(point.suffix(32))),
    ]
  }

  /// A key of every kind; each RSA key is for one algorithm only.
  var allKeys: [JSONObject] {
    get throws {
      var keys = [ecKey, try rsaKey]
      for name in ["RS384", "RS512", "PS256", "PS384", "PS512"] {
        var key = try rsaKey
        key["alg"] = .string(name)
        key["kid"] = .string(name)
        keys.append(key)
      }
      for (curve, name, point) in [
        ("P-384", "ES384", p384.publicKey.rawRepresentation),
        ("P-521", "ES512", p521.publicKey.rawRepresentation),
      ] {
        keys.append([
          "kty": "EC", "crv": .string(curve), "kid": .string(name),
          "x": .string(Base64URL.encode(point.prefix(point.count / 2))),
          "y": .string(Base64URL.encode(point.suffix(point.count / 2))),
        ])
      }
      return keys
    }
  }

  static func keySet(_ keys: [JSONObject]) throws -> KeySet {
    try KeySet(body: JSONWriter.bytes(["keys": .array(keys.map { .object($0) })]))
  }

  func signature(_ signed: String, algorithm: String?) throws -> [UInt8] {
    let bytes = Array(signed.utf8)
    switch algorithm {
    case "ES256":
      return try [UInt8](ec.signature(for: bytes).rawRepresentation)
    case "ES384":
      return try [UInt8](p384.signature(for: bytes).rawRepresentation)
    case "ES512":
      return try [UInt8](p521.signature(for: bytes).rawRepresentation)
    case "HS256":
      // The classic confusion: the public key, known to all, as the secret of a keyed hash.
      let key = SymmetricKey(data: Data(rsa.publicKey.pemRepresentation.utf8))
      return Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key))
    default:
      let padding: _RSA.Signing.Padding =
        algorithm?.hasPrefix("PS") == true ? .PSS : .insecurePKCS1v1_5
      let signature =
        switch algorithm?.suffix(3) {
        case "384": try rsa.signature(for: SHA384.hash(data: bytes), padding: padding)
        case "512": try rsa.signature(for: SHA512.hash(data: bytes), padding: padding)
        default: try rsa.signature(for: SHA256.hash(data: bytes), padding: padding)
        }
      return [UInt8](signature.rawRepresentation)
    }
  }

  func token(header: String, payload: String, algorithm: String? = nil) throws -> String {
    let signed = Base64URL.encode(header.utf8) + "." + Base64URL.encode(payload.utf8)
    return signed + "." + Base64URL.encode(try signature(signed, algorithm: algorithm))
  }

  func token(header: JSONObject, claims: JSONObject) throws -> String {
    try token(
      header: JSONWriter.text(.object(header)), payload: JSONWriter.text(.object(claims)),
      algorithm: header["alg"]?.string)
  }
}
