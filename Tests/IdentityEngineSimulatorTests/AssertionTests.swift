// Clients that sign, as the organisation checks them.

import Crypto
import Foundation
import HTTPTypes
import Testing

@testable import IdentityEngineSimulator

@Suite("Client assertions and proofs")
struct AssertionTests {
  static let key = P256.Signing.PrivateKey()
  static let endpoint = "http://127.0.0.1:8080/oauth2/default/v1/token"

  static func jwk(_ key: P256.Signing.PrivateKey) -> RegisteredKey {
    let point = Array(key.publicKey.rawRepresentation)
    return .p256(x: base64URL(Array(point.prefix(32))), y: base64URL(Array(point.suffix(32))))
  }

  static func sign(
    _ header: WireValue, _ claims: WireValue, with key: P256.Signing.PrivateKey = key
  ) throws -> String {
    let signed =
      base64URL(Array(header.jsonText.utf8)) + "." + base64URL(Array(claims.jsonText.utf8))
    return signed + "."
      + base64URL(Array(try key.signature(for: Data(signed.utf8)).rawRepresentation))
  }

  /// An organisation with one client that signs.
  private func visitor() throws -> Visitor {
    var visitor = try Visitor("password") { scenario in
      scenario.clients = [
        OAuthClient(identifier: "0oakeyed", label: "Keyed", keys: [Self.jwk(Self.key)])
      ]
    }
    visitor.clientID = "0oakeyed"
    return visitor
  }

  private func assertion(
    _ visitor: Visitor, _ changes: [String: WireValue?] = [:], alg: String = "ES256"
  ) throws -> [String: String] {
    let now = epoch(visitor.now)
    var claims = WireObject([
      ("iss", "0oakeyed"), ("sub", "0oakeyed"), ("aud", .string(Self.endpoint)),
      ("iat", .integer(now)), ("exp", .integer(now + 300)), ("jti", "id-1"),
    ])
    for (name, value) in changes { claims[name] = value }
    return [
      "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      "client_assertion": try Self.sign(["alg": .string(alg)], .object(claims)),
    ]
  }

  @Test("a good assertion lets the client in, once")
  func once() throws {
    var visitor = try visitor()
    let parameters = try assertion(visitor)
    #expect(visitor.refresh("nothing", parameters).json?["error"] == "invalid_grant")
    #expect(visitor.refresh("nothing", parameters).json?["error"] == "invalid_client")
    let fresh = try assertion(visitor, ["jti": "id-2"])
    #expect(visitor.refresh("nothing", fresh).json?["error"] == "invalid_grant")
  }

  @Test("an assertion that is wrong in one place is refused, and so is a client without one")
  func refused() throws {
    var visitor = try visitor()
    let now = epoch(visitor.now)
    let wrong: [[String: WireValue?]] = [
      ["aud": "http://127.0.0.1:8080/oauth2/default"], ["iss": "somebody"], ["sub": "somebody"],
      ["exp": .integer(now)], ["exp": .integer(now + 3601)], ["exp": nil],
      ["iat": .integer(now + 1)], ["jti": nil],
    ]
    for changes in wrong {
      let answer = visitor.refresh("nothing", try assertion(visitor, changes))
      #expect(answer.status == 401, "\(changes)")
      #expect(answer.json?["error"] == "invalid_client", "\(changes)")
    }
    for alg in ["none", "HS256", "RS256"] {
      let answer = visitor.refresh("nothing", try assertion(visitor, alg: alg))
      #expect(answer.json?["error"] == "invalid_client")
    }
    #expect(visitor.refresh("nothing").json?["error"] == "invalid_client")
    var both = try assertion(visitor)
    both["client_secret"] = "secret"
    #expect(visitor.refresh("nothing", both).json?["error"] == "invalid_request")
  }

  @Test("a request is pushed by a client that proves itself, for a redirect URI of its own")
  func pushed() throws {
    var visitor = try Visitor("password")
    let parameters = [
      "client_id": "0oaremedydemo00000", "response_type": "code",
      "redirect_uri": "http://127.0.0.1:8765/callback",
    ]
    let answer = visitor.form(visitor.base + "/par", parameters)
    #expect(answer.status == 201)
    #expect(answer.json?["request_uri"]?.text?.hasPrefix("urn:okta:request:") == true)
    #expect(answer.json?["expires_in"] == 90)
    let other = parameters.merging(["redirect_uri": "http://127.0.0.1/"]) { $1 }
    #expect(visitor.form(visitor.base + "/par", other).status == 400)
  }

  // MARK: Proofs of possession

  private func proof(
    _ visitor: Visitor, nonce: String?, key: P256.Signing.PrivateKey = key,
    _ changes: [String: WireValue?] = [:], header: [String: WireValue?] = [:]
  ) throws -> HTTPFields {
    let jwk = Self.jwk(key)
    var head = WireObject([
      ("typ", "dpop+jwt"), ("alg", "ES256"),
      (
        "jwk",
        [
          "kty": "EC", "crv": "P-256", "x": .string(jwk.x ?? ""), "y": .string(jwk.y ?? ""),
        ]
      ),
    ])
    for (name, value) in header { head[name] = value }
    var claims = WireObject([
      ("htm", "POST"), ("htu", .string(Self.endpoint)), ("iat", .integer(epoch(visitor.now))),
      ("jti", .string(UUID().uuidString)),
    ])
    if let nonce { claims["nonce"] = .string(nonce) }
    for (name, value) in changes { claims[name] = value }
    return [.dpop: try Self.sign(.object(head), .object(claims), with: key)]
  }

  private func post(
    _ visitor: inout Visitor, _ parameters: [String: String], _ headers: HTTPFields
  ) -> SimulatedResponse {
    visitor.send(
      .post, "/oauth2/default/v1/token", type: "application/x-www-form-urlencoded",
      body: parameters.map { "\($0.key)=\($0.value)" }.joined(separator: "&"), headers: headers)
  }

  @Test("a client that must prove its key gets tokens bound to it, after the nonce, and no others")
  func possession() throws {
    var visitor = try Visitor("dpop")
    visitor.clientID = "0oaremedybound00000"
    _ = try visitor.begin(["client_id": visitor.clientID])
    try visitor.identify()
    try visitor.prove(Visitor.password)
    let redeem = [
      "grant_type": "interaction_code", "interaction_code": try #require(visitor.code),
      "client_id": visitor.clientID, "code_verifier": Visitor.verifier,
    ]
    #expect(post(&visitor, redeem, [:]).json?["error"] == "invalid_dpop_proof")
    let challenge = post(&visitor, redeem, try proof(visitor, nonce: nil))
    #expect(challenge.status == 400)
    #expect(challenge.json?["error"] == "use_dpop_nonce")
    let nonce = try #require(challenge.headers[.dpopNonce])

    let wrong: [(HTTPFields, String)] = [
      (try proof(visitor, nonce: "stale"), "use_dpop_nonce"),
      (try proof(visitor, nonce: nonce, ["htm": "GET"]), "invalid_dpop_proof"),
      (try proof(visitor, nonce: nonce, ["htu": "http://other/"]), "invalid_dpop_proof"),
      (try proof(visitor, nonce: nonce, ["iat": 1]), "invalid_dpop_proof"),
      (try proof(visitor, nonce: nonce, ["jti": "short"]), "invalid_dpop_proof"),
      (try proof(visitor, nonce: nonce, header: ["typ": "JWT"]), "invalid_dpop_proof"),
      (try proof(visitor, nonce: nonce, header: ["alg": "none"]), "invalid_dpop_proof"),
    ]
    for (headers, error) in wrong {
      #expect(post(&visitor, redeem, headers).json?["error"] == .string(error))
    }

    let good = try proof(visitor, nonce: nonce)
    let tokens = try #require(post(&visitor, redeem, good).json)
    #expect(tokens["token_type"] == "DPoP")
    let access = try #require(tokens["access_token"]?.text)
    #expect(
      try claims(of: access).payload["cnf"]?["jkt"] == .string(Self.jwk(Self.key).thumbprint))
    #expect(post(&visitor, redeem, good).json?["error"] == "invalid_dpop_proof")

    // Refreshing is for the same key only, and only with one.
    let refresh = [
      "grant_type": "refresh_token", "client_id": visitor.clientID,
      "refresh_token": try #require(tokens["refresh_token"]?.text),
    ]
    let another = try proof(visitor, nonce: nonce, key: P256.Signing.PrivateKey())
    #expect(post(&visitor, refresh, another).json?["error"] == "invalid_dpop_proof")
    #expect(post(&visitor, refresh, [:]).json?["error"] == "invalid_dpop_proof")
    #expect(
      post(&visitor, refresh, try proof(visitor, nonce: nonce)).json?["token_type"] == "DPoP")

    // At a resource the proof is for that very token.
    func userInfo(_ scheme: String, _ proof: HTTPFields) -> Int {
      var headers = proof
      headers[.authorization] = "\(scheme) \(access)"
      return visitor.send(.get, "/oauth2/default/v1/userinfo", headers: headers).status
    }
    let resource: [String: WireValue?] = [
      "htm": "GET", "htu": "http://127.0.0.1:8080/oauth2/default/v1/userinfo",
      "ath": .string(base64URL(Array(SHA256.hash(data: Data(access.utf8))))),
    ]
    #expect(userInfo("Bearer", [:]) == 401)
    #expect(userInfo("DPoP", [:]) == 401)
    #expect(
      userInfo("DPoP", try proof(visitor, nonce: nil, resource.merging(["ath": "x"]) { $1 })) == 401
    )
    #expect(userInfo("DPoP", try proof(visitor, nonce: nil, resource)) == 200)
  }

  @Test("the thumbprint is that of RFC 7638 §3.1")
  func thumbprint() {
    var key = RegisteredKey.p256(x: "", y: "")
    key.kty = "RSA"
    key.e = "AQAB"
    key.n =
      "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP"
      + "ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2Qvz"
      + "qY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6We"
      + "Zu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    #expect(key.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
  }

  @Test("by switch, tokens are signed with ES256, and the metadata says so")
  func es256() throws {
    let organisation = try Organisation(
      scenario: try #require(Scenario.named("es256")), origin: "http://127.0.0.1:8080")
    var visitor = try Visitor("password")
    visitor.organisation = organisation
    let metadata = visitor.send(
      .get, "/oauth2/default/.well-known/openid-configuration"
    ).json
    #expect(metadata?["id_token_signing_alg_values_supported"] == ["ES256"])
    #expect(metadata?["require_pushed_authorization_requests"] == true)
    let token = try #require(try visitor.signIn()["id_token"]?.text)
    #expect(try claims(of: token).header["alg"] == "ES256")
    let published = visitor.send(.get, "/oauth2/default/v1/keys").json?["keys"]?[0]
    let key = RegisteredKey.p256(
      x: published?["x"]?.text ?? "", y: published?["y"]?.text ?? "")
    #expect(ReceivedJWT(token)?.isSigned(by: key) == true)
  }
}
