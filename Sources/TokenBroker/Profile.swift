// What an administrator configures, as the broker uses it: values that hold, no more text to check.
// `BrokerConfig` makes them from the file and reports what does not hold.

public import OAuth

/// One registered client at one issuer, with its scopes and who may use it.
public struct Profile: Sendable, Equatable {
  /// Whose sessions a profile has.
  public enum Ownership: Sendable, Equatable {
    /// Each calling uid has one of its own.
    case caller
    /// The service has one, which all allowed callers share.
    case service
  }

  /// As the configuration calls it.
  public var name: String
  /// The issuer as configured, without a slash at the end.
  public var issuer: String
  /// Which client it is at the issuer.
  public var clientID: String
  /// How it proves that.
  public var clientAuthentication: ClientAuthentication
  /// What is asked for unless a caller says less.
  public var scopes: [String] { didSet { scopeSet = ScopeSet(scopes) } }
  /// The same without their order: what a call that names no scopes asks for.
  private(set) var scopeSet: ScopeSet
  /// Exactly as registered.
  public var redirectURI: String
  /// Whose its sessions are.
  public var ownership: Ownership
  /// Who may use the profile; empty: the default of the mode (`AccessPolicy`).
  public var allow: [AccessRule]
  /// Who may answer prompts for it beside the session's owner.
  public var prompters: [AccessRule]
  /// How strong the sign-in must be, separated by spaces (OpenID Connect Core §3.1.2.1).
  public var acrValues: String?
  /// Seconds since the last sign-in that the issuer may accept.
  public var maxAge: Int?
  /// Who signs in, where nobody says otherwise.
  public var loginHint: String?
  /// Whom the access token is for, where the issuer takes that from clients.
  public var audience: String?
  /// Whether tokens are bound to a key that the broker makes for each session (RFC 9449).
  public var bindsTokens: Bool
  /// A PEM file with further trust roots.
  public var caFile: String?
  /// The share of a token's lifetime that is left when the next one is fetched.
  public var refreshAhead: Double
  /// What the broker answers by itself, for a service account.
  public var answers: UnattendedAnswers?

  /// Made of its parts; what is left out has the value that stands here.
  public init(
    name: String, issuer: String, clientID: String,
    clientAuthentication: ClientAuthentication = .none, scopes: [String], redirectURI: String,
    ownership: Ownership = .caller, allow: [AccessRule] = [], prompters: [AccessRule] = [],
    acrValues: String? = nil, maxAge: Int? = nil, loginHint: String? = nil,
    audience: String? = nil, bindsTokens: Bool = false, caFile: String? = nil,
    refreshAhead: Double = 0.2, answers: UnattendedAnswers? = nil
  ) {
    self.name = name
    self.issuer = issuer
    self.clientID = clientID
    self.clientAuthentication = clientAuthentication
    self.scopes = scopes
    scopeSet = ScopeSet(scopes)
    self.redirectURI = redirectURI
    self.ownership = ownership
    self.allow = allow
    self.prompters = prompters
    self.acrValues = acrValues
    self.maxAge = maxAge
    self.loginHint = loginHint
    self.audience = audience
    self.bindsTokens = bindsTokens
    self.caFile = caFile
    self.refreshAhead = refreshAhead
    self.answers = answers
  }
}

/// Terms that must all hold, like `user:deploy+group:staff`.
public struct AccessRule: Sendable, Equatable {
  /// One condition on what the kernel says of the caller. Names are resolved when the
  /// configuration is read, so that no look-up stands between a caller and an answer.
  public enum Term: Sendable, Equatable {
    case user(UInt32)
    case group(UInt32)
  }

  /// The rule as it stands in the file, for explanations.
  public var text: String
  /// All of these have to hold.
  public var terms: [Term]

  /// Made of its parts.
  public init(text: String, terms: [Term]) {
    self.text = text
    self.terms = terms
  }
}

/// Where one deployment differs from the other.
public enum Mode: String, Sendable {
  /// One service for the machine: nobody is allowed by default.
  case system
  /// One service for a user: that uid is allowed by default, and nobody else.
  case user
}

/// What a uid may take of the broker at most.
public struct Limits: Sendable, Equatable {
  /// Connections that one uid may have open.
  public var connectionsPerUID: Int
  /// Sign-ins that one uid may have under way.
  public var transactionsPerUID: Int

  /// Made of its parts; what is left out has the value that stands here.
  public init(connectionsPerUID: Int = 64, transactionsPerUID: Int = 8) {
    self.connectionsPerUID = connectionsPerUID
    self.transactionsPerUID = transactionsPerUID
  }
}
