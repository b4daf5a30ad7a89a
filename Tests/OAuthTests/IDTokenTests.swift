// ID tokens that are not quite right, one way each. Every bad one differs from a good one in a
// single place, and is refused for that place's reason.

import Crypto
import FoundationEssentials
import JSON
import OAuth
import Secrets
import Testing

@Suite("ID tokens")
struct IDTokenTests {
  static let now = Date(timeIntervalSince1970: 1_795_514_400)
  static let accessToken = Secret("an access token")

  /// A good token with what it is expected to be; a case changes one thing.
  struct Draft {
    var header: JSONObject = ["alg": "RS256", "kid": "k1"]
    var claims: JSONObject = [
      "iss": .string(Fixture.issuer), "aud": "0oa1", "sub": "00u1", "nonce": "n1",
      "iat": 1_795_514_400, "exp": 1_795_518_000, "auth_time": 1_795_514_390, "acr": "phr",
      "amr": ["pwd"],
    ]
    var expectation = IDToken.Expectation(
      issuer: Fixture.issuer, clientID: "0oa1", nonce: "n1", accessToken: accessToken,
      maxAge: 60, acrValues: "phr", subject: "00u1", algorithms: ["RS256"], now: now)
    /// Changes the finished token.
    var mangle: (String) -> String = { $0 }

    init() {
      let hash = SHA256.hash(data: Array("an access token".utf8))
      claims["at_hash"] = .string(Base64URL.encode(hash.prefix(16)))
    }

    func validate(keys: [JSONObject]? = nil) throws -> IDToken.Claims {
      let signer = try SigningFixture.shared.get()
      let token = mangle(try signer.token(header: header, claims: claims))
      return try IDToken.validate(
        Secret(token), keys: SigningFixture.keySet(keys ?? [signer.rsaKey, signer.ecKey]),
        expectation: expectation)
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var fault: IDTokenFault?
    var change: @Sendable (inout Draft) -> Void

    init(
      _ name: String, _ fault: IDTokenFault?, _ change: @escaping @Sendable (inout Draft) -> Void
    ) {
      testDescription = name
      self.fault = fault
      self.change = change
    }
  }

  static let good = [
    Case("as it should be", nil) { _ in },
    Case("aud as a list of one", nil) { $0.claims["aud"] = ["0oa1"] },
    Case("aud as a list, with azp", nil) {
      $0.claims["aud"] = ["other", "0oa1"]
      $0.claims["azp"] = "0oa1"
    },
    Case("typ JWT", nil) { $0.header["typ"] = "JWT" },
    Case("no kid, one key of the algorithm", nil) { $0.header["kid"] = nil },
    Case("ES256, where the issuer lists it", nil) {
      $0.header = ["alg": "ES256", "kid": "e1"]
      $0.expectation.algorithms = ["RS256", "ES256"]
    },
    Case("no at_hash", nil) { $0.claims["at_hash"] = nil },
    Case("no nonce on refresh", nil) {
      $0.claims["nonce"] = nil
      $0.expectation.nonce = nil
    },
    Case("expired within the skew", nil) { $0.claims["exp"] = 1_795_514_101 },
    Case("issued 300 s ahead", nil) { $0.claims["iat"] = 1_795_514_700 },
    Case("times with fractions", nil) { $0.claims["iat"] = .double(1_795_514_400.5) },
    Case("nbf within the skew", nil) { $0.claims["nbf"] = 1_795_514_700 },
    Case("stronger than asked for", nil) { $0.claims["acr"] = "phrh" },
    Case("weaker, if that was possible only", nil) {
      $0.claims["acr"] = "urn:okta:loa:1fa:any"
      $0.expectation.acrValues = "urn:okta:loa:2fa:any:ifpossible"
    },
    Case("one of two acr values", nil) { $0.expectation.acrValues = "urn:okta:loa:1fa:pwd phr" },
    Case("nothing asked for", nil) {
      $0.claims["acr"] = nil
      $0.claims["auth_time"] = nil
      $0.expectation.acrValues = nil
      $0.expectation.maxAge = nil
    },
  ]

  static let bad = [
    // The signed text.
    Case("empty", .malformed(what: "token")) { $0.mangle = { _ in "" } },
    Case("two parts", .malformed(what: "token")) {
      $0.mangle = { String($0[..<($0.lastIndex(of: ".") ?? $0.endIndex)]) }
    },
    Case("four parts", .malformed(what: "token")) { $0.mangle = { $0 + ".AA" } },
    Case("no signature", .malformed(what: "signature")) {
      $0.mangle = { String($0[...($0.lastIndex(of: ".") ?? $0.startIndex)]) }
    },
    Case("padding", .malformed(what: "signature")) { $0.mangle = { $0 + "==" } },
    Case("the other base64 alphabet", .malformed(what: "header")) { $0.mangle = { "+" + $0 } },
    Case("white space", .malformed(what: "signature")) { $0.mangle = { $0 + "\n" } },
    Case("header that is no JSON", .malformed(what: "header")) {
      $0.mangle = { "AAAA" + $0.drop { $0 != "." } }
    },
    Case("64 KiB and more", .malformed(what: "token")) {
      $0.mangle = { $0 + String(repeating: "A", count: 65_536) }
    },
    Case("alg that is no text", .malformed(what: "header")) { $0.header["alg"] = 256 },
    Case("no alg", .malformed(what: "header")) { $0.header["alg"] = nil },
    Case("kid that is no text", .malformed(what: "header")) { $0.header["kid"] = 1 },
    // The algorithm and the key.
    Case("alg none", .algorithmRefused("none")) {
      $0.header["alg"] = "none"
      $0.expectation.algorithms = ["none", "RS256"]
    },
    Case("alg None", .algorithmRefused("None")) { $0.header["alg"] = "None" },
    Case("HS256 with the public key", .algorithmRefused("HS256")) {
      $0.header["alg"] = "HS256"
      $0.expectation.algorithms = ["HS256", "RS256"]
    },
    Case("ES256 that the issuer does not list", .algorithmRefused("ES256")) {
      $0.header = ["alg": "ES256", "kid": "e1"]
    },
    Case("RS512 that the issuer does not list", .algorithmRefused("RS512")) {
      $0.header["alg"] = "RS512"
    },
    Case("RS512 by the name of a key for RS256", .unknownKey(id: "k1")) {
      $0.header["alg"] = "RS512"
      $0.expectation.algorithms = ["RS256", "RS512"]
    },
    Case("PS256 by the name of a key for RS256", .unknownKey(id: "k1")) {
      $0.header["alg"] = "PS256"
      $0.expectation.algorithms = ["RS256", "PS256"]
    },
    Case("RS256 by the name of a P-256 key", .unknownKey(id: "e1")) { $0.header["kid"] = "e1" },
    Case("HS256 by the name of a P-256 key", .algorithmRefused("HS256")) {
      $0.header = ["alg": "HS256", "kid": "e1"]
      $0.expectation.algorithms = ["HS256", "ES256"]
    },
    Case("an algorithm that nobody knows", .algorithmRefused("EdDSA")) {
      $0.header["alg"] = "EdDSA"
      $0.expectation.algorithms = ["EdDSA", "RS256"]
    },
    Case("an algorithm in small letters", .algorithmRefused("rs256")) {
      $0.header["alg"] = "rs256"
      $0.expectation.algorithms = ["rs256", "RS256"]
    },
    Case("a key of the token's own", .unknownKey(id: "mine")) {
      $0.header["kid"] = "mine"
      $0.header["jwk"] = (try? SigningFixture.shared.get().rsaKey).map { .object($0) }
      $0.header["jku"] = "https://evil.example/keys"
    },
    Case("an empty kid", .unknownKey(id: "")) { $0.header["kid"] = "" },
    Case("ES256 with the name of an RSA key", .unknownKey(id: "k1")) {
      $0.header = ["alg": "ES256", "kid": "k1"]
      $0.expectation.algorithms = ["RS256", "ES256"]
    },
    Case("unknown kid", .unknownKey(id: "k2")) { $0.header["kid"] = "k2" },
    Case("crit", .criticalHeader) { $0.header["crit"] = ["exp"] },
    Case("b64", .criticalHeader) { $0.header["b64"] = false },
    Case("an access token", .wrongType("at+jwt")) { $0.header["typ"] = "at+jwt" },
    Case("another payload under the signature", .badSignature) {
      $0.mangle = { token in
        let parts = token.split(separator: ".")
        return "\(parts[0]).\(Base64URL.encode(#"{"sub":"00u2"}"#.utf8)).\(parts[2])"
      }
    },
    Case("one bit of the signature", .badSignature) {
      $0.mangle = { token in
        let dot = token.lastIndex(of: ".") ?? token.startIndex
        let first = token.index(after: dot)
        return token[...dot] + (token[first] == "A" ? "B" : "A")
          + token[token.index(after: first)...]
      }
    },
    Case("a signature cut short", .badSignature) {
      $0.mangle = { String($0.dropLast(8)) + "AA" }
    },
    // The claims.
    Case("another issuer", .wrongIssuer) { $0.claims["iss"] = "https://evil.example" },
    Case("the issuer with a slash", .wrongIssuer) {
      $0.claims["iss"] = .string(Fixture.issuer + "/")
    },
    Case("no iss", .claim("iss")) { $0.claims["iss"] = nil },
    Case("for another client", .wrongAudience) { $0.claims["aud"] = "0oa2" },
    Case("for a client whose name only looks the same", .wrongAudience) {
      $0.expectation.clientID = "caf\u{E9}"
      $0.claims["aud"] = "cafe\u{301}"
    },
    Case("whose azp only looks the same", .wrongAuthorizedParty) {
      $0.expectation.clientID = "caf\u{E9}"
      $0.claims["aud"] = "caf\u{E9}"
      $0.claims["azp"] = "cafe\u{301}"
    },
    Case("for nobody", .wrongAudience) { $0.claims["aud"] = [] },
    Case("no aud", .claim("aud")) { $0.claims["aud"] = nil },
    Case("aud with a number in it", .claim("aud")) { $0.claims["aud"] = ["0oa1", 1] },
    Case("for several, without azp", .wrongAuthorizedParty) { $0.claims["aud"] = ["0oa1", "x"] },
    Case("azp of another client", .wrongAuthorizedParty) { $0.claims["azp"] = "0oa2" },
    Case("expired", .expired) { $0.claims["exp"] = 1_795_514_100 },
    Case("no exp", .claim("exp")) { $0.claims["exp"] = nil },
    Case("exp as a text", .claim("exp")) { $0.claims["exp"] = "1795518000" },
    Case("exp beyond all dates", .claim("exp")) { $0.claims["exp"] = .double(1e300) },
    Case("no iat", .claim("iat")) { $0.claims["iat"] = nil },
    Case("issued in the future", .wrongIssueTime) { $0.claims["iat"] = 1_795_514_701 },
    Case("issued long ago", .wrongIssueTime) { $0.claims["iat"] = 1_795_514_099 },
    Case("not valid yet", .notYetValid) { $0.claims["nbf"] = 1_795_514_701 },
    Case("nbf that is no time", .claim("nbf")) { $0.claims["nbf"] = "soon" },
    Case("another nonce", .wrongNonce) { $0.claims["nonce"] = "n2" },
    Case("no nonce", .wrongNonce) { $0.claims["nonce"] = nil },
    Case("no sub", .claim("sub")) { $0.claims["sub"] = nil },
    Case("empty sub", .claim("sub")) { $0.claims["sub"] = "" },
    Case("another person on refresh", .wrongSubject) { $0.claims["sub"] = "00u2" },
    Case("sign-in too long ago", .authenticationTooOld) { $0.claims["auth_time"] = 1_795_514_039 },
    Case("no auth_time", .authenticationTooOld) { $0.claims["auth_time"] = nil },
    Case("auth_time that is no time", .claim("auth_time")) { $0.claims["auth_time"] = true },
    Case("weaker than asked for", .assuranceUnmet) { $0.claims["acr"] = "urn:okta:loa:2fa:any" },
    Case("no acr", .assuranceUnmet) { $0.claims["acr"] = nil },
    Case("at_hash of another access token", .wrongAccessTokenHash) {
      $0.expectation.accessToken = Secret("another")
    },
    Case("at_hash that is no text", .wrongAccessTokenHash) { $0.claims["at_hash"] = .null },
    Case("at_hash of the whole hash", .wrongAccessTokenHash) {
      let hash = SHA256.hash(data: Array("an access token".utf8))
      $0.claims["at_hash"] = .string(Base64URL.encode(hash))
    },
  ]

  @Test("a token that is as it should be is accepted", arguments: good)
  func accepts(_ good: Case) throws {
    var draft = Draft()
    good.change(&draft)
    #expect(try draft.validate().subject == "00u1")
  }

  @Test(
    "each algorithm that the issuer lists is checked by its own key, and at_hash by its own hash",
    arguments: SignatureAlgorithm.allCases)
  func everyAlgorithm(_ algorithm: SignatureAlgorithm) throws {
    let name = algorithm.rawValue
    let keys = try SigningFixture.shared.get().allKeys
    var draft = Draft()
    draft.header = ["alg": .string(name), "kid": .string(name)]
    if name == "RS256" { draft.header["kid"] = "k1" }
    if name == "ES256" { draft.header["kid"] = "e1" }
    draft.expectation.algorithms = [name]
    let accessToken = Array("an access token".utf8)
    let hash: [UInt8] =
      switch name.suffix(3) {
      case "384": Array(SHA384.hash(data: accessToken))
      case "512": Array(SHA512.hash(data: accessToken))
      default: Array(SHA256.hash(data: accessToken))
      }
    draft.claims["at_hash"] = .string(Base64URL.encode(hash.prefix(hash.count / 2)))
    #expect(try draft.validate(keys: keys).subject == "00u1")

    draft.claims["at_hash"] = .string(Base64URL.encode(hash.prefix(hash.count / 2 - 1)))
    #expect(throws: IDTokenFault.wrongAccessTokenHash) { try draft.validate(keys: keys) }
    draft.expectation.algorithms = SignatureAlgorithm.allCases.map(\.rawValue).filter { $0 != name }
    #expect(throws: IDTokenFault.algorithmRefused(name)) { try draft.validate(keys: keys) }
    // The signature of one kind under the name and key of another.
    for other in SignatureAlgorithm.allCases where other != algorithm {
      draft.expectation.algorithms = [name, other.rawValue]
      draft.mangle = { token in
        let parts = token.split(separator: ".")
        let header: JSONObject = ["alg": .string(other.rawValue), "kid": .string(other.rawValue)]
        return "\(Base64URL.encode(JSONWriter.bytes(.object(header)))).\(parts[1]).\(parts[2])"
      }
      #expect(throws: IDTokenFault.self) { try draft.validate(keys: keys) }
    }
  }

  @Test("a token that is wrong in one place is refused for that place", arguments: bad)
  func refuses(_ bad: Case) throws {
    var draft = Draft()
    bad.change(&draft)
    #expect(throws: try #require(bad.fault)) { try draft.validate() }
  }

  @Test("the claims are handed on")
  func claims() throws {
    let claims = try Draft().validate()
    #expect(claims.issuedAt == Self.now)
    #expect(claims.expiresAt == Self.now.addingTimeInterval(3600))
    #expect(claims.authenticatedAt == Self.now.addingTimeInterval(-10))
    #expect(claims.claims["amr"] == ["pwd"])
  }

  @Test("a claim that stands twice is refused")
  func duplicateClaim() throws {
    let signer = try SigningFixture.shared.get()
    let token = try signer.token(
      header: #"{"alg":"RS256","kid":"k1"}"#, payload: #"{"sub":"00u1","sub":"00u2"}"#)
    #expect(throws: IDTokenFault.malformed(what: "payload")) {
      try IDToken.validate(
        Secret(token), keys: SigningFixture.keySet([signer.rsaKey]),
        expectation: Draft().expectation)
    }
  }

  @Test("keys that are broken, for encryption, keyed hashes or too weak are passed over")
  func unusableKeys() throws {
    let signer = try SigningFixture.shared.get()
    var encryption = try signer.rsaKey
    encryption["use"] = "enc"
    var otherAlgorithm = try signer.rsaKey
    otherAlgorithm["alg"] = "RS512"
    var signingOnly = try signer.rsaKey
    signingOnly["key_ops"] = ["sign"]
    var weak = try signer.rsaKey
    weak["n"] = .string(Base64URL.encode([UInt8](repeating: 0xFF, count: 128)))
    var huge = try signer.rsaKey
    huge["n"] = .string(Base64URL.encode([UInt8](repeating: 0xFF, count: 2048)))
    let secret: JSONObject = ["kty": "oct", "kid": "k1", "k": "AAAA"]
    var offCurve = signer.ecKey
    offCurve["kid"] = "k1"
    for key in [encryption, otherAlgorithm, signingOnly, weak, huge, secret, offCurve, [:]] {
      #expect(throws: IDTokenFault.unknownKey(id: "k1")) { try Draft().validate(keys: [key]) }
      _ = try Draft().validate(keys: [key, signer.rsaKey])
    }
  }

  @Test("a key with another's name and other numbers gives no signature")
  func anotherKey() throws {
    let signer = try SigningFixture.shared.get()
    var other = try signer.rsaKey
    other["n"] = .string(Base64URL.encode([UInt8](repeating: 0xFD, count: 256)))
    #expect(throws: IDTokenFault.badSignature) { try Draft().validate(keys: [other]) }
    var offCurve = signer.ecKey
    offCurve["y"] = offCurve["x"]
    var draft = Draft()
    draft.header = ["alg": "ES256", "kid": "e1"]
    draft.expectation.algorithms = ["ES256"]
    #expect(throws: IDTokenFault.badSignature) { try draft.validate(keys: [offCurve]) }
  }

  @Test("without a kid, two keys of the algorithm leave none")
  func ambiguousKey() throws {
    let signer = try SigningFixture.shared.get()
    var second = try signer.rsaKey
    second["kid"] = "k2"
    var draft = Draft()
    draft.header["kid"] = nil
    #expect(throws: IDTokenFault.unknownKey(id: nil)) {
      try draft.validate(keys: [signer.rsaKey, second])
    }
  }

  @Test(
    "a key set without a list of keys is nonsense",
    arguments: ["", "[]", "{}", #"{"keys":null}"#, #"{"keys":{}}"#])
  func noKeys(body: String) {
    #expect(throws: OAuthFault.self) { try KeySet(body: Array(body.utf8)) }
  }
}
