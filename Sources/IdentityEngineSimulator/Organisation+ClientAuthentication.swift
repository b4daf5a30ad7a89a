// Who makes a request: the client, and how it proves that.

import FoundationEssentials
import HTTPTypes

/// Why a client was not let in (RFC 6749 §5.2).
enum ClientFault: Error, Sendable {
  case unknown
  case wrongSecret
  case twoMethods
  /// A client assertion that is not good, with what is wrong about it.
  case assertion(String)

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
    case .assertion(let what):
      .oauth("invalid_client", "The client_assertion \(what).", status: 401)
    }
  }
}

extension Organisation {
  /// The client that makes a request. A public one names itself, in the body or by HTTP Basic with
  /// an empty secret; a confidential one sends its secret, or an assertion, in one way only.
  /// `toleratingSecret` lets a public client send one that means nothing, as one shipped client
  /// does at `/v1/interact`. Throws what kept it out.
  mutating func authenticate(
    _ request: SimulatedRequest, _ form: FormBody, now: Date, toleratingSecret: Bool = false
  ) throws(ClientFault) -> OAuthClient {
    let basic = basicCredentials(request.headers[.authorization])
    let posted = form["client_secret"]
    let assertion = form["client_assertion"] ?? form["client_assertion_type"]
    guard [basic != nil, posted != nil, assertion != nil].count(where: { $0 }) <= 1 else {
      throw .twoMethods
    }
    if assertion != nil { return try client(asserting: form, at: request.path, now: now) }
    if let basic, let identifier = form["client_id"], identifier != basic.identifier {
      throw .twoMethods
    }
    let identifier = basic?.identifier ?? form["client_id"]
    guard let client = scenario.clients.first(where: { $0.identifier == identifier }) else {
      throw .unknown
    }
    let given = basic?.secret ?? posted ?? ""
    if let secret = client.secret {
      let method: OAuthClient.Authentication = basic == nil ? .clientSecretPost : .clientSecretBasic
      guard client.authentication ?? method == method, given == secret else { throw .wrongSecret }
    } else {
      guard client.isPublic, given.isEmpty || given == "null" || toleratingSecret else {
        throw .wrongSecret
      }
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

  // MARK: Assertions (RFC 7523 §3)

  private mutating func client(
    asserting form: FormBody, at path: String, now: Date
  ) throws(ClientFault) -> OAuthClient {
    guard
      form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      let jwt = form["client_assertion"].flatMap({ ReceivedJWT($0) })
    else { throw .assertion("is no JWT of the type that is supported") }
    let subject = jwt.claims["sub"]?.text
    guard let subject, jwt.claims["iss"]?.text == subject, form["client_id"] ?? subject == subject
    else { throw .assertion("must name the client as iss and sub") }
    guard let client = scenario.clients.first(where: { $0.identifier == subject }) else {
      throw .unknown
    }
    guard isSigned(jwt, by: client) else { throw .assertion("is not signed by the client") }
    guard jwt.claims["aud"]?.text == origin + path else {
      throw .assertion("must have the endpoint that is called as aud")
    }
    guard let expires = jwt.claims["exp"]?.whole, expires > epoch(now),
      expires <= epoch(now) + 3600
    else { throw .assertion("has no exp within the next hour") }
    guard (jwt.claims["iat"]?.whole ?? 0) <= epoch(now) else {
      throw .assertion("says that it was issued in the future")
    }
    guard let id = jwt.claims["jti"]?.text,
      use("\(subject) \(id)", until: now + 3600, now: now)
    else { throw .assertion("has no jti, or one that was used before") }
    return client
  }

  /// The registration says with what a client signs, and never the assertion.
  private func isSigned(_ jwt: ReceivedJWT, by client: OAuthClient) -> Bool {
    if let keys = client.jwks?.keys {
      guard client.authentication ?? .privateKeyJWT == .privateKeyJWT else { return false }
      let id = jwt.header["kid"]?.text
      let named = keys.filter { id == nil || $0.kid == id }
      guard named.count == 1, let key = named.first else { return false }
      return jwt.isSigned(by: key)
    }
    guard let secret = client.secret,
      client.authentication ?? .clientSecretJWT == .clientSecretJWT
    else { return false }
    return jwt.isSigned(with: secret)
  }

  /// Whether nobody used the id before; it is used from now on.
  mutating func use(_ id: String, until end: Date, now: Date) -> Bool {
    if usedIDs.count > 10_000 { usedIDs = usedIDs.filter { $0.value > now } }
    guard usedIDs[id].map({ $0 <= now }) ?? true else { return false }
    usedIDs[id] = end
    return true
  }

  // MARK: Pushed requests

  /// RFC 9126 §2. What is pushed is kept by nobody: there is no `/authorize` here that would ask.
  mutating func pushRequest(
    _ request: SimulatedRequest, server: AuthorizationServer?, now: Date
  ) -> Answer {
    let form = request.form
    let client: OAuthClient
    do throws(ClientFault) {
      client = try authenticate(request, form, now: now)
    } catch {
      return error.answer
    }
    guard form["request_uri"] == nil else {
      return .oauth("invalid_request", "The 'request_uri' parameter cannot be pushed.")
    }
    guard let redirect = form["redirect_uri"], client.allows(redirect: redirect),
      form["response_type"] == "code"
    else {
      return .oauth("invalid_request", "The redirect_uri or response_type is not that of the app.")
    }
    return .json(
      [
        "request_uri": .string("urn:okta:request:" + random.handle(43)), "expires_in": 90,
      ], status: 201)
  }
}
