// Which path is whose, and what is said where there is nothing.

import FoundationEssentials
import HTTPTypes

extension Organisation {
  /// The IDX paths that a real organisation has; one that is not on offer is refused by the step.
  private static let idxPaths: Set<String> = [
    "identify", "identify/select", "enroll", "enroll/new", "enroll/update", "challenge",
    "challenge/answer", "challenge/poll", "challenge/resend", "challenge/send",
    "authenticators/poll", "authenticators/poll/cancel", "credential/enroll", "recover",
    "unlock-account", "skip", "consent", "keep-me-signed-in", "request-activation", "poll",
    "device/activate", "authenticators/okta-verify/launch", "authenticators/webauthn/launch",
    "challenge/answer/webauthn-autofillui", "liveness/verify",
    "cancel", "context", "introspect",
  ]

  mutating func route(_ request: SimulatedRequest, now: Date) -> Answer {
    let path = request.path
    if path.hasPrefix("/idp/idx/") {
      let name = String(path.dropFirst("/idp/idx/".count))
      guard
        Organisation.idxPaths.contains(name)
          || name.hasPrefix("authenticators/sso_extension/transactions/")
      else { return notFound(path) }
      guard request.method == .post else { return wrongMethod() }
      return idx(name, request, now: now)
    }
    if path.contains("/.well-known/") {
      guard let server = metadataServer(path) else { return notFound(path) }
      guard request.method == .get else { return wrongMethod() }
      return metadata(of: server.value, isOpenID: path.hasSuffix("/openid-configuration"))
    }
    if request.method == .get || request.method == .post,
      let answer = browse(request, now: now)
    {
      return answer
    }
    guard let (server, endpoint) = oauthEndpoint(path) else { return notFound(path) }
    switch endpoint {
    case "keys":
      guard request.method == .get else { return wrongMethod() }
      return keySet()
    case "userinfo":
      guard request.method == .get || request.method == .post else { return wrongMethod() }
      return userInfo(request, server: server, now: now)
    case "interact", "token", "revoke", "introspect", "par":
      guard request.method == .post else { return wrongMethod() }
      guard request.contentType == "application/x-www-form-urlencoded" else {
        return .oauth(
          "invalid_request", "The request must be of type application/x-www-form-urlencoded.")
      }
      switch endpoint {
      case "interact": return interact(request, server: server, now: now)
      case "token": return token(request, server: server, now: now)
      case "revoke": return revoke(request, now: now)
      case "par": return pushRequest(request, server: server, now: now)
      default: return introspectToken(request, server: server, now: now)
      }
    default:
      return notFound(path)
    }
  }

  private mutating func notFound(_ path: String) -> Answer {
    .api(
      "E0000007", "Not found: Resource not found: \(path) (Resource)", status: 404,
      id: random.handle(20))
  }

  private mutating func wrongMethod() -> Answer {
    .api(
      "E0000022", "The endpoint does not support the provided HTTP method", status: 405,
      id: random.handle(20))
  }

  /// A server that is there; its value is `nil` for the organisation's own.
  struct Server { let value: AuthorizationServer? }

  private func custom(_ identifier: some StringProtocol) -> Server? {
    scenario.authorizationServers.first { $0.identifier == identifier }.map { Server(value: $0) }
  }

  /// Whose metadata a well-known path names. The OAuth document of a custom server stands at two
  /// places: that of RFC 8414 §3.1, and the older one below the issuer.
  private func metadataServer(_ path: String) -> Server? {
    let openID = "/.well-known/openid-configuration"
    let oauth = "/.well-known/oauth-authorization-server"
    if path == openID || path == oauth { return Server(value: nil) }
    if path.hasPrefix(oauth + "/oauth2/") {
      return custom(path.dropFirst(oauth.count + "/oauth2/".count))
    }
    guard path.hasPrefix("/oauth2/") else { return nil }
    for suffix in [openID, oauth] where path.hasSuffix(suffix) {
      return custom(path.dropFirst("/oauth2/".count).dropLast(suffix.count))
    }
    return nil
  }

  private func oauthEndpoint(_ path: String) -> (AuthorizationServer?, String)? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    guard parts.first == "oauth2" else { return nil }
    let rest = Array(parts.dropFirst())
    if rest.count == 2, rest[0] == "v1" { return (nil, String(rest[1])) }
    guard rest.count == 3, rest[1] == "v1", let server = custom(rest[0]) else { return nil }
    return (server.value, String(rest[2]))
  }

  /// The issuer of a server.
  func issuer(of server: AuthorizationServer?) -> String {
    server.map { "\(origin)/oauth2/\($0.identifier)" } ?? origin
  }

  /// What the OAuth endpoints of a server begin with.
  func oauthBase(of server: AuthorizationServer?) -> String {
    server == nil ? "\(origin)/oauth2/v1" : "\(issuer(of: server))/v1"
  }
}
