// What goes out, parameter by parameter, and where the proof of the client stands in it.

import HTTPTypes
import OAuth
import Secrets
import Testing

@Suite("Requests")
struct RequestTests {
  let interact = InteractRequest(
    clientID: "0oa1", scopes: ["openid", "offline_access"],
    redirectURI: "http://127.0.0.1/cb?a=b&c", codeChallenge: "ch", state: "st", nonce: "no",
    maxAge: 0, deviceToken: "device")

  @Test("interact says what is wanted, percent-encoded")
  func interactForm() throws {
    let request = try interact.request(try Fixture.metadata(), stamp: .test)
    #expect(request.head.method == .post)
    #expect(request.url == "https://acme.okta.com/oauth2/default/v1/interact")
    #expect(request.head.headerFields[.contentType] == "application/x-www-form-urlencoded")
    #expect(request.head.headerFields[.accept] == "application/json")
    #expect(
      request.parameters == [
        "client_id": "0oa1", "scope": "openid%20offline_access",
        "redirect_uri": "http%3A%2F%2F127.0.0.1%2Fcb%3Fa%3Db%26c", "code_challenge": "ch",
        "code_challenge_method": "S256", "state": "st", "nonce": "no", "max_age": "0",
      ])
  }

  @Test("what is wanted beside comes along, and a confidential client's device token as a header")
  func interactOptions() throws {
    var wish = interact
    wish.authentication = .clientSecretBasic(Secret("s&t"))
    wish.loginHint = "é"
    wish.acrValues = "phr"
    wish.audience = "api://x"
    wish.activationToken = Secret("act")
    wish.recoveryToken = Secret("rec")
    let request = try wish.request(try Fixture.metadata(), stamp: .test)
    #expect(request.parameters["login_hint"] == "%C3%A9")
    #expect(request.parameters["acr_values"] == "phr")
    #expect(request.parameters["audience"] == "api%3A%2F%2Fx")
    #expect(request.parameters["activation_token"] == "act")
    #expect(request.parameters["recovery_token"] == "rec")
    #expect(request.head.headerFields[try #require(.init("X-Device-Token"))] == "device")
    #expect(request.parameters["client_secret"] == "s%26t")
    #expect(request.head.headerFields[.authorization] == nil)
  }

  @Test("a public client's device token is not sent")
  func publicDevice() throws {
    let request = try interact.request(try Fixture.metadata(), stamp: .test)
    #expect(request.head.headerFields[try #require(.init("X-Device-Token"))] == nil)
  }

  @Test("an interaction code is redeemed with its verifier and without scopes")
  func interactionCode() throws {
    let request = try TokenRequest.interactionCode(
      code: Secret("U78g"), verifier: Secret("ver"), clientID: "0oa1", authentication: .none,
      metadata: try Fixture.metadata(), stamp: .test)
    #expect(request.url == "https://acme.okta.com/oauth2/default/v1/token")
    #expect(
      request.parameters == [
        "grant_type": "interaction_code", "interaction_code": "U78g", "code_verifier": "ver",
        "client_id": "0oa1",
      ])
  }

  @Test("a refresh asks for the same scopes by naming none, and for fewer by naming them")
  func refresh() throws {
    let metadata = try Fixture.metadata()
    let same = try TokenRequest.refresh(
      refreshToken: Secret("r/1"), clientID: "0oa1", authentication: .none, metadata: metadata,
      stamp: .test)
    #expect(
      same.parameters
        == ["grant_type": "refresh_token", "refresh_token": "r%2F1", "client_id": "0oa1"])
    let fewer = try TokenRequest.refresh(
      refreshToken: Secret("r"), scopes: ["openid", "a.b"], clientID: "0oa1",
      authentication: .none, metadata: metadata, stamp: .test)
    #expect(fewer.parameters["scope"] == "openid%20a.b")
  }

  @Test("a token is revoked where the issuer has an endpoint for it")
  func revoke() throws {
    let request = try TokenRequest.revoke(
      token: Secret("t"), hint: .refreshToken, clientID: "0oa1",
      authentication: .clientSecretPost(Secret("s")),
      at: try #require(Fixture.metadata().revocationEndpoint), stamp: .test)
    #expect(request.url == "https://acme.okta.com/oauth2/default/v1/revoke")
    #expect(
      request.parameters == [
        "token": "t", "token_type_hint": "refresh_token", "client_id": "0oa1", "client_secret": "s",
      ])
    #expect(try Fixture.metadata(["revocation_endpoint": nil]).revocationEndpoint == nil)
  }

  @Test("an empty 200 is a revocation, a refusal is not")
  func revocation() throws {
    try TokenRequest.revocation(status: 200, headers: [:], body: [])
    try TokenRequest.revocation(status: 204, headers: [:], body: [])
    #expect(throws: OAuthFault.unavailable(status: 503)) {
      try TokenRequest.revocation(status: 503, headers: [:], body: [])
    }
    #expect(throws: OAuthFault.clientRejected(error: "invalid_client", description: nil)) {
      try TokenRequest.revocation(
        status: 401, headers: [:], body: Array(#"{"error":"invalid_client"}"#.utf8))
    }
  }

  @Test(
    "RFC 6749 §2.3.1: id and secret are form-encoded, then base64 with padding",
    arguments: [
      ("s6BhdRkqt3", "gX1fBat3bV", "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"),
      ("a:b", "c d", "Basic YSUzQWI6YyUyMGQ="),
      // Octets that give each of the two letters in which the alphabets differ.
      ("~~~", "~?~", "Basic fn5+On4lM0Z+"),
    ])
  func basic(id: String, secret: String, header: String) throws {
    let request = try TokenRequest.refresh(
      refreshToken: Secret("r"), clientID: id, authentication: .clientSecretBasic(Secret(secret)),
      metadata: try Fixture.metadata(), stamp: .test)
    #expect(request.head.headerFields[.authorization] == header)
    #expect(request.parameters["client_secret"] == nil)
  }

  @Test("a request does not print what it carries")
  func redacted() throws {
    let request = try TokenRequest.refresh(
      refreshToken: Secret("canary1"), clientID: "0oa1",
      authentication: .clientSecretBasic(Secret("canary2")), metadata: try Fixture.metadata(),
      stamp: .test)
    var dumped = ""
    dump(request, to: &dumped)
    #expect("\(request)" == "POST https://acme.okta.com/oauth2/default/v1/token")
    let authorization = try #require(request.head.headerFields[.authorization])
    for text in [dumped, String(reflecting: request)] {
      #expect(!text.contains("canary1") && !text.contains(authorization))
    }
  }
}
