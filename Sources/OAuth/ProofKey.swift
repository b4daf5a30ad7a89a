// Proof of possession (RFC 9449): tokens that are bound to a key are worth nothing to whoever has
// the token alone.
//
// 1. A session has one key, P-256, made by the broker. It is in guarded memory and in the sealed
//    record, and leaves neither: callers get proofs, each for one request.
// 2. A proof is made anew for each request and each repetition of one.

internal import Crypto
internal import FoundationEssentials
public import HTTPTypes
internal import JSON
public import Secrets

/// The key that a session's tokens are bound to.
public struct ProofKey: Sendable, Equatable {
  private let key: EllipticKey

  /// Takes up a key.
  ///
  /// - Parameter scalar: 32 bytes: random ones for a new key. One in four thousand million is none,
  ///   which gives `nil`.
  public init?(scalar: Secret) {
    guard let key = EllipticKey(scalar: scalar) else { return nil }
    self.key = key
  }

  /// What the key is made of, for the record.
  public var scalar: Secret { key.scalar }

  /// The thumbprint of the public key (RFC 7638), which `cnf.jkt` of a bound token is.
  public var thumbprint: String { key.thumbprint }

  /// A proof for one request (RFC 9449 §4.2).
  ///
  /// - Parameters:
  ///   - url: where the request goes; its query is left out.
  ///   - accessToken: the token that is shown beside; `nil` at the token endpoint.
  ///   - nonce: the newest that the server gave.
  /// - Throws: `.cannotSign`.
  public func proof(
    method: String, url: Endpoint, accessToken: Secret? = nil, nonce: String? = nil, stamp: Stamp
  ) throws(OAuthFault) -> String {
    var claims: JSONObject = [
      "jti": .string(stamp.id), "htm": .string(method),
      "htu": .string(String(url.url.prefix { $0 != "?" })), "iat": .int(stamp.seconds),
    ]
    if let accessToken { claims["ath"] = .string(Self.hash(accessToken)) }
    if let nonce { claims["nonce"] = .string(nonce) }
    return try CompactJWS.make(
      header: ["typ": "dpop+jwt", "alg": "ES256", "jwk": .object(key.jwk)], claims: claims,
      sign: key.signature(over:))
  }

  static func hash(_ accessToken: Secret) -> String {
    accessToken.withBytes { span in
      unsafe span.withUnsafeBytes { unsafe Base64URL.encode(SHA256.hash(data: $0)) }
    }
  }

  /// The nonce that an answer gives for the proofs to come (RFC 9449 §8.1); `nil` where there is
  /// none or it has characters that none may have.
  public static func nonce(in headers: HTTPFields) -> String? {
    guard let name = HTTPField.Name("DPoP-Nonce"), let nonce = headers[name], isNonce(nonce) else {
      return nil
    }
    return nonce
  }

  /// Whether a text may be a nonce: 1 to 512 characters that stand in JSON as they are.
  public static func isNonce(_ text: String) -> Bool {
    (1...512).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
      }
  }
}

extension OAuthRequest {
  /// Puts a proof for this very request into its head.
  ///
  /// - Throws: `.cannotSign`.
  public mutating func prove(
    _ key: ProofKey, nonce: String?, stamp: Stamp
  ) throws(OAuthFault) {
    guard let name = HTTPField.Name("DPoP"),
      let url = Endpoint("\(head.scheme ?? "")://\(head.authority ?? "")\(head.path ?? "")")
    else { throw .cannotSign }
    head.headerFields[name] = try key.proof(
      method: head.method.rawValue, url: url, nonce: nonce, stamp: stamp)
  }
}

extension TokenResponse {
  /// Holds the tokens against the key that was proven: `nil` where none was.
  ///
  /// An access token that is a JWT names the key it is bound to (`cnf.jkt`, RFC 9449 §6.1), and then
  /// it must be this one; of an opaque one only the issuer can tell.
  ///
  /// - Throws: `.nonsense` for a token of another type than was asked for, `.wrongBinding`.
  public func confirm(_ key: ProofKey?) throws(OAuthFault) {
    guard tokenType == (key == nil ? "Bearer" : "DPoP") else {
      throw .nonsense(
        what: key == nil
          ? "the answer has a token that is bound to a key, and none was shown"
          : "the answer has a token that is not bound to the key that was shown")
    }
    guard let key, let payload = Self.payload(of: accessToken),
      let thumbprint = payload["cnf"]?["jkt"]
    else { return }
    guard thumbprint.string == key.thumbprint else { throw .wrongBinding }
  }

  private static func payload(of token: Secret) -> JSONObject? {
    let parts = token.exposedBytes().split(
      separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, let bytes = Base64URL.decode(parts[1]) else { return nil }
    return (try? JSONParser.parse(bytes, rules: .tolerant))?.object
  }
}
