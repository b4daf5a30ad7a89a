// The clients that an organisation has registered.

/// A registered client.
public struct OAuthClient: Codable, Sendable, Equatable {
  /// What happens to a refresh token when it is used.
  public enum Rotation: String, Codable, Sendable {
    /// A new one each time; the old one dies after the leeway.
    case rotate = "ROTATE"
    /// The same one stays.
    case `static` = "STATIC"
  }

  /// How a client proves itself (RFC 7591 §2).
  public enum Authentication: String, Codable, Sendable {
    case clientSecretBasic = "client_secret_basic"
    case clientSecretPost = "client_secret_post"
    case clientSecretJWT = "client_secret_jwt"
    case privateKeyJWT = "private_key_jwt"
  }

  /// `client_id`.
  public var identifier: String
  /// The label of the app.
  public var label: String
  /// The secret; with neither secret nor keys this is a public client.
  public var secret: String?
  /// The public keys that it signs with.
  public var jwks: RegisteredKeys?
  /// The one way in which it proves itself; `nil` for every way that its secret or keys allow.
  public var authentication: Authentication?
  /// Whether tokens are given with a proof of possession only, and bound to its key.
  public var requiresProof: Bool
  /// The registered redirect URIs, matched exactly.
  public var redirectURIs: [String]
  /// The grant types it may use.
  public var grants: [String]
  /// Rotation of refresh tokens.
  public var rotation: Rotation
  /// How long a rotated refresh token goes on working, in seconds (0 to 60).
  public var leewaySeconds: Int
  /// Whether the port of a loopback redirect URI may differ from the registered one (RFC 8252
  /// §7.3).
  public var allowsAnyLoopbackPort: Bool

  /// A client.
  public init(
    identifier: String, label: String, secret: String? = nil, keys: [RegisteredKey] = [],
    authentication: Authentication? = nil, requiresProof: Bool = false,
    redirectURIs: [String] = ["http://127.0.0.1:8765/callback"],
    grants: [String] = ["interaction_code", "refresh_token"], rotation: Rotation = .rotate,
    leewaySeconds: Int = 30, allowsAnyLoopbackPort: Bool = false
  ) {
    self.identifier = identifier
    self.label = label
    self.secret = secret
    jwks = keys.isEmpty ? nil : RegisteredKeys(keys)
    self.authentication = authentication
    self.requiresProof = requiresProof
    self.redirectURIs = redirectURIs
    self.grants = grants
    self.rotation = rotation
    self.leewaySeconds = leewaySeconds
    self.allowsAnyLoopbackPort = allowsAnyLoopbackPort
  }

  private enum CodingKeys: String, CodingKey {
    case label, grants, rotation, jwks
    case identifier = "client_id"
    case secret = "client_secret"
    case authentication = "token_endpoint_auth_method"
    case requiresProof = "dpop_bound_access_tokens"
    case redirectURIs = "redirect_uris"
    case leewaySeconds = "leeway_seconds"
    case allowsAnyLoopbackPort = "any_loopback_port"
  }

  /// Reads a client; only `client_id` is needed.
  public init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    identifier = try file.decode(String.self, forKey: .identifier)
    label = try file.value(.label, or: "Remedy")
    secret = try file.decodeIfPresent(String.self, forKey: .secret)
    jwks = try file.decodeIfPresent(RegisteredKeys.self, forKey: .jwks)
    authentication = try file.decodeIfPresent(Authentication.self, forKey: .authentication)
    requiresProof = try file.value(.requiresProof, or: false)
    redirectURIs = try file.value(.redirectURIs, or: ["http://127.0.0.1:8765/callback"])
    grants = try file.value(.grants, or: ["interaction_code", "refresh_token"])
    rotation = try file.value(.rotation, or: .rotate)
    leewaySeconds = try file.value(.leewaySeconds, or: 30)
    allowsAnyLoopbackPort = try file.value(.allowsAnyLoopbackPort, or: false)
  }

  /// How it proves itself, by one word (RFC 7591 §2).
  public var method: String {
    if let authentication { return authentication.rawValue }
    return isPublic ? "none" : secret == nil ? "private_key_jwt" : "client_secret_basic"
  }

  /// Whether it proves nothing.
  var isPublic: Bool { secret == nil && jwks == nil }
}
