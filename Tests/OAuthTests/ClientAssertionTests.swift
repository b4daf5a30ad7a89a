// The proof of a client that signs: what it says, and that no two are the same.

import Crypto
import CryptoExtras
import Foundation
import HTTPTypes
import JSON
import Secrets
import Testing

@testable import OAuth

@Suite("Client assertions")
struct ClientAssertionTests {
  static let now = Date(timeIntervalSince1970: 1_795_514_400.9)
  static let secret = "a-client-secret-of-more-than-32-bytes"

  private func parts(
    of request: OAuthRequest
  ) throws -> (header: JSONValue, claims: JSONValue, signed: Data, signature: [UInt8]) {
    #expect(
      request.parameters["client_assertion_type"]
        == "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer")
    let text = try #require(request.parameters["client_assertion"])
    let parts = text.split(separator: ".").map { String($0) }
    try #require(parts.count == 3)
    return (
      try JSONParser.parse(try #require(Base64URL.decode(parts[0]))),
      try JSONParser.parse(try #require(Base64URL.decode(parts[1]))),
      Data((parts[0] + "." + parts[1]).utf8), try #require(Base64URL.decode(parts[2]))
    )
  }

  private func requests(
    _ authentication: ClientAuthentication, _ stamp: Stamp
  ) throws -> [(String, OAuthRequest)] {
    let metadata = try Fixture.metadata()
    let interact = InteractRequest(
      clientID: "0oa1", authentication: authentication, scopes: ["openid"], redirectURI: "a:/b",
      codeChallenge: "ch", state: "st", nonce: "no")
    return [
      ("interact", try interact.request(metadata, stamp: stamp)),
      (
        "token",
        try TokenRequest.interactionCode(
          code: Secret("c"), verifier: Secret("v"), clientID: "0oa1",
          authentication: authentication, metadata: metadata, stamp: stamp)
      ),
      (
        "token",
        try TokenRequest.refresh(
          refreshToken: Secret("r"), clientID: "0oa1", authentication: authentication,
          metadata: metadata, stamp: stamp)
      ),
      (
        "revoke",
        try TokenRequest.revoke(
          token: Secret("t"), hint: .refreshToken, clientID: "0oa1",
          authentication: authentication, at: try #require(metadata.revocationEndpoint),
          stamp: stamp)
      ),
    ]
  }

  @Test("each endpoint gets an assertion of its own, for itself, for five minutes at most")
  func claims() throws {
    let key = try PrivateKey(Secret(KeyTexts.sec1), id: "k7")
    let stamp = Stamp(time: Self.now, randomBytes: [UInt8](repeating: 0xA5, count: 16))
    for (name, request) in try requests(.privateKeyJWT(key), stamp) {
      let (header, claims, _, _) = try parts(of: request)
      #expect(header == ["alg": "ES256", "typ": "JWT", "kid": "k7"])
      #expect(
        claims == [
          "iss": "0oa1", "sub": "0oa1",
          "aud": .string("https://acme.okta.com/oauth2/default/v1/\(name)"),
          "jti": "paWlpaWlpaWlpaWlpaWlpQ", "iat": 1_795_514_400, "exp": 1_795_514_700,
        ])
      #expect(request.parameters["client_id"] == "0oa1")
      #expect(request.parameters["client_secret"] == nil)
      #expect(request.head.headerFields[.authorization] == nil)
    }
  }

  @Test("private_key_jwt is signed with the key, by RS256 or ES256 as the key is")
  func privateKey() throws {
    let stamp = Stamp(time: Self.now, randomBytes: RandomBytes.bytes(16))
    let elliptic = try P256.Signing.PrivateKey(
      rawRepresentation: try #require(Base64URL.decode(KeyTexts.d)))
    for (_, request) in try requests(
      .privateKeyJWT(PrivateKey(Secret(KeyTexts.sec1))), stamp)
    {
      let (header, _, signed, signature) = try parts(of: request)
      #expect(header == ["alg": "ES256", "typ": "JWT"])
      #expect(
        elliptic.publicKey.isValidSignature(
          try P256.Signing.ECDSASignature(rawRepresentation: signature), for: signed))
    }
    let rsa = try SigningFixture.shared.get().rsa
    for (_, request) in try requests(
      .privateKeyJWT(PrivateKey(Secret(rsa.pemRepresentation))), stamp)
    {
      let (header, _, signed, signature) = try parts(of: request)
      #expect(header["alg"] == "RS256")
      #expect(
        rsa.publicKey.isValidSignature(
          _RSA.Signing.RSASignature(rawRepresentation: signature),
          for: SHA256.hash(data: signed), padding: .insecurePKCS1v1_5))
    }
  }

  @Test("client_secret_jwt is an HMAC with the secret, which itself is never sent")
  func clientSecret() throws {
    let stamp = Stamp(time: Self.now, randomBytes: RandomBytes.bytes(16))
    for (_, request) in try requests(.clientSecretJWT(Secret(Self.secret)), stamp) {
      let (header, _, signed, signature) = try parts(of: request)
      #expect(header == ["alg": "HS256", "typ": "JWT"])
      #expect(
        HMAC<SHA256>.isValidAuthenticationCode(
          Data(signature), authenticating: signed,
          using: SymmetricKey(data: Data(Self.secret.utf8))))
      #expect(!request.text.contains(Self.secret))
    }
  }

  @Test("a client that signs is a confidential one: its device token goes along")
  func confidential() throws {
    let key = try PrivateKey(Secret(KeyTexts.sec1))
    for authentication: ClientAuthentication in [
      .privateKeyJWT(key), .clientSecretJWT(Secret(Self.secret)),
    ] {
      #expect(authentication.isConfidential)
      let request = try InteractRequest(
        clientID: "0oa1", authentication: authentication, scopes: ["openid"], redirectURI: "a:/b",
        codeChallenge: "ch", state: "st", nonce: "no", deviceToken: "device"
      ).request(
        Fixture.metadata(), stamp: Stamp(time: Self.now, randomBytes: RandomBytes.bytes(16)))
      #expect(request.head.headerFields[try #require(.init("X-Device-Token"))] == "device")
    }
  }

  @Test("the key of RFC 7515 A.1 signs its text as it is printed there")
  func vector() throws {
    let key = try #require(
      Base64URL.decode(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))
    let text =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
      + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
      + "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    let code = ClientAssertion.code(over: Array(text.utf8), secret: Secret(copying: key))
    #expect(Base64URL.encode(code) == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
  }
}
