// What an organisation is made of. A scenario is read from a JSON file in which every member may be
// left out, so that a file says only what is particular about it.

/// People, clients, authorization servers and the policy of one organisation.
public struct Scenario: Codable, Sendable, Equatable {
  /// The word that `--scenario` takes.
  public var name: String
  /// One sentence for `--list`.
  public var sentence: String
  /// Who can sign in.
  public var people: [Person]
  /// The registered clients; the first one is the one that is announced.
  public var clients: [OAuthClient]
  /// The custom authorization servers; the organisation's own is always there beside them.
  public var authorizationServers: [AuthorizationServer]
  /// Life of access tokens of the organisation's own server, in seconds.
  public var accessTokenSeconds: Int
  /// What a sign-in takes.
  public var policy: SignOnPolicy
  /// How the organisation behaves.
  public var switches: Switches

  /// A scenario with the demo's people and clients, unless others are given.
  public init(
    name: String, sentence: String, people: [Person] = [.ann, .ben],
    clients: [OAuthClient] = [.demo, .service],
    authorizationServers: [AuthorizationServer] = [.default], accessTokenSeconds: Int = 3600,
    policy: SignOnPolicy, switches: Switches = Switches()
  ) {
    self.name = name
    self.sentence = sentence
    self.people = people
    self.clients = clients
    self.authorizationServers = authorizationServers
    self.accessTokenSeconds = accessTokenSeconds
    self.policy = policy
    self.switches = switches
  }

  /// What a client has to begin so that it sees what the scenario is for: `register`, `recover`,
  /// `unlock`, or `authenticate`.
  public var flow: String {
    if policy.registration != nil { return "register" }
    if policy.recovery != nil { return "recover" }
    return policy.unlock != nil ? "unlock" : "authenticate"
  }

  /// The issuers that a client can be pointed at, the organisation's own first.
  public func issuers(at origin: String) -> [String] {
    [origin] + authorizationServers.map { "\(origin)/oauth2/\($0.identifier)" }
  }

  private enum CodingKeys: String, CodingKey {
    case name, sentence, people, clients, policy, switches
    case authorizationServers = "authorization_servers"
    case accessTokenSeconds = "access_token_seconds"
  }

  /// Reads a scenario; what is left out is as in the scenario `password`.
  public init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    name = try file.value(.name, or: "file")
    sentence = try file.value(.sentence, or: "Read from a file.")
    people = try file.value(.people, or: [.ann, .ben])
    clients = try file.value(.clients, or: [.demo, .service])
    authorizationServers = try file.value(.authorizationServers, or: [.default])
    accessTokenSeconds = try file.value(.accessTokenSeconds, or: 3600)
    policy = try file.value(.policy, or: .password)
    switches = try file.value(.switches, or: Switches())
  }
}

/// A custom authorization server.
public struct AuthorizationServer: Codable, Sendable, Equatable {
  /// The part of the issuer after `/oauth2/`.
  public var identifier: String
  /// The audience of its access tokens.
  public var audience: String
  /// Scopes it knows beside the standard ones.
  public var scopes: [String]
  /// Life of its access tokens, in seconds.
  public var accessTokenSeconds: Int
  /// How long a refresh token may lie unused, in seconds.
  public var refreshTokenIdleSeconds: Int
  /// Whether an access policy rule allows the Interaction Code grant. Where none does,
  /// `/v1/interact` goes through and introspect fails, as it does in a real organisation.
  public var allowsInteractionCode: Bool

  /// A server.
  public init(
    identifier: String, audience: String, scopes: [String] = [], accessTokenSeconds: Int = 3600,
    refreshTokenIdleSeconds: Int = 7 * 86400, allowsInteractionCode: Bool = true
  ) {
    self.identifier = identifier
    self.audience = audience
    self.scopes = scopes
    self.accessTokenSeconds = accessTokenSeconds
    self.refreshTokenIdleSeconds = refreshTokenIdleSeconds
    self.allowsInteractionCode = allowsInteractionCode
  }

  private enum CodingKeys: String, CodingKey {
    case audience, scopes
    case identifier = "id"
    case accessTokenSeconds = "access_token_seconds"
    case refreshTokenIdleSeconds = "refresh_token_idle_seconds"
    case allowsInteractionCode = "interaction_code"
  }

  /// Reads a server; only `id` is needed.
  public init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    let identifier = try file.decode(String.self, forKey: .identifier)
    self.identifier = identifier
    audience = try file.value(.audience, or: "api://\(identifier)")
    scopes = try file.value(.scopes, or: [])
    accessTokenSeconds = try file.value(.accessTokenSeconds, or: 3600)
    refreshTokenIdleSeconds = try file.value(.refreshTokenIdleSeconds, or: 7 * 86400)
    allowsInteractionCode = try file.value(.allowsInteractionCode, or: true)
  }
}

extension KeyedDecodingContainer {
  /// The member, or a default where it is absent.
  func value<Value: Decodable>(_ key: Key, or fallback: Value) throws -> Value {
    try decodeIfPresent(Value.self, forKey: key) ?? fallback
  }
}
