// Signing out, at the issuer too.

public import JSON
public import JSONRPC

/// `session.logout`
public enum SessionLogout: Method {
  public static let name = "session.logout"
  public static let summary = "Revokes the session's tokens at the issuer and deletes the session"
  public static let details =
    "A sign-in under way for the session is cancelled. Where the issuer cannot be told now, it is "
    + "told later, over restarts too: until it has taken that, or the tokens have ended (a refresh "
    + "token: for 30 days)."
  public static let reasons: [Reason] = [
    .accessDenied, .unknownProfile, .vaultUnavailable, .timeout,
  ]

  /// What to sign out of.
  public struct Params: MethodParams {
    public static let fields: [FieldDescription] = [
      FieldDescription("profile", .text, "The profile to sign out of", required: true),
      FieldDescription(
        "local_only", .flag, "Whether to leave the issuer unasked", standard: false),
      FieldDescription(
        "timeout", .number(.timeout), "How long the call may take", unit: "seconds", standard: 30),
    ]

    /// The profile to sign out of.
    public var profile: String
    /// Whether the issuer is not to be told.
    public var localOnly: Bool
    /// In seconds.
    public var timeout: Double

    /// Made of its parts; what is left out has the value that stands here.
    public init(profile: String, localOnly: Bool = false, timeout: Double = 30) {
      self.profile = profile
      self.localOnly = localOnly
      self.timeout = timeout
    }

    public init(_ object: JSONObject) throws(RPCError) {
      let params = try CheckedParams(object, fields: Self.fields)
      self.init(
        profile: try params.text("profile"), localOnly: params.flag("local_only"),
        timeout: params.number("timeout") ?? 30)
    }

    public var json: JSONObject {
      var object: JSONObject = ["profile": .string(profile)]
      if localOnly { object.append("local_only", true) }
      if timeout != 30 { object.append("timeout", .double(timeout)) }
      return object
    }
  }

  /// What the issuer knows of it.
  public struct Result: PlainResult, Equatable {
    public static let sentence = "What became of the tokens"
    public static let schema = Schema.object([
      FieldDescription(
        "revoked", .flag, "Whether the issuer has revoked them; the session is deleted either way",
        required: true),
      FieldDescription(
        "queued", .flag, "Whether the issuer will be told when it can be reached", required: true),
    ])

    /// Whether the issuer has revoked the tokens.
    public var revoked: Bool
    /// Whether it will be told when it can be reached.
    public var queued: Bool

    /// Made of its parts; what is left out has the value that stands here.
    public init(revoked: Bool, queued: Bool = false) {
      self.revoked = revoked
      self.queued = queued
    }

    public init(json: JSONValue) throws(WireFault) {
      self.init(
        revoked: try json.required("revoked", \.bool), queued: json["queued"]?.bool ?? false)
    }

    public var json: JSONValue { ["revoked": .bool(revoked), "queued": .bool(queued)] }
  }
}
