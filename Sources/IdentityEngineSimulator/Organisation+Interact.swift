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
      client = try authenticate(request, form, toleratingSecret: true)
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
        client.secret == nil
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
    for token in ["activation_token", "recovery_token"] where form[token] != nil {
      return .oauth(
        "invalid_request", "The \(token.replacing("_", with: " ")) is invalid.")
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
    begin(in: &interaction, now: now)
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

// MARK: Client authentication

/// Why a client was not let in (RFC 6749 §5.2).
enum ClientFault: Error, Sendable {
  case unknown
  case wrongSecret
  case twoMethods

  var answer: Answer {
    switch self {
    case .unknown:
      .oauth("invalid_client", "Invalid value for 'client_id' parameter.", status: 401)
    case .wrongSecret:
      .oauth(
        "invalid_client", "The client secret supplied for a confidential client is invalid.",
        status: 401)
    case .twoMethods:
      .oauth(
        "invalid_request",
        "Cannot supply multiple client credentials. Use one of the following: credentials in the "
          + "Authorization header, credentials in the post body, or a client_assertion in the post "
          + "body.")
    }
  }
}

extension Organisation {
  /// The client that makes a request. A public one names itself, in the body or by HTTP Basic with
  /// an empty secret; a confidential one sends its secret by either way, but not by both.
  /// `toleratingSecret` lets a public client send one that means nothing, as one shipped client
  /// does at `/v1/interact`. Throws what kept it out.
  func authenticate(
    _ request: SimulatedRequest, _ form: FormBody, toleratingSecret: Bool = false
  ) throws(ClientFault) -> OAuthClient {
    let basic = basicCredentials(request.headers[.authorization])
    let posted = form["client_secret"]
    if basic != nil && posted != nil { throw .twoMethods }
    if let basic, let identifier = form["client_id"], identifier != basic.identifier {
      throw .twoMethods
    }
    let identifier = basic?.identifier ?? form["client_id"]
    guard let client = scenario.clients.first(where: { $0.identifier == identifier }) else {
      throw .unknown
    }
    let given = basic?.secret ?? posted ?? ""
    if let secret = client.secret {
      guard given == secret else { throw .wrongSecret }
    } else {
      guard given.isEmpty || given == "null" || toleratingSecret else { throw .wrongSecret }
    }
    return client
  }

  private func basicCredentials(_ header: String?) -> (identifier: String, secret: String)? {
    guard let header, header.lowercased().hasPrefix("basic "),
      let bytes = Data(base64Encoded: String(header.dropFirst(6)))
    else { return nil }
    let parts = String(decoding: bytes, as: UTF8.self)
      .split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let identifier = parts.first else { return nil }
    return (FormBody.unescape(identifier), parts.count > 1 ? FormBody.unescape(parts[1]) : "")
  }
}
