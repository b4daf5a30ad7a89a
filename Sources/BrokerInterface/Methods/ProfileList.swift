// Which profiles the caller may use.

public import JSON

/// `profile.list`
public enum ProfileList: Method {
  public typealias Params = NoParams

  public static let name = "profile.list"
  public static let summary = "Lists the profiles that the caller may use, each with its session"
  public static let details = "Profiles that the caller may not use are not there."
  public static let reasons: [Reason] = [.vaultUnavailable]

  /// What the caller may use.
  public struct Result: PlainResult, Equatable {
    public static let sentence = "The profiles, by name"
    public static let schema = Schema.object([
      FieldDescription(
        "profiles", .list(.named(.profile), atLeast: 0), "The profiles", required: true)
    ])

    /// Sorted by name.
    public var profiles: [ProfileSummary]

    /// Made of its parts.
    public init(profiles: [ProfileSummary]) {
      self.profiles = profiles
    }

    public init(json: JSONValue) throws(WireFault) {
      self.init(
        profiles: try json.list("profiles") { (json) throws(WireFault) in
          try ProfileSummary(json: json)
        })
    }

    public var json: JSONValue { ["profiles": .array(profiles.map(\.json))] }
  }
}
