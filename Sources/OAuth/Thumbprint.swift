// A name for a public key that is made of the key (RFC 7638): two parties who have the key have the
// name, and nobody else's key has it.

internal import Crypto
internal import JSON
internal import Secrets

/// Names keys by what they are.
enum Thumbprint {
  /// The thumbprint by SHA-256 (RFC 7638 §3).
  ///
  /// - Parameter required: the members that a key of its kind must have (§3.2) and no others, in any
  ///   order: `e`, `kty` and `n` of an RSA key, `crv`, `kty`, `x` and `y` of a point of a curve.
  static func of(_ required: JSONObject) -> String {
    var ordered = JSONObject()
    let names = required.members.map(\.name).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for name in names { ordered[name] = required[name] }
    return Base64URL.encode(SHA256.hash(data: JSONWriter.bytes(.object(ordered))))
  }
}
