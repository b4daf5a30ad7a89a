// Who is signed in, in the issuer's words.

public import JSON
public import JSONRPC

/// `token.claims`
public enum TokenClaims: Method {
  public static let name = "token.claims"
  public static let summary = "Returns the claims of the session's ID token"
  public static let details =
    "The token was validated when it came: signature, issuer, audience, nonce and times. Its claims "
    + "are of that moment; exp is often past. Nobody is asked anything."
  public static let reasons: [Reason] = [
    .interactionRequired, .accessDenied, .unknownProfile, .vaultUnavailable,
  ]

  /// Whose claims.
  public struct Params: MethodParams {
    public static let fields: [FieldDescription] = [
      FieldDescription("profile", .text, "The profile whose session it is", required: true)
    ]

    /// The profile that was signed in to.
    public var profile: String

    /// Made of its parts.
    public init(profile: String) {
      self.profile = profile
    }

    public init(_ object: JSONObject) throws(RPCError) {
      let params = try CheckedParams(object, fields: Self.fields)
      self.init(profile: try params.text("profile"))
    }

    public var json: JSONObject { ["profile": .string(profile)] }
  }

  /// What the issuer says of who signed in.
  public struct Result: PlainResult, Equatable {
    public static let sentence = "The claims, as the issuer signed them"
    public static let schema = Schema.anyObject

    /// The payload of the validated ID token.
    public var claims: JSONObject

    /// Made of its parts.
    public init(claims: JSONObject) {
      self.claims = claims
    }

    public init(json: JSONValue) throws(WireFault) {
      guard let claims = json.object else { throw .malformed(member: "result") }
      self.init(claims: claims)
    }

    public var json: JSONValue { .object(claims) }
  }
}
