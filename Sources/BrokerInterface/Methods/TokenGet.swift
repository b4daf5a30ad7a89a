// The call that the broker is there for. Its result is the one that holds secrets, so it is written
// into guarded memory and read out of the socket's buffer without an ordinary string in between.

public import JSON
public import JSONRPC
public import Secrets

/// `token.get`
public enum TokenGet: Method {
  public static let name = "token.get"
  public static let summary = "Gives an access token that is valid for at least min_ttl"
  public static let details =
    "From memory where one is held, else by the refresh grant, else by a sign-in that a prompter "
    + "answers. A token fresh from the issuer is given even when it lives shorter than min_ttl."
  public static let reasons: [Reason] = [
    .interactionRequired, .accessDenied, .unknownProfile, .transactionFailed,
    .transactionCancelled, .transactionExpired, .issuerUnavailable, .rateLimited, .tokenRejected,
    .vaultUnavailable, .quotaExceeded, .timeout, .clientRejected,
  ]

  /// Whether a person may be asked.
  public enum Interaction: String, Sendable, CaseIterable {
    /// By a prompter that is attached; with none it fails at once.
    case auto
    /// A prompter may still attach until the timeout.
    case wait
    /// Nobody is asked.
    case never
  }

  /// Which token, and what may be done for it.
  public struct Params: MethodParams {
    public static let fields: [FieldDescription] = [
      FieldDescription("profile", .text, "The profile whose token is wanted", required: true),
      FieldDescription(
        "scopes", .list(.text, atLeast: 1),
        "The scopes that the token shall have, of the profile's; left out, all of them"),
      FieldDescription(
        "min_ttl", .number(.lifetime), "How long the token must still live", unit: "seconds",
        standard: 60),
      FieldDescription(
        "interaction", .word(Interaction.allCases.map(\.rawValue)),
        "auto: a prompter that is attached is asked; wait: one may still attach; never: nobody is "
          + "asked", standard: "auto"),
      FieldDescription(
        "timeout", .number(.timeout), "How long the call may take", unit: "seconds",
        standard: 120),
      FieldDescription(
        "force_refresh", .flag, "Whether to ask the issuer though a token is held",
        standard: false),
      FieldDescription("reason", .text, "Why, in the caller's words; the person asked sees it"),
    ]

    /// The profile whose token is wanted.
    public var profile: String
    /// Of the profile's scopes; `nil`: all of them.
    public var scopes: [String]?
    /// In seconds, 0 to 86,400.
    public var minTTL: Double
    /// Whether a person may be asked, and whether to wait for one.
    public var interaction: Interaction
    /// In seconds, above 0 and at most 3,600.
    public var timeout: Double
    /// Whether the issuer is asked though there is a good one.
    public var forceRefresh: Bool
    /// The caller's own words, shown to who is asked, as such.
    public var reason: String?

    /// Made of its parts; what is left out has the value that stands here.
    public init(
      profile: String, scopes: [String]? = nil, minTTL: Double = 60,
      interaction: Interaction = .auto, timeout: Double = 120, forceRefresh: Bool = false,
      reason: String? = nil
    ) {
      self.profile = profile
      self.scopes = scopes
      self.minTTL = minTTL
      self.interaction = interaction
      self.timeout = timeout
      self.forceRefresh = forceRefresh
      self.reason = reason
    }

    public init(_ object: JSONObject) throws(RPCError) {
      let params = try CheckedParams(object, fields: Self.fields)
      self.init(
        profile: try params.text("profile"), scopes: params.texts("scopes"),
        minTTL: params.number("min_ttl") ?? 60,
        interaction: params.word("interaction", default: .auto),
        timeout: params.number("timeout") ?? 120, forceRefresh: params.flag("force_refresh"),
        reason: params.optionalText("reason"))
    }

    public var json: JSONObject {
      var object: JSONObject = ["profile": .string(profile)]
      object.append("scopes", scopes?.json)
      if minTTL != 60 { object.append("min_ttl", .double(minTTL)) }
      if interaction != .auto { object.append("interaction", .string(interaction.rawValue)) }
      if timeout != 120 { object.append("timeout", .double(timeout)) }
      if forceRefresh { object.append("force_refresh", true) }
      object.append("reason", reason.map { .string($0) })
      return object
    }
  }

  /// The token, and what goes with it.
  public struct Result: MethodResult, Equatable {
    public static let sentence = "An access token, with what the issuer says of it"
    public static let schema = Schema.object([
      FieldDescription("access_token", .text, "The token", required: true),
      FieldDescription(
        "token_type", .text, "How it is presented, like Bearer (RFC 6749 §7.1)", required: true),
      FieldDescription("expires_at", .time, "When this very token ends", required: true),
      FieldDescription(
        "scope", .text, "The scopes that it has, separated by spaces", required: true),
      FieldDescription("profile", .text, "The profile that it is of", required: true),
      FieldDescription("id_token", .text, "The ID token of the session, where there is one"),
    ])

    /// What goes behind the type in `Authorization`.
    public var accessToken: Secret
    /// `Bearer` or `DPoP` (RFC 6749 §7.1, RFC 9449 §5).
    public var tokenType: String
    /// RFC 3339, UTC.
    public var expiresAt: String
    /// Separated by spaces (RFC 6749 §3.3).
    public var scope: String
    /// The profile that it is of.
    public var profile: String
    /// The ID token, where the scopes have brought one.
    public var idToken: Secret?

    /// Made of its parts; what is left out has the value that stands here.
    public init(
      accessToken: Secret, tokenType: String, expiresAt: String, scope: String, profile: String,
      idToken: Secret? = nil
    ) {
      self.accessToken = accessToken
      self.tokenType = tokenType
      self.expiresAt = expiresAt
      self.scope = scope
      self.profile = profile
      self.idToken = idToken
    }

    public init(bytes: Span<UInt8>) throws(WireFault) {
      var accessToken: Secret?
      var idToken: Secret?
      var others = JSONObject()
      var scanner = try MemberScanner(bytes)
      while let member = try scanner.next() {
        if JSONPlace.holds("access_token", at: member.name, in: bytes) {
          accessToken = try JSONPlace.secret(at: member.value, in: bytes)
        } else if JSONPlace.holds("id_token", at: member.name, in: bytes) {
          idToken = try JSONPlace.secret(at: member.value, in: bytes)
        } else {
          for name in Self.plainNames where JSONPlace.holds(name, at: member.name, in: bytes) {
            others[name.description] = try JSONPlace.value(at: member.value, in: bytes)
          }
        }
      }
      guard let accessToken else { throw .malformed(member: "access_token") }
      let json = JSONValue.object(others)
      self.init(
        accessToken: accessToken, tokenType: try json.required("token_type", \.string),
        expiresAt: try json.required("expires_at", \.string),
        scope: try json.required("scope", \.string),
        profile: try json.required("profile", \.string),
        idToken: idToken)
    }

    /// The members that are no secret.
    private static let plainNames: [StaticString] = [
      "token_type", "expires_at", "scope", "profile",
    ]

    /// The wire form as JSON text in guarded memory.
    public func rendered() -> Secret {
      var text = SecretText()
      text.append(#"{"access_token":"#)
      text.append(string: accessToken)
      text.append(#","token_type":"#)
      text.append(string: tokenType)
      text.append(#","expires_at":"#)
      text.append(string: expiresAt)
      text.append(#","scope":"#)
      text.append(string: scope)
      text.append(#","profile":"#)
      text.append(string: profile)
      if let idToken {
        text.append(#","id_token":"#)
        text.append(string: idToken)
      }
      text.append("}")
      return text.written()
    }
  }
}
