// What the issuer says of a token.

public import JSON
public import JSONRPC
public import Secrets

/// `token.introspect`
public enum TokenIntrospect: Method {
  public static let name = "token.introspect"
  public static let summary = "Asks the issuer what a token is worth (RFC 7662)"
  public static let details =
    "Without a token it is asked of the access token held, and nothing is fetched for it. The "
    + "issuer's answer is passed on as it is: active is false for a token that has ended, was "
    + "revoked or is none of the issuer's."
  public static let reasons: [Reason] = [
    .interactionRequired, .accessDenied, .unknownProfile, .issuerUnavailable, .rateLimited,
    .vaultUnavailable, .timeout, .clientRejected,
  ]

  /// Which token the issuer is asked about.
  public struct Params: MethodParams {
    public static let fields: [FieldDescription] = [
      FieldDescription(
        "profile", .text, "The profile in whose name the issuer is asked", required: true),
      FieldDescription("token", .text, "The token; the access token held where it is left out"),
      FieldDescription(
        "timeout", .number(.timeout), "How long the call may take", unit: "seconds", standard: 30),
    ]

    /// The profile whose issuer is asked.
    public var profile: String
    /// `nil`: the access token that is held.
    public var token: Secret?
    /// In seconds.
    public var timeout: Double

    /// Made of its parts; what is left out has the value that stands here.
    public init(profile: String, token: Secret? = nil, timeout: Double = 30) {
      self.profile = profile
      self.token = token
      self.timeout = timeout
    }

    public init(_ object: JSONObject) throws(RPCError) {
      let params = try CheckedParams(object, fields: Self.fields)
      self.init(
        profile: try params.text("profile"),
        token: params.optionalText("token").map { Secret($0) },
        timeout: params.number("timeout") ?? 30)
    }

    public var json: JSONObject {
      var object: JSONObject = ["profile": .string(profile)]
      object.append("token", token.map { .string($0.exposedText()) })
      if timeout != 30 { object.append("timeout", .double(timeout)) }
      return object
    }
  }

  /// The issuer's answer (RFC 7662 §2.2).
  public struct Result: PlainResult, Equatable {
    public static let sentence = "The issuer's answer, as it came"
    public static let schema = Schema.anyObject

    /// With `active`, and what else the issuer says.
    public var answer: JSONObject

    /// Made of its parts.
    public init(answer: JSONObject) {
      self.answer = answer
    }

    public init(json: JSONValue) throws(WireFault) {
      guard let answer = json.object else { throw .malformed(member: "result") }
      self.init(answer: answer)
    }

    public var json: JSONValue { .object(answer) }
  }
}
