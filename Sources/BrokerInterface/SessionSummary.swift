// A session as it is told: what is known of the tokens, never the tokens.

public import JSON
public import Prompts

/// The tokens held for one (profile, owner), as a caller may see them.
public struct SessionSummary: Sendable, Equatable {
  /// Whether there is a token.
  public enum State: String, Sendable, CaseIterable {
    case active
    /// Still good, and due for refresh.
    case expiring
    case expired
    case signedOut = "signed_out"
  }

  /// The profile that was signed in to.
  public var profile: String
  /// The uid whose session it is; `nil` for a session that the service itself owns.
  public var owner: Int?
  /// The ID token's `sub`; `nil` while nobody is signed in.
  public var subject: String?
  /// Whether there is a token, and for how long.
  public var state: State
  /// When the access token held ends: RFC 3339, UTC.
  public var accessExpiresAt: String?
  /// Whether there is a refresh token.
  public var refreshable: Bool
  /// The scopes granted, separated by spaces (RFC 6749 §3.3).
  public var scope: String?
  /// When the issuer last gave tokens without a person: RFC 3339, UTC.
  public var lastRefreshAt: String?
  /// The sign-in that is under way for it.
  public var transaction: TransactionID?

  /// Made of its parts; what is left out has the value that stands here.
  public init(
    profile: String, owner: Int?, subject: String? = nil, state: State,
    accessExpiresAt: String? = nil, refreshable: Bool = false, scope: String? = nil,
    lastRefreshAt: String? = nil, transaction: TransactionID? = nil
  ) {
    self.profile = profile
    self.owner = owner
    self.subject = subject
    self.state = state
    self.accessExpiresAt = accessExpiresAt
    self.refreshable = refreshable
    self.scope = scope
    self.lastRefreshAt = lastRefreshAt
    self.transaction = transaction
  }

  /// The wire form. What is not known is null; `transaction` is left out where there is none.
  public var json: JSONValue {
    var object: JSONObject = [
      "profile": .string(profile),
      "owner": owner.map { .int($0) } ?? "service",
      "subject": subject.map { .string($0) } ?? .null,
      "state": .string(state.rawValue),
      "access_expires_at": accessExpiresAt.map { .string($0) } ?? .null,
      "refreshable": .bool(refreshable),
      "scope": scope.map { .string($0) } ?? .null,
      "last_refresh_at": lastRefreshAt.map { .string($0) } ?? .null,
    ]
    object.append("transaction", transaction.map { .string($0.rawValue) })
    return .object(object)
  }

  /// Reads the wire form.
  ///
  /// - Throws: `WireFault.malformed` with the member that is missing or of another type.
  public init(json: JSONValue) throws(WireFault) {
    self.init(
      profile: try json.required("profile", \.string), owner: json["owner"]?.int,
      subject: json["subject"]?.string,
      state: try json.required("state") { $0.string.flatMap { State(rawValue: $0) } },
      accessExpiresAt: json["access_expires_at"]?.string,
      refreshable: try json.required("refreshable", \.bool), scope: json["scope"]?.string,
      lastRefreshAt: json["last_refresh_at"]?.string,
      transaction: json["transaction"]?.string.map { TransactionID(rawValue: $0) })
  }

  /// The `session` member of a result, where there is one.
  static func member(of json: JSONValue) throws(WireFault) -> SessionSummary? {
    guard let session = json["session"], !session.isNull else { return nil }
    return try SessionSummary(json: session)
  }
}
