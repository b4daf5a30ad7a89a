// Being told of each token in time, without asking again. The result and the notification hold what
// `token.get` answers, and go the same way: through guarded memory.

public import JSON
public import JSONRPC

/// `token.subscribe`
public enum TokenSubscribe: Method {
  public static let name = "token.subscribe"
  public static let summary =
    "Gives the token that is held now, and tells this connection of each one after it"
  public static let details =
    "The notification token.changed comes with each new token, at least 60 seconds before the old "
    + "one ends, or a tenth of its lifetime where that is less; token.gone when there is none any "
    + "more. A subscription counts as use of the session, outlives it, and never starts a sign-in; "
    + "it ends with token.unsubscribe or the connection. A connection that leaves more than 512 KiB "
    + "unread is closed."
  public static let reasons: [Reason] = [
    .accessDenied, .unknownProfile, .vaultUnavailable, .quotaExceeded,
  ]

  /// Of which tokens this connection is told.
  public struct Params: MethodParams {
    public static let fields: [FieldDescription] = [
      FieldDescription("profile", .text, "The profile whose tokens are wanted", required: true),
      FieldDescription(
        "scopes", .list(.text, atLeast: 1),
        "The scopes that the tokens shall have, of the profile's; left out, all of them"),
    ]

    /// The profile whose tokens are wanted.
    public var profile: String
    /// Of the profile's scopes; `nil`: all of them.
    public var scopes: [String]?

    /// Made of its parts; what is left out has the value that stands here.
    public init(profile: String, scopes: [String]? = nil) {
      self.profile = profile
      self.scopes = scopes
    }

    public init(_ object: JSONObject) throws(RPCError) {
      let params = try CheckedParams(object, fields: Self.fields)
      self.init(profile: try params.text("profile"), scopes: params.texts("scopes"))
    }

    public var json: JSONObject {
      var object: JSONObject = ["profile": .string(profile)]
      object.append("scopes", scopes?.json)
      return object
    }
  }

  /// What there is at the beginning.
  public struct Result: MethodResult, Equatable {
    public static let sentence = "The token that is held now; null where none is"
    public static let schema = Schema.nullable(TokenGet.Result.schema)

    /// `nil` where none is held now.
    public var token: TokenGet.Result?

    /// Made of its parts.
    public init(token: TokenGet.Result?) {
      self.token = token
    }

    public init(bytes: Span<UInt8>) throws(WireFault) {
      let isNull = bytes.count == 4 && bytes[0] == UInt8(ascii: "n")
      token = isNull ? nil : try TokenGet.Result(bytes: bytes)
    }
  }
}

/// `token.unsubscribe`
public enum TokenUnsubscribe: Method {
  public typealias Params = TokenSubscribe.Params
  public typealias Result = NoResult

  public static let name = "token.unsubscribe"
  public static let summary = "Ends what token.subscribe began with the same profile and scopes"
  public static let details = "Nothing happens where there is no such subscription."
  public static let reasons: [Reason] = [.accessDenied, .unknownProfile, .vaultUnavailable]
}
