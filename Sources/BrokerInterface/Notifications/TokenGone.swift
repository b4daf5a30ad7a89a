// There is no token any more.

public import JSON

/// `token.gone`
public struct TokenGone: NotificationParams {
  /// Why there is none.
  public enum Reason: String, Sendable, CaseIterable {
    /// Somebody signed out.
    case loggedOut = "logged_out"
    /// The issuer has ended the session.
    case sessionEnded = "session_ended"
    /// It ended before another one could be had.
    case expired
  }

  public static let name = "token.gone"
  public static let summary =
    "There is no token for a subscription any more; the subscription stays, and a later sign-in "
    + "serves it"
  public static let fields: [FieldDescription] = [
    FieldDescription("profile", .text, "The profile that was subscribed to", required: true),
    FieldDescription(
      "scopes", .list(.text, atLeast: 0), "The scopes that were subscribed to", required: true),
    FieldDescription(
      "reason", .word(Reason.allCases.map(\.rawValue)),
      "Why: somebody signed out, the issuer has ended the session, or the token ended before "
        + "another one could be had", required: true),
  ]

  /// The profile that was subscribed to.
  public var profile: String
  /// The scopes that were subscribed to.
  public var scopes: [String]
  /// Why there is none any more.
  public var reason: Reason

  /// Made of its parts.
  public init(profile: String, scopes: [String], reason: Reason) {
    self.profile = profile
    self.scopes = scopes
    self.reason = reason
  }

  public init(json: JSONValue) throws(WireFault) {
    self.init(
      profile: try json.required("profile", \.string), scopes: try TokenChanged.scopes(json),
      reason: try json.required("reason") { $0.string.flatMap { Reason(rawValue: $0) } })
  }

  public var json: JSONObject {
    [
      "profile": .string(profile), "scopes": scopes.json, "reason": .string(reason.rawValue),
    ]
  }
}
