// Signing in with a person's help, whether or not a token is needed right now.

public import JSON
public import JSONRPC
public import Prompts
public import Secrets

/// `session.login`
public enum SessionLogin: Method {
  public static let name = "session.login"
  public static let summary = "Signs in, by prompts, and returns when it is done"
  public static let details =
    "An active session is returned at once unless force is true. A sign-in under way for the same "
    + "session is joined. Needs a prompter that may answer, or waits for one."
  public static let reasons: [Reason] = [
    .interactionRequired, .accessDenied, .unknownProfile, .transactionFailed,
    .transactionCancelled, .transactionExpired, .issuerUnavailable, .rateLimited, .tokenRejected,
    .vaultUnavailable, .quotaExceeded, .timeout, .clientRejected,
  ]

  /// What the person wants of the engine.
  public enum Flow: String, Sendable, CaseIterable {
    case authenticate
    /// Make an account.
    case register
    /// Regain an account whose password is lost.
    case recover
    /// Unlock an account that is locked.
    case unlock
  }

  /// What to sign in to, and how.
  public struct Params: MethodParams {
    public static let fields: [FieldDescription] = [
      FieldDescription("profile", .text, "The profile to sign in to", required: true),
      FieldDescription(
        "flow", .word(Flow.allCases.map(\.rawValue)),
        "Sign in, make an account, regain it, or unlock it", standard: "authenticate"),
      FieldDescription("login_hint", .text, "Who signs in, as the issuer names them"),
      FieldDescription("activation_token", .text, "The token of an activation mail"),
      FieldDescription("recovery_token", .text, "The token of a recovery mail"),
      FieldDescription(
        "force", .flag, "Whether to sign in though the session is active", standard: false),
      FieldDescription(
        "timeout", .number(.timeout), "How long the call may take", unit: "seconds",
        standard: 600),
    ]

    /// The profile to sign in to.
    public var profile: String
    /// Whether to sign in, or to register, recover or unlock first.
    public var flow: Flow
    /// Who signs in, where that is known: the engine may leave out its first question then.
    public var loginHint: String?
    /// From an activation link.
    public var activationToken: Secret?
    /// From a recovery link.
    public var recoveryToken: Secret?
    /// Whether to sign in anew though there is an active session.
    public var force: Bool
    /// In seconds.
    public var timeout: Double

    /// Made of its parts; what is left out has the value that stands here.
    public init(
      profile: String, flow: Flow = .authenticate, loginHint: String? = nil,
      activationToken: Secret? = nil, recoveryToken: Secret? = nil, force: Bool = false,
      timeout: Double = 600
    ) {
      self.profile = profile
      self.flow = flow
      self.loginHint = loginHint
      self.activationToken = activationToken
      self.recoveryToken = recoveryToken
      self.force = force
      self.timeout = timeout
    }

    public init(_ object: JSONObject) throws(RPCError) {
      let params = try CheckedParams(object, fields: Self.fields)
      self.init(
        profile: try params.text("profile"), flow: params.word("flow", default: .authenticate),
        loginHint: params.optionalText("login_hint"),
        activationToken: params.optionalText("activation_token").map { Secret($0) },
        recoveryToken: params.optionalText("recovery_token").map { Secret($0) },
        force: params.flag("force"), timeout: params.number("timeout") ?? 600)
    }

    public var json: JSONObject {
      var object: JSONObject = ["profile": .string(profile)]
      if flow != .authenticate { object.append("flow", .string(flow.rawValue)) }
      object.append("login_hint", loginHint.map { .string($0) })
      object.append("activation_token", activationToken.map { .string($0.exposedText()) })
      object.append("recovery_token", recoveryToken.map { .string($0.exposedText()) })
      if force { object.append("force", true) }
      if timeout != 600 { object.append("timeout", .double(timeout)) }
      return object
    }
  }

  /// What the sign-in came to.
  public struct Result: PlainResult, Equatable {
    public static let sentence = "The session, signed in"
    public static let schema = Schema.object([
      FieldDescription(
        "session", .nullable(.named(.session)),
        "The session; null where register, recover or unlock ended well without tokens",
        required: true),
      FieldDescription(
        "messages", .list(.named(.message), atLeast: 0),
        "The engine's words at the end, where session is null"),
    ])

    /// `nil` where the flow ended well and without tokens: then there are messages.
    public var session: SessionSummary?
    /// The engine's words at the end.
    public var messages: [Message]

    /// Made of its parts; what is left out has the value that stands here.
    public init(session: SessionSummary?, messages: [Message] = []) {
      self.session = session
      self.messages = messages
    }

    public init(json: JSONValue) throws(WireFault) {
      guard json["session"] != nil else { throw .malformed(member: "session") }
      self.init(session: try SessionSummary.member(of: json), messages: json.messages)
    }

    public var json: JSONValue {
      var object: JSONObject = ["session": session?.json ?? .null]
      if !messages.isEmpty { object.append("messages", .array(messages.map(\.json))) }
      return .object(object)
    }
  }
}
