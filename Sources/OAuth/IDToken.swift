// Whether an ID token is the issuer's, for us, about this sign-in (OpenID Connect Core §3.1.3.7).
//
// 1. The algorithm is one of ours and one that the issuer's metadata lists; it, not the token,
//    decides which kind of key is looked up. `none` and the keyed hashes are not among ours.
// 2. Nothing that the token claims is looked at before its signature holds.
// 3. A second member of one name is refused: two readers could believe different ones.

public import FoundationEssentials
public import JSON
public import Secrets

/// Checks ID tokens.
public enum IDToken {
  /// What a token must be to be accepted.
  public struct Expectation: Sendable, Equatable {
    /// `IssuerMetadata.issuer`, to the byte.
    public var issuer: String
    /// Ours at the issuer: `aud` must have it, and `azp` must be it where there is one.
    public var clientID: String
    /// What was sent to begin the sign-in; `nil` on refresh, where the issuer leaves it out.
    public var nonce: String?
    /// The access token that came along, for `at_hash`.
    public var accessToken: Secret?
    /// What was asked for, in seconds; the token must then say when the person signed in.
    public var maxAge: Int?
    /// The `acr_values` that were asked for, separated by spaces.
    public var acrValues: String?
    /// On refresh: whose session it is.
    public var subject: String?
    /// `IssuerMetadata.idTokenSigningAlgorithms`.
    public var algorithms: [String]
    /// By the issuer's clock as well as it is known.
    public var now: Date
    /// Seconds that the clocks may be apart.
    public var skew: Double

    /// Made of its parts; what is left out has the value that stands here.
    public init(
      issuer: String, clientID: String, nonce: String? = nil, accessToken: Secret? = nil,
      maxAge: Int? = nil, acrValues: String? = nil, subject: String? = nil,
      algorithms: [String] = ["RS256"], now: Date, skew: Double = 300
    ) {
      self.issuer = issuer
      self.clientID = clientID
      self.nonce = nonce
      self.accessToken = accessToken
      self.maxAge = maxAge
      self.acrValues = acrValues
      self.subject = subject
      self.algorithms = algorithms
      self.now = now
      self.skew = skew
    }
  }

  /// What an accepted token says.
  public struct Claims: Sendable, Equatable {
    /// Who signed in, unique at the issuer and never reassigned.
    public let subject: String
    /// `iat`, by the issuer's clock.
    public let issuedAt: Date
    /// `exp`, by the issuer's clock.
    public let expiresAt: Date
    /// When the person last signed in, where the issuer says so.
    public let authenticatedAt: Date?
    /// All of it.
    public let claims: JSONObject
  }

  /// Checks a token against the issuer's keys and against what was asked for.
  ///
  /// - Throws: the first thing that is wrong. After `.unknownKey` the caller may fetch the keys
  ///   anew, once and not more than once a minute, and try again.
  public static func validate(
    _ token: Secret, keys: KeySet, expectation: Expectation
  ) throws(IDTokenFault) -> Claims {
    let signed = try SignedText(token.exposedBytes())
    let key = try signed.key(among: keys, algorithms: expectation.algorithms)
    guard key.verifies(signed.signature, over: signed.signed) else { throw .badSignature }
    return try expectation.check(
      try signed.object(signed.payload, named: "payload"), key.algorithm)
  }

  /// The claims of a token that `validate` has accepted before; nothing is checked again.
  ///
  /// - Returns: `nil` for what is no such token.
  public static func claims(ofValidated token: Secret) -> JSONObject? {
    guard let signed = try? SignedText(token.exposedBytes()) else { return nil }
    return try? signed.object(signed.payload, named: "payload")
  }
}

/// Why an ID token was refused.
public enum IDTokenFault: Error, Equatable, Sendable {
  /// It is no JWS in compact form with JSON inside; `what` names the part.
  case malformed(what: String)
  /// Neither we nor the issuer's metadata know the algorithm.
  case algorithmRefused(String)
  /// It is a signed text of another kind, such as an access token.
  case wrongType(String)
  /// It names header parameters that must be understood (RFC 7515 §4.1.11); we know none.
  case criticalHeader
  /// No key of the issuer's fits: it may have changed its keys.
  case unknownKey(id: String?)
  /// The signature is not that key's over these bytes.
  case badSignature
  /// `iss` is not the issuer that was asked, byte for byte.
  case wrongIssuer
  /// It is for other clients.
  case wrongAudience
  /// It is for several clients and was not issued to this one, or says that it was to another.
  case wrongAuthorizedParty
  /// `exp` has passed, the skew allowed for.
  case expired
  /// `nbf` has not come, the skew allowed for.
  case notYetValid
  /// It says that it was issued in the future, or longer ago than a fresh token can have been.
  case wrongIssueTime
  /// It belongs to another sign-in.
  case wrongNonce
  /// On refresh: it is about somebody else than the session.
  case wrongSubject
  /// The last sign-in is longer ago than was asked for, or the token does not say.
  case authenticationTooOld
  /// The sign-in was weaker than was asked for.
  case assuranceUnmet
  /// `at_hash` is not that of the access token that came along.
  case wrongAccessTokenHash
  /// This claim is needed and missing, or of the wrong type.
  case claim(String)
}

// MARK: The signed text

/// A JWS in compact serialization (RFC 7515 §7.1), taken apart and not yet believed.
private struct SignedText {
  let header: JSONObject
  let payload: [UInt8]
  let signature: [UInt8]
  /// What the signature is over.
  let signed: [UInt8]

  init(_ bytes: [UInt8]) throws(IDTokenFault) {
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, bytes.count <= 65_536 else { throw .malformed(what: "token") }
    let headerBytes = try Self.decode(parts[0], named: "header")
    payload = try Self.decode(parts[1], named: "payload")
    // None at all is for `alg` to answer for: `none` is to be refused by its name.
    signature = parts[2].isEmpty ? [] : try Self.decode(parts[2], named: "signature")
    signed = Array(bytes[..<parts[1].endIndex])
    header = try Self.object(headerBytes, named: "header")
  }

  /// The key that the header asks for, where its algorithm may be used at all.
  func key(
    among keys: KeySet, algorithms: [String]
  ) throws(IDTokenFault) -> KeySet.Key {
    guard let name = header["alg"]?.string else { throw .malformed(what: "header") }
    guard let algorithm = SignatureAlgorithm(rawValue: name), algorithms.contains(name) else {
      throw .algorithmRefused(name)
    }
    guard !signature.isEmpty else { throw .malformed(what: "signature") }
    guard header["crit"] == nil, header["b64"] == nil else { throw .criticalHeader }
    if let type = header["typ"] {
      guard let name = type.string, ["jwt", "application/jwt"].contains(name.lowercased()) else {
        throw .wrongType(type.string ?? "")
      }
    }
    let id = header["kid"]
    guard id == nil || id?.string != nil else { throw .malformed(what: "header") }
    guard let key = keys.key(id: id?.string, algorithm: algorithm) else {
      throw .unknownKey(id: id?.string)
    }
    return key
  }

  func object(_ bytes: [UInt8], named name: String) throws(IDTokenFault) -> JSONObject {
    try Self.object(bytes, named: name)
  }

  private static func object(
    _ bytes: [UInt8], named name: String
  ) throws(IDTokenFault) -> JSONObject {
    var rules = JSONParser.Rules.tolerant
    rules.refusesDuplicates = true
    rules.allowsByteOrderMark = false
    guard let object = (try? JSONParser.parse(bytes, rules: rules))?.object else {
      throw .malformed(what: name)
    }
    return object
  }

  /// Base64url without padding and nothing else (RFC 7515 §2).
  private static func decode(
    _ text: ArraySlice<UInt8>, named name: String
  ) throws(IDTokenFault) -> [UInt8] {
    let isURLAlphabet = !text.contains { "=+/".utf8.contains($0) }
    guard isURLAlphabet, !text.isEmpty, let bytes = Base64URL.decode(text) else {
      throw .malformed(what: name)
    }
    return bytes
  }
}

// MARK: The claims

extension IDToken.Expectation {
  fileprivate func check(
    _ claims: JSONObject, _ algorithm: SignatureAlgorithm
  ) throws(IDTokenFault) -> IDToken.Claims {
    guard let issuer = claims["iss"]?.string else { throw .claim("iss") }
    guard issuer.isExactly(self.issuer) else { throw .wrongIssuer }
    try checkAudience(claims)
    let (issuedAt, expiresAt) = try checkTimes(claims)
    try checkNonce(claims)
    let subject = try checkSubject(claims)
    let authenticatedAt = try checkAuthentication(claims)
    try checkAccessTokenHash(claims, algorithm)
    return IDToken.Claims(
      subject: subject, issuedAt: issuedAt, expiresAt: expiresAt,
      authenticatedAt: authenticatedAt, claims: claims)
  }

  private func checkAudience(_ claims: JSONObject) throws(IDTokenFault) {
    let audiences: [String]
    switch claims["aud"] {
    case .string(let one): audiences = [one]
    case .array(let several):
      audiences = several.compactMap(\.string)
      guard audiences.count == several.count else { throw .claim("aud") }
    default: throw .claim("aud")
    }
    guard audiences.contains(where: { $0.isExactly(clientID) }) else { throw .wrongAudience }
    if let party = claims["azp"] {
      guard party.string?.isExactly(clientID) == true else { throw .wrongAuthorizedParty }
    } else if audiences.count > 1 {
      throw .wrongAuthorizedParty
    }
  }

  private func checkTimes(
    _ claims: JSONObject
  ) throws(IDTokenFault) -> (issuedAt: Date, expiresAt: Date) {
    let expiresAt = try time("exp", claims)
    guard expiresAt.addingTimeInterval(skew) > now else { throw .expired }
    let issuedAt = try time("iat", claims)
    guard abs(issuedAt.timeIntervalSince(now)) <= skew else { throw .wrongIssueTime }
    if claims["nbf"] != nil {
      guard try time("nbf", claims).addingTimeInterval(-skew) <= now else { throw .notYetValid }
    }
    return (issuedAt, expiresAt)
  }

  private func checkNonce(_ claims: JSONObject) throws(IDTokenFault) {
    guard let nonce else { return }
    guard let got = claims["nonce"]?.string, got.isExactly(nonce) else {
      throw .wrongNonce
    }
  }

  private func checkSubject(_ claims: JSONObject) throws(IDTokenFault) -> String {
    guard let subject = claims["sub"]?.string, !subject.isEmpty else { throw .claim("sub") }
    if let expected = self.subject {
      guard subject.isExactly(expected) else { throw .wrongSubject }
    }
    return subject
  }

  private func checkAuthentication(_ claims: JSONObject) throws(IDTokenFault) -> Date? {
    let authenticatedAt = claims["auth_time"] == nil ? nil : try time("auth_time", claims)
    if let maxAge {
      guard let authenticatedAt,
        now.timeIntervalSince(authenticatedAt) <= Double(maxAge) + skew
      else { throw .authenticationTooOld }
    }
    guard Assurance.isMet(asked: acrValues ?? "", got: claims["acr"]?.string) else {
      throw .assuranceUnmet
    }
    return authenticatedAt
  }

  /// The left half of the hash that the signature is made with (OpenID Connect Core §3.1.3.6).
  private func checkAccessTokenHash(
    _ claims: JSONObject, _ algorithm: SignatureAlgorithm
  ) throws(IDTokenFault) {
    guard let accessToken, let expected = claims["at_hash"] else { return }
    let hash = accessToken.withBytes { span in
      unsafe span.withUnsafeBytes { unsafe algorithm.hash($0) }
    }
    let wanted = Base64URL.encode(hash.prefix(hash.count / 2))
    guard expected.string?.isExactly(wanted) == true else {
      throw .wrongAccessTokenHash
    }
  }

  /// Seconds since 1970, with a fraction or without (RFC 7519 §2), in a range that dates have.
  private func time(_ name: String, _ claims: JSONObject) throws(IDTokenFault) -> Date {
    guard let seconds = claims[name]?.double, (0...1e11).contains(seconds) else {
      throw .claim(name)
    }
    return Date(timeIntervalSince1970: seconds)
  }
}

/// How strong a sign-in was, against how strong it was to be: Okta's `acr` values.
private enum Assurance {
  /// What satisfies a value beside itself.
  private static let stronger = [
    "urn:okta:loa:1fa:any": ["urn:okta:loa:1fa:pwd", "urn:okta:loa:2fa:any", "phr", "phrh"],
    "phr": ["phrh"],
  ]

  /// Whether one of the values asked for is met. Those that end in `:ifpossible` always are.
  static func isMet(asked: String, got: String?) -> Bool {
    let values = asked.split(separator: " ").map { String($0) }
    guard !values.isEmpty else { return true }
    return values.contains { value in
      if value.hasSuffix(":ifpossible") || value == got { return true }
      guard let got else { return false }
      return stronger[value]?.contains(got) == true
    }
  }
}

extension String {
  /// Whether it is the same code point by code point (RFC 7519 §2, StringOrURI): `==` takes for one
  /// what only looks the same.
  fileprivate func isExactly(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
