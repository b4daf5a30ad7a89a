// Okta's own published answers, read from a folder that lies beside the project and is not part of
// it. Each file has the outcome that it must have, by name, so that none can be passed over.

import Foundation
import JSON
import OAuth
import Secrets
import Testing

@Suite("The corpus of published answers")
struct CorpusTests {
  enum Outcome: Sendable {
    case tokens(refreshable: Bool, scopes: Int)
    case handle(String)
    case metadata(configured: String, got: OAuthFault?)
    case keys(String)
    case refused(OAuthFault)
  }

  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["REMEDY_IDX_CORPUS"] {
      return URL(fileURLWithPath: path)
    }
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return root.deletingLastPathComponent().appendingPathComponent("shared/idx-corpus")
  }()

  static let isPresent = FileManager.default.fileExists(
    atPath: folder.appendingPathComponent("oauth").path)

  static let widgetIssuer = "http://localhost:3000/oauth2/default"

  static let outcomes: [(file: String, outcome: Outcome)] = [
    (
      "okta-idx-dotnet/03-self-service-password-recovery__reset-password-token-response.json",
      .tokens(refreshable: false, scopes: 2)
    ),
    ("okta-idx-dotnet/common__token-response.json", .tokens(refreshable: false, scopes: 2)),
    ("okta-idx-java/scenario_10_2_1__interact-response.json", .handle("029ZAB")),
    ("okta-idx-java/scenario_10_2_1__token-response.json", .tokens(refreshable: true, scopes: 4)),
    ("okta-idx-java/token-response.json", .tokens(refreshable: true, scopes: 2)),
    (
      "okta-idx-swift/token-error-response.json",
      .refused(.invalidGrant(description: "PKCE verification failed."))
    ),
    (
      "okta-mobile-swift/AuthFoundation__token-mfa_attestation.json",
      .refused(.nonsense(what: "the answer has no access_token"))
    ),
    (
      "okta-mobile-swift/DirectAuth__token-mfa_required.json",
      .refused(.serverError(status: 400, error: "mfa_required", description: "MFA Required"))
    ),
    (
      "okta-mobile-swift/IdP__01-interact-response.json",
      .handle("BEhBiG3udfRv8l2D6Orym_gfhqVcJfaZ1nMeJuFhKWE")
    ),
    ("okta-mobile-swift/IdP__03-token-response.json", .tokens(refreshable: true, scopes: 3)),
    (
      "okta-mobile-swift/OAuth2Auth__openid-configuration-invalid-issuer.json",
      .metadata(
        configured: "https://example.okta.com", got: .issuerMismatch(got: "https://example.com"))
    ),
    (
      "okta-mobile-swift/OAuth2Auth__token-authorization_pending.json",
      .refused(
        .serverError(
          status: 400, error: "authorization_pending", description: "Not yet, buddy..."))
    ),
    (
      "okta-mobile-swift/OAuth2Auth__token-slow_down.json",
      .refused(
        .serverError(status: 400, error: "slow_down", description: "Slow up, dude..."))
    ),
    (
      "okta-mobile-swift/interact-error-response.json",
      .refused(
        .serverError(
          status: 400, error: "invalid_request",
          description: "PKCE code challenge is required when the token endpoint authentication "
            + "method is 'NONE'."))
    ),
    ("okta-mobile-swift/interact-response.json", .handle("003Q14X7li")),
    (
      "okta-mobile-swift/openid-configuration.json",
      .metadata(configured: "https://example.com/oauth2/default", got: nil)
    ),
    (
      "okta-signin-widget/error-400-fake-error.json",
      .refused(
        .serverError(
          status: 400, error: "fake_error", description: "hopefully the widget renders something"))
    ),
    (
      "okta-signin-widget/error-activation-token-invalid.json",
      .refused(
        .serverError(
          status: 400, error: "invalid_request", description: "The activation token is invalid"))
    ),
    ("okta-signin-widget/interact.json", .handle("fake_interaction_handle")),
    (
      "okta-signin-widget/v3__v1__interact__default.json",
      .handle("XW54hgROw9SbFCGdREsFBU5ytY6-imGdwtywkY-eJ14")
    ),
    (
      "okta-signin-widget/v3__v1__keys__default.json",
      .keys("NOYAm7sjlImBvXYnjGZYu5UJg0w5Zx4e5f2iIIyTQbY")
    ),
    ("okta-signin-widget/v3__v1__token__default.json", .tokens(refreshable: false, scopes: 3)),
    (
      "okta-signin-widget/v3__well-known__openid-configuration__default.json",
      .metadata(configured: widgetIssuer, got: nil)
    ),
    (
      "okta-signin-widget/well-known-openid-configuration.json",
      .metadata(configured: widgetIssuer, got: nil)
    ),
  ]

  static func bytes(_ file: String) throws -> [UInt8] {
    let url = folder.appendingPathComponent("oauth").appendingPathComponent(file)
    return try [UInt8](Data(contentsOf: url))
  }

  @Test(
    "each of the 24 OAuth answers is read to its outcome",
    .enabled(
      if: isPresent, "the corpus is not beside the project: set REMEDY_IDX_CORPUS to its folder"),
    arguments: outcomes)
  func reads(file: String, outcome: Outcome) throws {
    let body = try Self.bytes(file)
    switch outcome {
    case .tokens(let refreshable, let scopes):
      let tokens = try TokenResponse(status: 200, headers: [:], body: body)
      let object = try #require(try JSONParser.parse(body, rules: .tolerant).object)
      #expect(tokens.accessToken.exposedText() == object["access_token"]?.string)
      #expect(tokens.idToken?.exposedText() == object["id_token"]?.string)
      #expect(tokens.refreshToken?.exposedText() == object["refresh_token"]?.string)
      #expect((tokens.refreshToken != nil) == refreshable)
      #expect(tokens.expiresIn == 3600 && tokens.scope?.count == scopes)
    case .handle(let handle):
      let got = try InteractRequest.response(status: 200, headers: [:], body: body)
      #expect(got.exposedText() == handle)
    case .metadata(let configured, nil):
      let metadata = try IssuerMetadata(body: body, configuredIssuer: configured)
      #expect(metadata.interactEndpoint.url == configured + "/v1/interact")
      #expect(metadata.revocationEndpoint?.url == configured + "/v1/revoke")
    case .metadata(let configured, .some(let fault)):
      #expect(throws: fault) { try IssuerMetadata(body: body, configuredIssuer: configured) }
    case .keys(let id):
      #expect(try KeySet(body: body).keys.first { $0.id == id }?.algorithm == .rs256)
    case .refused(let fault):
      let status = if case .nonsense = fault { 200 } else { 400 }
      #expect(throws: fault) { try TokenResponse(status: status, headers: [:], body: body) }
    }
  }

  @Test(
    "no OAuth answer of the corpus is left unread",
    .enabled(
      if: isPresent, "the corpus is not beside the project: set REMEDY_IDX_CORPUS to its folder"))
  func complete() throws {
    let root = Self.folder.appendingPathComponent("oauth")
    let folders = try FileManager.default.contentsOfDirectory(atPath: root.path)
    let files = try folders.flatMap { folder in
      try FileManager.default.contentsOfDirectory(
        atPath: root.appendingPathComponent(folder).path
      ).map { "\(folder)/\($0)" }
    }
    #expect(Set(files.filter { $0.hasSuffix(".json") }) == Set(Self.outcomes.map(\.file)))
    #expect(Self.outcomes.count == 24)
  }

  @Test(
    "metadata whose endpoints lie with another host is refused",
    .enabled(
      if: isPresent, "the corpus is not beside the project: set REMEDY_IDX_CORPUS to its folder"))
  func elsewhere() throws {
    let body = try Self.bytes(
      "okta-mobile-swift/OAuth2Auth__openid-configuration-invalid-issuer.json")
    #expect(throws: OAuthFault.offOrigin(url: "https://example.okta.com/oauth2/v1/token")) {
      try IssuerMetadata(body: body, configuredIssuer: "https://example.com")
    }
  }
}
