// A signed text of ours: client assertions and proofs of possession.

internal import JSON
internal import Secrets

/// Writes a JWS in compact serialization (RFC 7515 §7.1).
enum CompactJWS {
  /// - Parameter sign: gives the signature over the bytes; `nil` where there can be none.
  static func make(
    header: JSONObject, claims: JSONObject, sign: ([UInt8]) -> [UInt8]?
  ) throws(OAuthFault) -> String {
    let signed =
      Base64URL.encode(JSONWriter.bytes(.object(header))) + "."
      + Base64URL.encode(JSONWriter.bytes(.object(claims)))
    guard let signature = sign(Array(signed.utf8)) else { throw .cannotSign }
    return signed + "." + Base64URL.encode(signature)
  }
}
