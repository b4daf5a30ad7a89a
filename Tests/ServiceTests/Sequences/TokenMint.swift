// Tokens as an issuer signs them: fresh, and bound to the very run that redeems its code.

import Crypto
import CryptoExtras
import Foundation
import JSON

/// Signs ID tokens with one key.
struct TokenMint: Sendable {
  private let key: _RSA.Signing.PrivateKey

  init() throws { key = try _RSA.Signing.PrivateKey(keySize: .bits2048) }

  func keySet() throws -> JSONValue {
    let primitives = try key.publicKey.getKeyPrimitives()
    return [
      "keys": [
        [
          "kty": "RSA", "alg": "RS256", "use": "sig", "kid": "replay",
          "n": .string(Self.base64URL(primitives.modulus)),
          "e": .string(Self.base64URL(primitives.publicExponent)),
        ]
      ]
    ]
  }

  /// The answer of the token endpoint.
  func tokens(issuer: String, client: String, nonce: String, scope: String) throws -> JSONValue {
    let accessToken = "access-" + UUID().uuidString
    let now = Int(Date().timeIntervalSince1970)
    let claims: JSONValue = [
      "iss": .string(issuer), "sub": "00ureplay", "aud": .string(client), "nonce": .string(nonce),
      "iat": .int(now), "exp": .int(now + 3600), "auth_time": .int(now),
      "at_hash": .string(Self.base64URL(SHA256.hash(data: Data(accessToken.utf8)).prefix(16))),
    ]
    let header: JSONValue = ["alg": "RS256", "kid": "replay"]
    let signed =
      Self.base64URL(JSONWriter.bytes(header)) + "." + Self.base64URL(JSONWriter.bytes(claims))
    let signature = try key.signature(
      for: SHA256.hash(data: Data(signed.utf8)), padding: .insecurePKCS1v1_5)
    return [
      "token_type": "Bearer", "expires_in": 3600, "access_token": .string(accessToken),
      "scope": .string(scope), "refresh_token": .string("refresh-" + UUID().uuidString),
      "id_token": .string(signed + "." + Self.base64URL(signature.rawRepresentation)),
    ]
  }

  static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
      .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
  }
}
