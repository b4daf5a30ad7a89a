import Foundation
import HTTPTypes
import Testing

@testable import IdentityEngineSimulator

@Suite("The first request")
struct InteractTests {
  @Test(
    "what is wrong with it is said in OAuth's words",
    arguments: [
      (["code_challenge": ""], 400, "invalid_request"),
      (["code_challenge": "too-short"], 400, "invalid_request"),
      (["code_challenge_method": "plain"], 400, "invalid_request"),
      (["redirect_uri": "http://127.0.0.1:8766/callback"], 400, "invalid_request"),
      (["redirect_uri": "http://127.0.0.1:8765/callback/"], 400, "invalid_request"),
      (["activation_token": "x"], 400, "invalid_request"),
      (["recovery_token": "x"], 400, "invalid_request"),
      (["scope": ""], 400, "invalid_scope"),
      (["scope": "openid everything"], 400, "invalid_scope"),
      (["client_id": "0oanobody"], 401, "invalid_client"),
      (["client_id": "0oaremedyservice00"], 401, "invalid_client"),
    ])
  func refusals(changes: [String: String], status: Int, error: String) throws {
    var visitor = try Visitor("password")
    let answer = visitor.form(
      visitor.base + "/interact", Visitor.interactParameters.merging(changes) { $1 })
    #expect(answer.status == status)
    #expect(answer.json?["error"] == .string(error))
    #expect(answer.json?["error_description"]?.text?.isEmpty == false)
  }

  @Test("a client without the grant is not authorized")
  func grant() throws {
    var visitor = try Visitor("password") { $0.clients[0].grants = ["refresh_token"] }
    let answer = visitor.form(visitor.base + "/interact", Visitor.interactParameters)
    #expect(answer.json?["error"] == "unauthorized_client")
  }

  @Test("any loopback port will do only where the client says so")
  func loopbackPort() throws {
    let other = ["redirect_uri": "http://127.0.0.1:50123/callback"]
    var visitor = try Visitor("password") { $0.clients[0].allowsAnyLoopbackPort = true }
    _ = try visitor.begin(other)
    #expect(visitor.status == 200)
    let path = Visitor.interactParameters.merging(
      ["redirect_uri": "http://127.0.0.1:50123/elsewhere"]) { $1 }
    #expect(visitor.form(visitor.base + "/interact", path).status == 400)
  }

  @Test(
    "a body that nobody encoded is read, and a secret that a public client need not send ignored")
  func unencoded() throws {
    var visitor = try Visitor("password")
    let body =
      "client_id=0oaremedydemo00000&client_secret=null&scope=openid profile email"
      + "&redirect_uri=http://127.0.0.1:8765/callback&state=x&code_challenge=\(Visitor.challenge)"
      + "&code_challenge_method=S256"
    let answer = visitor.send(
      .post, "/oauth2/v1/interact",
      type: "application/x-www-form-urlencoded; charset=UTF-8", body: body)
    #expect(answer.status == 200)
    #expect(answer.json?.members?.members.count == 1)
  }

  @Test("a confidential client sends its secret in the body or by Basic, not by both")
  func confidential() throws {
    let secret = "simulated-client-secret-of-no-worth"
    var visitor = try Visitor("password")
    visitor.clientID = "0oaremedyservice00"
    let changes = ["client_id": visitor.clientID, "client_secret": secret]
    _ = try visitor.begin(changes)
    try visitor.identify()
    try visitor.prove(Visitor.password)
    let success = visitor.page["successWithInteractionCode"]?["value"]?.elements ?? []
    #expect(success.contains { $0["name"] == "client_secret" })
    #expect(success.last?["name"] == "code_verifier")
    #expect(success.last?["value"] == nil)
    let code = try #require(visitor.code)
    let basic = Data("\(visitor.clientID):\(secret)".utf8).base64EncodedString()
    let body =
      "grant_type=interaction_code&interaction_code=\(code)&code_verifier=\(Visitor.verifier)"
    func post(_ body: String, in visitor: inout Visitor) -> SimulatedResponse {
      visitor.send(
        .post, visitor.base + "/token", type: "application/x-www-form-urlencoded", body: body,
        headers: [.authorization: "Basic \(basic)"])
    }
    #expect(
      post(body + "&client_secret=\(secret)", in: &visitor).json?["error"] == "invalid_request")
    #expect(visitor.exchange(code).status == 401)
    #expect(visitor.exchange(code, ["client_secret": "wrong"]).status == 401)
    let answer = post(body, in: &visitor)
    #expect(answer.status == 200)
    let token = try #require(answer.json?["refresh_token"]?.text)
    #expect(visitor.refresh(token, ["client_secret": secret]).status == 200)
  }

  @Test("a server without an access policy rule lets a sign-in begin, and no further")
  func noPolicy() throws {
    var visitor = try Visitor("password") {
      $0.authorizationServers[0].allowsInteractionCode = false
    }
    _ = try visitor.begin()
    #expect(visitor.status == 403)
    #expect(visitor.topKeys == ["idx.error.code.no_matching_policy"])
  }

  @Test("each server publishes its two documents, and interact is in none")
  func metadata() throws {
    var visitor = try Visitor("password")
    let places = [
      "/.well-known/openid-configuration": "",
      "/.well-known/oauth-authorization-server": "",
      "/oauth2/default/.well-known/openid-configuration": "/oauth2/default",
      "/oauth2/default/.well-known/oauth-authorization-server": "/oauth2/default",
      "/.well-known/oauth-authorization-server/oauth2/default": "/oauth2/default",
    ]
    for (path, issuer) in places {
      let answer = visitor.send(.get, path)
      #expect(answer.status == 200)
      let document = answer.json
      #expect(document?["issuer"] == .string("http://127.0.0.1:8080" + issuer))
      let base = issuer.isEmpty ? "/oauth2/v1" : "/oauth2/default/v1"
      #expect(
        document?["token_endpoint"] == .string("http://127.0.0.1:8080\(base)/token"))
      #expect(document?["code_challenge_methods_supported"] == ["S256"])
      #expect(document?.jsonText.contains("interact") == false)
      #expect((document?["userinfo_endpoint"] != nil) == path.hasSuffix("openid-configuration"))
      #expect(answer.headers[.cacheControl]?.contains("max-age") == true)
      #expect(answer.headers[.rateLimit] == nil)
    }
  }

  @Test("there is an answer to what is not there, and to the wrong method")
  func notThere() throws {
    var visitor = try Visitor("password")
    for path in ["/", "/oauth2/v1/nothing", "/oauth2/ausnone/v1/keys", "/idp/idx/nothing"] {
      let answer = visitor.send(.get, path)
      #expect(answer.status == 404)
      #expect(answer.json?["errorCode"] == "E0000007")
    }
    for path in ["/oauth2/v1/token", "/idp/idx/introspect", "/oauth2/default/v1/interact"] {
      let answer = visitor.send(.get, path)
      #expect(answer.status == 405)
      #expect(answer.json?["errorCode"] == "E0000022")
    }
    #expect(visitor.send(.post, "/oauth2/v1/keys").status == 405)
    #expect(visitor.send(.get, "/.well-known/oauth-authorization-server/oauth2/no").status == 404)
  }

  @Test("every answer has a date and a request id, and what is not cached its rate limit")
  func headers() throws {
    var visitor = try Visitor("password")
    let answer = visitor.form("/oauth2/v1/token", [:])
    #expect(answer.headers[.date] == "Mon, 21 Sep 2026 14:13:20 GMT")
    #expect(answer.headers[.oktaRequestID]?.isEmpty == false)
    #expect(answer.headers[.rateLimitRemaining] == "599")
    #expect(visitor.form("/oauth2/v1/token", [:]).headers[.rateLimitRemaining] == "598")
    #expect(answer.headers[.rateLimitReset] == String(epoch(visitor.now) + 60))
  }
}
