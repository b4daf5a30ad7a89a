// The first request of a sign-in, and who may make it.

import FoundationEssentials
import HTTPTypes

extension Organisation {
  mutating func interact(
    _ request: SimulatedRequest, server: AuthorizationServer?, now: Date
  ) -> Answer {
    let form = request.form
    if form.hasDuplicates {
      return .oauth("invalid_request", "The request includes a parameter more than once.")
    }
    let client: OAuthClient
    do throws(ClientFault) {
      client = try authenticate(request, form, now: now, toleratingSecret: true)
    } catch {
      return error.answer
    }
    guard client.grants.contains("interaction_code") else {
      return .oauth(
        "unauthorized_client",
        "The client is not authorized to use the provided grant type. Configured grant types: "
          + "[\(client.grants.joined(separator: ", "))].")
    }
    guard let challenge = form["code_challenge"], !challenge.isEmpty else {
      return .oauth(
        "invalid_request",
        client.isPublic
          ? "PKCE code challenge is required when the token endpoint authentication method is "
            + "'NONE'."
          : "PKCE code challenge is required.")
    }
    guard form["code_challenge_method"] == "S256", isChallenge(challenge) else {
      return .oauth("invalid_request", "The code challenge method must be 'S256'.")
    }
    guard let redirect = form["redirect_uri"], client.allows(redirect: redirect) else {
      return .oauth(
        "invalid_request",
        "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings.")
    }
    let scopes = (form["scope"] ?? "").split(separator: " ").map { String($0) }
    let known = Set(self.scopes(of: server))
    guard !scopes.isEmpty, scopes.allSatisfy({ known.contains($0) }) else {
      return .oauth(
        "invalid_scope",
        "One or more scopes are not configured for the authorization server "
          + "resource.")
    }
    var interaction = Interaction(
      handle: random.handle(43), client: client, server: server, scopes: scopes,
      codeChallenge: challenge, redirectURI: redirect, state: form["state"], nonce: form["nonce"],
      loginHint: form["login_hint"], maxAge: form["max_age"])
    for purpose in [LinkPurpose.activation, .recovery] {
      guard let token = form[purpose.parameter] else { continue }
      guard begin(with: token, purpose, in: &interaction, now: now) else {
        let name = purpose.parameter.replacing("_", with: " ")
        return .oauth("invalid_request", "The \(name) is invalid.")
      }
    }
    if interaction.run == nil { begin(in: &interaction, now: now) }
    interactions[interaction.handle] = interaction
    return .json(["interaction_handle": .string(interaction.handle)])
  }

  /// A SHA-256 digest in base64url without padding is 43 characters (RFC 7636 §4.2).
  private func isChallenge(_ text: String) -> Bool {
    text.utf8.count == 43
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
  }
}

extension OAuthClient {
  /// Whether a redirect URI is registered: exactly, or but for the port where the client says so.
  func allows(redirect: String) -> Bool {
    if redirectURIs.contains(redirect) { return true }
    guard allowsAnyLoopbackPort, let asked = OAuthClient.withoutPort(redirect) else { return false }
    return redirectURIs.contains { OAuthClient.withoutPort($0) == asked }
  }

  private static func withoutPort(_ uri: String) -> String? {
    for host in ["http://127.0.0.1", "http://[::1]"] where uri.hasPrefix(host) {
      let rest = uri.dropFirst(host.count)
      guard rest.first == ":" else { return uri }
      return host + rest.dropFirst().drop { $0.isNumber }
    }
    return nil
  }
}
