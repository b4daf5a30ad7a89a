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

/// A person of the directory.
public struct Person: Codable, Sendable, Equatable {
  /// Where an account stands. All but `active` look like a wrong password from outside.
  public enum Status: String, Codable, Sendable {
    case active = "ACTIVE"
    case lockedOut = "LOCKED_OUT"
    case suspended = "SUSPENDED"
    case deprovisioned = "DEPROVISIONED"
  }

  /// The security question of a person.
  public struct SecurityQuestion: Codable, Sendable, Equatable {
    /// Okta's name of the question.
    public var key: String
    /// Its words.
    public var question: String
    /// The answer, compared without regard to case.
    public var answer: String

    /// A question with its answer.
    public init(key: String, question: String, answer: String) {
      self.key = key
      self.question = question
      self.answer = answer
    }
  }

  /// Okta Verify on somebody's phone.
  public struct OktaVerify: Codable, Sendable, Equatable {
    /// What the phone is called.
    public var deviceName: String
    /// The seed of its codes in base32.
    public var totpSeed: String

    /// The app on a phone.
    public init(deviceName: String, totpSeed: String) {
      self.deviceName = deviceName
      self.totpSeed = totpSeed
    }

    private enum CodingKeys: String, CodingKey {
      case deviceName = "device_name"
      case totpSeed = "totp_seed"
    }
  }

  /// What is typed as user name; compared without regard to case.
  public var identifier: String
  /// The password.
  public var password: String
  /// Whether the account is open.
  public var status: Status
  /// First name of the profile.
  public var firstName: String
  /// Last name of the profile.
  public var lastName: String
  /// Where mail goes; also the `email` claim. Left out in a file, it is the identifier.
  public var email: String
  /// Whether the address is set up as an authenticator.
  public var isEmailEnrolled = true
  /// Numbers for SMS and calls, each an enrolment of its own.
  public var phones: [String]
  /// The seed of Google Authenticator in base32.
  public var totpSeed: String?
  /// The security question, where one is enrolled.
  public var question: SecurityQuestion?
  /// What the tokens of other makers give, by the authenticator's key. Several passcodes with a
  /// space between them are asked for one after the other.
  public var passcodes: [String: String]
  /// Okta Verify, where it is enrolled.
  public var oktaVerify: OktaVerify?
  /// Security keys and passkeys, each an enrolment of its own.
  public var passkeys: [Passkey]
  /// Authenticators that are enrolled, and of which there is nothing to know.
  public var enrolled: [AuthenticatorKey]
  /// Further attributes of the profile.
  public var attributes: [String: String] = [:]
  /// Whether the person may use the app.
  public var isAssigned: Bool

  /// A person.
  public init(
    identifier: String, password: String, status: Status = .active, firstName: String,
    lastName: String, email: String? = nil, phones: [String] = [], totpSeed: String? = nil,
    question: SecurityQuestion? = nil, passcodes: [String: String] = [:],
    oktaVerify: OktaVerify? = nil, passkeys: [Passkey] = [], enrolled: [AuthenticatorKey] = [],
    isAssigned: Bool = true
  ) {
    self.identifier = identifier
    self.password = password
    self.status = status
    self.firstName = firstName
    self.lastName = lastName
    self.email = email ?? identifier
    self.phones = phones
    self.totpSeed = totpSeed
    self.question = question
    self.passcodes = passcodes
    self.oktaVerify = oktaVerify
    self.passkeys = passkeys
    self.enrolled = enrolled
    self.isAssigned = isAssigned
  }

  private enum CodingKeys: String, CodingKey {
    case identifier, password, status, email, phones, question, passcodes, enrolled
    case passkeys, attributes
    case oktaVerify = "okta_verify"
    case firstName = "first_name"
    case lastName = "last_name"
    case totpSeed = "totp_seed"
    case isEmailEnrolled = "email_enrolled"
    case isAssigned = "assigned"
  }

  /// Reads a person; only identifier and password are needed.
  public init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    let identifier = try file.decode(String.self, forKey: .identifier)
    self.identifier = identifier
    password = try file.decode(String.self, forKey: .password)
    status = try file.value(.status, or: .active)
    firstName = try file.value(.firstName, or: "Ann")
    lastName = try file.value(.lastName, or: "Example")
    email = try file.value(.email, or: identifier)
    isEmailEnrolled = try file.value(.isEmailEnrolled, or: true)
    phones = try file.value(.phones, or: [])
    totpSeed = try file.decodeIfPresent(String.self, forKey: .totpSeed)
    question = try file.decodeIfPresent(SecurityQuestion.self, forKey: .question)
    passcodes = try file.value(.passcodes, or: [:])
    oktaVerify = try file.decodeIfPresent(OktaVerify.self, forKey: .oktaVerify)
    passkeys = try file.value(.passkeys, or: [])
    enrolled = try file.value(.enrolled, or: [])
    attributes = try file.value(.attributes, or: [:])
    isAssigned = try file.value(.isAssigned, or: true)
  }
}

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
