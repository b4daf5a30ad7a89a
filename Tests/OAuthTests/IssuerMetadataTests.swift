// Which metadata is believed: the configured issuer's, with every address on its origin.

import HTTPTypes
import JSON
import OAuth
import Testing

@Suite("Issuer metadata")
struct IssuerMetadataTests {
  @Test("the document lies under the issuer, whether it is configured with a slash or without")
  func address() throws {
    let url = "https://acme.okta.com/oauth2/default/.well-known/openid-configuration"
    #expect(try IssuerMetadata.request(issuer: Fixture.issuer).url == url)
    #expect(try IssuerMetadata.request(issuer: Fixture.issuer + "/").url == url)
    #expect(try IssuerMetadata.request(issuer: Fixture.issuer).head.method == .get)
  }

  @Test(
    "an issuer that no request may go to is refused",
    arguments: ["", "acme.okta.com", "http://acme.okta.com", "https://a@b", "https://a?b"])
  func badIssuer(issuer: String) {
    #expect(throws: OAuthFault.offOrigin(url: issuer)) {
      try IssuerMetadata.request(issuer: issuer)
    }
  }

  @Test("the endpoints are read, and interact lies beside authorize")
  func endpoints() throws {
    let metadata = try Fixture.metadata()
    #expect(metadata.issuer == Fixture.issuer)
    #expect(metadata.tokenEndpoint.url == "https://acme.okta.com/oauth2/default/v1/token")
    #expect(metadata.jwksURI.path == "/oauth2/default/v1/keys")
    #expect(metadata.interactEndpoint.url == "https://acme.okta.com/oauth2/default/v1/interact")
    #expect(metadata.revocationEndpoint?.path == "/oauth2/default/v1/revoke")
    #expect(metadata.idTokenSigningAlgorithms == ["RS256"])
    #expect(metadata.origin == Origin("https://acme.okta.com"))
  }

  @Test("without an authorization endpoint, interact lies beside token")
  func noAuthorizationEndpoint() throws {
    let metadata = try Fixture.metadata(["authorization_endpoint": nil])
    #expect(metadata.interactEndpoint.path == "/oauth2/default/v1/interact")
  }

  @Test("an issuer that names no algorithms signs with RS256")
  func defaultAlgorithm() throws {
    let metadata = try Fixture.metadata(["id_token_signing_alg_values_supported": nil])
    #expect(metadata.idTokenSigningAlgorithms == ["RS256"])
  }

  @Test(
    "another issuer's metadata is refused, however like it is",
    arguments: [
      "https://acme.okta.com", "https://acme.okta.com/oauth2/default/",
      "https://ACME.okta.com/oauth2/default", "https://acme.okta.com:443/oauth2/default",
      "https://evil.example/oauth2/default", "",
    ])
  func mismatch(got: String) {
    #expect(throws: OAuthFault.issuerMismatch(got: got)) {
      try Fixture.metadata(["issuer": .string(got)])
    }
  }

  @Test("one slash at the end of the configured issuer is overlooked, two are not")
  func slash() throws {
    let body = Fixture.metadataBody()
    _ = try IssuerMetadata(body: body, configuredIssuer: Fixture.issuer + "/")
    #expect(throws: OAuthFault.issuerMismatch(got: Fixture.issuer)) {
      try IssuerMetadata(body: body, configuredIssuer: Fixture.issuer + "//")
    }
  }

  @Test(
    "an endpoint elsewhere refuses the whole document",
    arguments: [
      "authorization_endpoint", "token_endpoint", "jwks_uri", "revocation_endpoint",
      "introspection_endpoint", "userinfo_endpoint",
    ])
  func offOrigin(name: String) {
    for url in [
      "https://evil.example/v1/x", "https://acme.okta.com:8443/v1/x", "http://acme.okta.com/v1/x",
      "https://acme.okta.com@evil.example/v1/x", "/v1/x",
    ] {
      #expect(throws: OAuthFault.offOrigin(url: url)) {
        try Fixture.metadata([name: .string(url)])
      }
    }
  }

  @Test("what is needed and missing is named", arguments: ["issuer", "token_endpoint", "jwks_uri"])
  func missing(name: String) {
    #expect(throws: OAuthFault.nonsense(what: "the metadata has no \(name)")) {
      try Fixture.metadata([name: nil])
    }
  }

  @Test("an issuer that takes only plain challenges is refused")
  func plainOnly() {
    #expect(throws: OAuthFault.self) {
      try Fixture.metadata(["code_challenge_methods_supported": ["plain"]])
    }
  }

  @Test("an unknown authorization server is told in the issuer's words")
  func unknownServer() {
    let body = #"{"errorCode":"E0000007","errorSummary":"Not found: Resource not found"}"#
    #expect(
      throws: OAuthFault.serverError(
        status: 404, error: "E0000007", description: "Not found: Resource not found")
    ) {
      try IssuerMetadata.response(
        status: 404, headers: [:], body: Array(body.utf8), configuredIssuer: Fixture.issuer)
    }
  }
}
