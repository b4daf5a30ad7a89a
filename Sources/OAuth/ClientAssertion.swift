// The signed text by which a client proves itself without showing its secret (RFC 7523 §2.2). It is
// made for one request to one endpoint and has one use: whoever repeats a request makes another.

internal import Crypto
internal import FoundationEssentials
internal import JSON
internal import Secrets

/// Makes client assertions.
enum ClientAssertion {
  static let type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

  /// How long one is good for, in seconds: the time that a request may be under way.
  private static let lifetime = 300

  static func make(
    _ key: PrivateKey, _ clientID: String, for endpoint: Endpoint, _ stamp: Stamp
  ) throws(OAuthFault) -> String {
    var header: JSONObject = ["alg": .string(key.algorithm), "typ": "JWT"]
    if let id = key.id { header["kid"] = .string(id) }
    return try CompactJWS.make(
      header: header, claims: claims(clientID, endpoint, stamp), sign: key.signature(over:))
  }

  /// Under HMAC with SHA-256 and the client secret itself as the key.
  static func make(
    _ secret: Secret, _ clientID: String, for endpoint: Endpoint, _ stamp: Stamp
  ) throws(OAuthFault) -> String {
    try CompactJWS.make(
      header: ["alg": "HS256", "typ": "JWT"], claims: claims(clientID, endpoint, stamp)
    ) { code(over: $0, secret: secret) }
  }

  static func code(over signed: [UInt8], secret: Secret) -> [UInt8] {
    let key = secret.withBytes { span in
      unsafe span.withUnsafeBytes { unsafe SymmetricKey(data: $0) }
    }
    return Array(HMAC<SHA256>.authenticationCode(for: signed, using: key))
  }

  /// RFC 7523 §3. The audience is the endpoint that is called, which is what Okta takes.
  private static func claims(_ clientID: String, _ endpoint: Endpoint, _ stamp: Stamp) -> JSONObject
  {
    [
      "iss": .string(clientID), "sub": .string(clientID), "aud": .string(endpoint.url),
      "jti": .string(stamp.id), "iat": .int(stamp.seconds),
      "exp": .int(stamp.seconds + lifetime),
    ]
  }
}

extension Form {
  mutating func add(assertion: String) {
    add("client_assertion_type", ClientAssertion.type)
    add("client_assertion", assertion)
  }
}
