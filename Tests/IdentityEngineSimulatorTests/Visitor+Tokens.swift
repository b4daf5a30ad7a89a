// What a visitor does with a token before believing it.

import Crypto
import CryptoExtras
import Foundation
import Testing

@testable import IdentityEngineSimulator

extension Visitor {
  private struct Unverified: Error {}

  /// What `at_hash` has to be (OpenID Connect Core §3.1.3.6).
  static func leftHalf(of token: String) -> String {
    base64URL(Array(SHA256.hash(data: Data(token.utf8)).prefix(16)))
  }

  /// Checks the signature of a JWT against the published keys.
  mutating func verify(_ token: String) throws {
    let keys = send(.get, base + "/keys").json?["keys"]?.elements ?? []
    let kid = try claims(of: token).header["kid"]
    guard let key = keys.first(where: { $0["kid"] == kid }), let n = key["n"]?.text,
      let e = key["e"]?.text
    else { throw Unverified() }
    let parts = token.split(separator: ".")
    let publicKey = try _RSA.Signing.PublicKey(n: decode64(n), e: decode64(e))
    let isValid = publicKey.isValidSignature(
      _RSA.Signing.RSASignature(rawRepresentation: Data(decode64(parts[2]))),
      for: SHA256.hash(data: Data(parts.prefix(2).joined(separator: ".").utf8)),
      padding: .insecurePKCS1v1_5)
    guard isValid else { throw Unverified() }
  }
}
