// Which sessions the caller has.

public import JSON

/// `session.list`
public enum SessionList: Method {
  public typealias Params = NoParams

  public static let name = "session.list"
  public static let summary = "Lists the sessions that the caller may see"
  public static let details = "No token is in it."
  public static let reasons: [Reason] = [.vaultUnavailable]

  /// The caller's sessions; the service's owner sees all.
  public struct Result: PlainResult, Equatable {
    public static let sentence = "The sessions, by the names of their profiles"
    public static let schema = Schema.object([
      FieldDescription(
        "sessions", .list(.named(.session), atLeast: 0), "The sessions", required: true)
    ])

    /// Sorted by profile.
    public var sessions: [SessionSummary]

    /// Made of its parts.
    public init(sessions: [SessionSummary]) {
      self.sessions = sessions
    }

    public init(json: JSONValue) throws(WireFault) {
      self.init(
        sessions: try json.list("sessions") { (json) throws(WireFault) in
          try SessionSummary(json: json)
        })
    }

    public var json: JSONValue { ["sessions": .array(sessions.map(\.json))] }
  }
}
