// What an issuer says of itself (OpenID Connect Discovery 1.0, RFC 8414), and what of it is
// believed. The document is the first thing that a hostile issuer, or somebody between, could use
// to send credentials elsewhere: so it must name the configured issuer to the byte, and every
// address that is ever asked must lie on that issuer's origin.
//
// An issuer may demand pushed authorization requests (`require_pushed_authorization_requests`, RFC
// 9126 §5). That is about `/authorize`, where this grant never sends anybody: `/interact` is a pushed
// request by nature (posted, by a client that proves itself, answered with a handle), and where a
// browser is needed the engine hands out an address that carries a `request_uri` of its own. So
// the demand is met without a further request, and such metadata is taken as any other.

public import HTTPTypes
internal import JSON

/// The part of an issuer's metadata that the broker uses.
public struct IssuerMetadata: Sendable, Equatable {
  /// As the issuer spells it; the `iss` of its ID tokens.
  public let issuer: String
  /// The origin that every address of this issuer lies on, those in its sign-in answers included.
  public let origin: Origin
  /// Where codes and refresh tokens are redeemed (RFC 8414 §2).
  public let tokenEndpoint: Endpoint
  /// Where the keys are that its ID tokens are signed with.
  public let jwksURI: Endpoint
  /// Where a sign-in begins. Metadata does not name it: it lies beside the authorization endpoint,
  /// or where there is none beside the token endpoint.
  public let interactEndpoint: Endpoint
  /// Where a browser would begin; nothing is sent there, the place of `interactEndpoint` comes of
  /// it.
  public let authorizationEndpoint: Endpoint?
  /// Where tokens are revoked (RFC 7009); `nil` where the issuer revokes none.
  public let revocationEndpoint: Endpoint?
  /// Where a token is asked about (RFC 7662); `nil` where the issuer tells nothing.
  public let introspectionEndpoint: Endpoint?
  /// Where claims can be had with an access token (OpenID Connect Core §5.3); nothing is sent
  /// there.
  public let userinfoEndpoint: Endpoint?
  /// `id_token_signing_alg_values_supported`: the only algorithms that its ID tokens may have;
  /// `RS256` where it names none, the one that every issuer must have (Discovery §3).
  public let idTokenSigningAlgorithms: [String]
  /// Whether redirects carry an `iss` parameter, which must then be checked (RFC 9207 §3).
  public let namesItselfInRedirects: Bool

  /// The request for the metadata of a configured issuer.
  ///
  /// - Throws: `.offOrigin` where the issuer is no URL that a request may go to.
  public static func request(issuer: String) throws(OAuthFault) -> OAuthRequest {
    let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
    guard !base.contains("?"), let endpoint = Endpoint(base + "/.well-known/openid-configuration")
    else { throw .offOrigin(url: issuer) }
    return .get(endpoint)
  }

  /// Reads the answer to `request(issuer:)`.
  ///
  /// - Throws: as `init(body:configuredIssuer:)`, and what a refusal means (`OAuthFault`).
  public static func response(
    status: Int, headers: HTTPFields, body: [UInt8], configuredIssuer: String
  ) throws(OAuthFault) -> IssuerMetadata {
    let object = try OAuthFault.object(status: status, headers: headers, body: body)
    return try IssuerMetadata(object, configuredIssuer: configuredIssuer)
  }

  /// Reads a metadata document.
  ///
  /// - Parameter configuredIssuer: as configured; one slash at its end is overlooked.
  /// - Throws: `.issuerMismatch`, `.offOrigin`, or `.nonsense` where something needed is missing.
  public init(body: [UInt8], configuredIssuer: String) throws(OAuthFault) {
    let object = (try? JSONParser.parse(body, rules: .tolerant))?.object
    guard let object else { throw .nonsense(what: "the metadata is not a JSON object") }
    try self.init(object, configuredIssuer: configuredIssuer)
  }

  private init(_ object: JSONObject, configuredIssuer: String) throws(OAuthFault) {
    guard let issuer = object["issuer"]?.string else {
      throw .nonsense(what: "the metadata has no issuer")
    }
    guard Self.isSame(issuer, configuredIssuer) else { throw .issuerMismatch(got: issuer) }
    guard let origin = Origin(issuer) else { throw .offOrigin(url: issuer) }

    let tokenEndpoint = try Self.needed("token_endpoint", of: object, on: origin)
    self.issuer = issuer
    self.origin = origin
    self.tokenEndpoint = tokenEndpoint
    jwksURI = try Self.needed("jwks_uri", of: object, on: origin)
    let authorizationEndpoint = try Self.endpoint("authorization_endpoint", of: object, on: origin)
    self.authorizationEndpoint = authorizationEndpoint
    interactEndpoint = (authorizationEndpoint ?? tokenEndpoint).sibling("interact")
    revocationEndpoint = try Self.endpoint("revocation_endpoint", of: object, on: origin)
    introspectionEndpoint = try Self.endpoint("introspection_endpoint", of: object, on: origin)
    userinfoEndpoint = try Self.endpoint("userinfo_endpoint", of: object, on: origin)
    let algorithms = Self.texts("id_token_signing_alg_values_supported", of: object)
    idTokenSigningAlgorithms = algorithms ?? ["RS256"]
    namesItselfInRedirects =
      object["authorization_response_iss_parameter_supported"]?.bool ?? false
    // Nothing but S256 is ever sent, so an issuer that has only other methods is of no use.
    if let methods = Self.texts("code_challenge_methods_supported", of: object),
      !methods.contains("S256")
    {
      throw .nonsense(what: "the issuer does not take code challenges of method S256")
    }
  }

  /// Byte for byte (RFC 8414 §3.3): `String`'s own equality takes canonically equal texts for one.
  private static func isSame(_ issuer: String, _ configured: String) -> Bool {
    issuer.utf8.elementsEqual(configured.utf8) || (issuer + "/").utf8.elementsEqual(configured.utf8)
  }

  private static func needed(
    _ name: String, of object: JSONObject, on origin: Origin
  ) throws(OAuthFault) -> Endpoint {
    guard let endpoint = try endpoint(name, of: object, on: origin) else {
      throw .nonsense(what: "the metadata has no \(name)")
    }
    return endpoint
  }

  private static func endpoint(
    _ name: String, of object: JSONObject, on origin: Origin
  ) throws(OAuthFault) -> Endpoint? {
    guard let url = object[name]?.string else { return nil }
    guard let endpoint = Endpoint(url), endpoint.origin == origin else {
      throw .offOrigin(url: url)
    }
    return endpoint
  }

  private static func texts(_ name: String, of object: JSONObject) -> [String]? {
    object[name]?.array?.compactMap(\.string)
  }
}
