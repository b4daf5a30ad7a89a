// Who is there: name, version, and counts of what the caller may see.

public import JSON

/// `broker.info`
public enum BrokerInfo: Method {
  public typealias Params = NoParams

  public static let name = "broker.info"
  public static let summary = "Says who serves this socket, and counts what the caller may see"
  public static let details =
    "The owner of the service (root or its account; in a user service its uid) sees counts of all."
  public static let reasons: [Reason] = []

  /// Which deployment it is.
  public enum Mode: String, Sendable, CaseIterable {
    /// One service for the machine.
    case system
    /// One service for a user.
    case user
  }

  /// Whether the vault is open.
  public enum VaultState: String, Sendable, CaseIterable {
    case open
    /// It waits for `vault.unlock`.
    case locked
    /// There is none yet: the first `vault.unlock` makes it.
    case new
  }

  /// Who answers, and what it has in hand.
  public struct Result: PlainResult, Equatable {
    public static let sentence = "The broker, and what there is of the caller's"
    public static let schema = Schema.object([
      FieldDescription("name", .text, "The program, remedyd", required: true),
      FieldDescription("version", .text, "The program's version", required: true),
      FieldDescription(
        "protocol", .integer, "The version of this interface; another one is incompatible",
        unit: "version", required: true),
      FieldDescription(
        "mode", .word(Mode.allCases.map(\.rawValue)), "One service for the machine, or for a user",
        required: true),
      FieldDescription("pid", .integer, "The broker's process", unit: "process id", required: true),
      FieldDescription("started_at", .time, "When it started", required: true),
      FieldDescription(
        "profiles", .integer, "Profiles that the caller may use", unit: "profiles", required: true),
      FieldDescription(
        "sessions", .integer, "Sessions that the caller may see", unit: "sessions", required: true),
      FieldDescription(
        "prompters", .integer, "Attached prompters that the caller may see", unit: "connections",
        required: true),
      FieldDescription(
        "vault", .word(VaultState.allCases.map(\.rawValue)),
        "Whether the vault is open; for the service's owner only"),
    ])

    /// Always `remedyd`.
    public var name: String
    /// The version of the program.
    public var version: String
    /// The version of the interface: `BrokerInterfaceVersion.current`.
    public var protocolVersion: Int
    /// Whether it serves the machine or one user.
    public var mode: Mode
    /// Its process.
    public var pid: Int
    /// RFC 3339, UTC.
    public var startedAt: String
    /// How many profiles the caller may use; the service's owner sees all.
    public var profiles: Int
    /// How many sessions of these there are.
    public var sessions: Int
    /// How many connections are attached as prompters for them.
    public var prompters: Int
    /// `nil` for another than the service's owner.
    public var vault: VaultState?

    /// Made of its parts; what is left out has the value that stands here.
    public init(
      name: String = "remedyd", version: String,
      protocolVersion: Int = BrokerInterfaceVersion.current, mode: Mode, pid: Int,
      startedAt: String, profiles: Int, sessions: Int, prompters: Int, vault: VaultState? = nil
    ) {
      self.name = name
      self.version = version
      self.protocolVersion = protocolVersion
      self.mode = mode
      self.pid = pid
      self.startedAt = startedAt
      self.profiles = profiles
      self.sessions = sessions
      self.prompters = prompters
      self.vault = vault
    }

    public init(json: JSONValue) throws(WireFault) {
      self.init(
        name: try json.required("name", \.string), version: try json.required("version", \.string),
        protocolVersion: try json.required("protocol", \.int),
        mode: try json.required("mode") { $0.string.flatMap { Mode(rawValue: $0) } },
        pid: try json.required("pid", \.int), startedAt: try json.required("started_at", \.string),
        profiles: try json.required("profiles", \.int),
        sessions: try json.required("sessions", \.int),
        prompters: try json.required("prompters", \.int),
        vault: json["vault"]?.string.flatMap { VaultState(rawValue: $0) })
    }

    public var json: JSONValue {
      var object: JSONObject = [
        "name": .string(name), "version": .string(version), "protocol": .int(protocolVersion),
        "mode": .string(mode.rawValue), "pid": .int(pid), "started_at": .string(startedAt),
        "profiles": .int(profiles), "sessions": .int(sessions), "prompters": .int(prompters),
      ]
      object.append("vault", vault.map { .string($0.rawValue) })
      return .object(object)
    }
  }
}

/// The version of this interface.
public enum BrokerInterfaceVersion {
  /// Raised only by a change that breaks callers.
  public static let current = 1
}
