import Foundation
import HTTPTypes
import Testing

@testable import IdentityEngineSimulator

@Suite("Tokens")
struct TokenTests {
  @Test("an ID token is signed with a published key and says what it must")
  func idToken() throws {
    for base in ["/oauth2/v1", "/oauth2/default/v1"] {
      var visitor = try Visitor("password")
      visitor.base = base
      let tokens = try visitor.signIn()
      let token = try #require(tokens["id_token"]?.text)
      try visitor.verify(token)
      let (header, payload) = try claims(of: token)
      #expect(header["alg"] == "RS256")
      let issuer = base == "/oauth2/v1" ? "" : "/oauth2/default"
      #expect(payload["iss"] == .string("http://127.0.0.1:8080" + issuer))
      #expect(payload["aud"] == "0oaremedydemo00000")
      #expect(payload["nonce"] == "a-nonce")
      #expect(payload["iat"] == .integer(epoch(visitor.now)))
      #expect(payload["exp"] == .integer(epoch(visitor.now) + 3600))
      #expect(payload["auth_time"] == .integer(epoch(visitor.now)))
      #expect(payload["amr"] == ["pwd"])
      #expect(payload["email"] == "ann@example.com")
      #expect(payload["ver"] == 1)
      #expect(payload["jti"] != nil && payload["idp"] != nil && payload["sub"] != nil)
      let access = try #require(tokens["access_token"]?.text)
      #expect(payload["at_hash"]?.text == Visitor.leftHalf(of: access))
      #expect(tokens["token_type"] == "Bearer")
      #expect(tokens["expires_in"] == 3600)
      #expect(tokens["scope"] == "openid profile email offline_access")
    }
  }

  @Test("a nonce is echoed only where there was one")
  func noNonce() throws {
    var visitor = try Visitor("password")
    var parameters = Visitor.interactParameters
    parameters["nonce"] = nil
    let handle = visitor.form(visitor.base + "/interact", parameters).json?["interaction_handle"]
    try visitor.idx("/idp/idx/introspect", ["interactionHandle": try #require(handle)])
    try visitor.identify()
    try visitor.prove(Visitor.password)
    let token = visitor.exchange(try #require(visitor.code)).json?["id_token"]?.text ?? ""
    #expect(try claims(of: token).payload["nonce"] == nil)
  }

  @Test("scopes decide which tokens there are")
  func scopes() throws {
    var visitor = try Visitor("password")
    let tokens = try visitor.signIn(["scope": "demo.read"])
    #expect(tokens["id_token"] == nil)
    #expect(tokens["refresh_token"] == nil)
    #expect(tokens["scope"] == "demo.read")
  }

  @Test("an access token of a custom server can be verified, that of the organisation's own cannot")
  func accessTokens() throws {
    var visitor = try Visitor("password")
    let custom = try #require(try visitor.signIn()["access_token"]?.text)
    try visitor.verify(custom)
    let payload = try claims(of: custom).payload
    #expect(payload["aud"] == "api://default")
    #expect(payload["cid"] == "0oaremedydemo00000")
    #expect(payload["scp"]?.elements?.count == 4)
    visitor.base = "/oauth2/v1"
    let own = try #require(try visitor.signIn()["access_token"]?.text)
    #expect(throws: (any Error).self) { try visitor.verify(own) }
  }

  @Test("a code works once, for its client, on its server, with its verifier, for sixty seconds")
  func codes() throws {
    var visitor = try Visitor("password")
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.prove(Visitor.password)
    let code = try #require(visitor.code)
    func refusal(_ change: (inout Visitor) -> SimulatedResponse) -> WireValue? {
      var other = visitor
      let response = change(&other)
      #expect(response.status == 400)
      return response.json?["error"]
    }
    #expect(refusal { $0.exchange(code, ["code_verifier": "too-short"]) } == "invalid_grant")
    #expect(
      refusal { $0.exchange(code, ["code_verifier": String(repeating: "x", count: 43)]) }
        == "invalid_grant")
    #expect(refusal { $0.exchange("another") } == "invalid_grant")
    #expect(refusal { $0.exchange(code, ["redirect_uri": "http://x/"]) } == "invalid_grant")
    #expect(
      refusal {
        $0.exchange(
          code,
          [
            "client_id": "0oaremedyservice00",
            "client_secret": "simulated-client-secret-of-no-worth",
          ])
      } == "invalid_grant")
    #expect(
      refusal {
        $0.base = "/oauth2/v1"
        return $0.exchange(code)
      } == "invalid_grant")
    #expect(
      refusal {
        $0.now += 60
        return $0.exchange(code)
      } == "invalid_grant")
    #expect(
      refusal {
        _ = $0.exchange(code)
        return $0.exchange(code)
      } == "invalid_grant")
    visitor.now += 59
    #expect(visitor.exchange(code).status == 200)
  }

  @Test("a failed PKCE check says so, and spends the code")
  func pkce() throws {
    var visitor = try Visitor("password")
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.prove(Visitor.password)
    let code = try #require(visitor.code)
    let wrong = visitor.exchange(code, ["code_verifier": String(repeating: "v", count: 50)])
    #expect(wrong.json?["error_description"] == "PKCE verification failed.")
    #expect(visitor.exchange(code).status == 400)
  }

  @Test("a refresh token rotates, and the one before works for the leeway")
  func rotation() throws {
    var visitor = try Visitor("password")
    let first = try #require(try visitor.signIn()["refresh_token"]?.text)
    visitor.now += 10
    let answer = visitor.refresh(first)
    #expect(answer.status == 200)
    let second = try #require(answer.json?["refresh_token"]?.text)
    #expect(second != first)
    let token = try #require(answer.json?["id_token"]?.text)
    #expect(try claims(of: token).payload["nonce"] == nil)
    visitor.now += 29
    #expect(visitor.refresh(first).json?["refresh_token"]?.text == second)
    #expect(visitor.refresh(second).status == 200)
    #expect(visitor.organisation.systemLog.isEmpty)
  }

  @Test("a refresh token used again after the leeway takes the whole family with it")
  func reuse() throws {
    var visitor = try Visitor("password")
    let tokens = try visitor.signIn()
    let first = try #require(tokens["refresh_token"]?.text)
    let fresh = try #require(visitor.refresh(first).json)
    let second = try #require(fresh["refresh_token"]?.text)
    visitor.now += 31
    let refused = visitor.refresh(first)
    #expect(refused.status == 400)
    #expect(refused.json?["error_description"] == "The refresh token is invalid or expired.")
    #expect(visitor.refresh(second).status == 400)
    #expect(visitor.organisation.systemLog.map(\.event) == ["app.oauth2.as.token.detect_reuse"])
    for token in [tokens["access_token"], fresh["access_token"]] {
      #expect(userInfo(&visitor, token?.text ?? "").status == 401)
    }
  }

  @Test("with no leeway the old refresh token is dead at once")
  func noLeeway() throws {
    var visitor = try Visitor("password") { $0.clients[0].leewaySeconds = 0 }
    let first = try #require(try visitor.signIn()["refresh_token"]?.text)
    #expect(visitor.refresh(first).status == 200)
    #expect(visitor.refresh(first).status == 400)
  }

  @Test("a static refresh token stays the same, until it has lain unused too long")
  func staticToken() throws {
    var visitor = try Visitor("password") { $0.clients[0].rotation = .static }
    let token = try #require(try visitor.signIn()["refresh_token"]?.text)
    #expect(visitor.refresh(token).json?["refresh_token"]?.text == token)
    visitor.now += 6 * 86400
    #expect(visitor.refresh(token).status == 200)
    visitor.now += 7 * 86400
    #expect(visitor.refresh(token).status == 400)
  }

  @Test("a refresh may ask for less, not for more")
  func fewerScopes() throws {
    var visitor = try Visitor("password")
    let token = try #require(try visitor.signIn()["refresh_token"]?.text)
    let less = visitor.refresh(token, ["scope": "email"])
    #expect(less.json?["scope"] == "email")
    #expect(less.json?["id_token"] == nil)
    let next = try #require(less.json?["refresh_token"]?.text)
    let more = visitor.refresh(next, ["scope": "openid demo.write"])
    #expect(more.status == 400)
    #expect(more.json?["error"] == "access_denied")
    #expect(visitor.refresh(next).json?["scope"] == "openid profile email offline_access")
  }

  @Test("revoking a refresh token kills its access tokens, and the unknown is revoked as gladly")
  func revoke() throws {
    var visitor = try Visitor("password")
    let tokens = try visitor.signIn()
    let access = tokens["access_token"]?.text ?? ""
    let refresh = tokens["refresh_token"]?.text ?? ""
    #expect(userInfo(&visitor, access).json?["email"] == "ann@example.com")
    let path = visitor.base + "/revoke"
    #expect(visitor.form(path, ["token": "unknown"]).status == 200)
    #expect(visitor.form(path, ["token": access, "client_id": visitor.clientID]).status == 200)
    #expect(userInfo(&visitor, access).status == 401)
    let next = try #require(visitor.refresh(refresh).json)
    let basic = Data((visitor.clientID + ":").utf8).base64EncodedString()
    let answer = visitor.send(
      .post, path, type: "application/x-www-form-urlencoded",
      body: "token=\(next["refresh_token"]?.text ?? "")",
      headers: [.authorization: "Basic \(basic)"])
    #expect(answer.status == 200)
    #expect(answer.body.isEmpty)
    #expect(visitor.refresh(next["refresh_token"]?.text ?? "").status == 400)
    #expect(userInfo(&visitor, next["access_token"]?.text ?? "").status == 401)
  }

  @Test("a client cannot revoke what belongs to another")
  func foreignRevoke() throws {
    var visitor = try Visitor("password")
    let access = try visitor.signIn()["access_token"]?.text ?? ""
    let other = [
      "token": access, "client_id": "0oaremedyservice00",
      "client_secret": "simulated-client-secret-of-no-worth",
    ]
    #expect(visitor.form(visitor.base + "/revoke", other).status == 401)
    #expect(userInfo(&visitor, access).status == 200)
  }

  @Test("introspection knows what lives")
  func introspect() throws {
    var visitor = try Visitor("password")
    let access = try visitor.signIn()["access_token"]?.text ?? ""
    let path = visitor.base + "/introspect"
    let alive = visitor.form(path, ["token": access, "client_id": visitor.clientID]).json
    #expect(alive?["active"] == true)
    #expect(alive?["username"] == "ann@example.com")
    #expect(visitor.form(path, ["token": access]).status == 401)
    visitor.now += 3600
    let dead = visitor.form(path, ["token": access, "client_id": visitor.clientID]).json
    #expect(dead == ["active": false])
  }

  @Test("userinfo wants a token with openid")
  func userInfoScopes() throws {
    var visitor = try Visitor("password")
    let none = userInfo(&visitor, "nothing")
    #expect(none.headers[.wwwAuthenticate]?.contains("invalid_token") == true)
    let access = try visitor.signIn(["scope": "demo.read"])["access_token"]?.text ?? ""
    let refused = userInfo(&visitor, access)
    #expect(refused.status == 403)
    #expect(refused.headers[.wwwAuthenticate]?.contains("insufficient_scope") == true)
  }

  @Test("after a rotation new tokens have the new key, and both are published")
  func keyRotation() throws {
    var visitor = try Visitor("password")
    let old = try #require(try visitor.signIn()["id_token"]?.text)
    let before = visitor.organisation.signingKeyIdentifier
    try visitor.organisation.rotateKey()
    #expect(visitor.organisation.signingKeyIdentifier != before)
    let new = try #require(try visitor.signIn()["id_token"]?.text)
    try visitor.verify(old)
    try visitor.verify(new)
    #expect(try claims(of: new).header["kid"] != claims(of: old).header["kid"])
    try visitor.organisation.rotateKey(keepingOld: false, to: Visitor.key)
    #expect(throws: (any Error).self) { try visitor.verify(new) }
  }

  private func userInfo(_ visitor: inout Visitor, _ token: String) -> SimulatedResponse {
    visitor.send(
      .get, visitor.base + "/userinfo", headers: [.authorization: "Bearer \(token)"])
  }
}
