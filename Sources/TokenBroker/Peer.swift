// Who calls, as the kernel says, and whose session it is. Nothing that a caller says of itself is
// in here.

/// One end of a connection, named by the kernel when it was made (contract §3).
public struct Peer: Sendable, Hashable {
  /// The process that connected.
  public var pid: Int32
  /// The user that it ran as then.
  public var uid: UInt32
  /// The primary and all supplementary groups.
  public var gids: [UInt32]
  /// What runs there, where the kernel lets the broker see it: it describes, and decides nothing.
  public var exe: String?
  /// The systemd unit that it belonged to, where that can be told.
  public var unit: String?

  /// Made of its parts; what is left out has the value that stands here.
  public init(pid: Int32, uid: UInt32, gids: [UInt32], exe: String? = nil, unit: String? = nil) {
    self.pid = pid
    self.uid = uid
    self.gids = gids
    self.exe = exe
    self.unit = unit
  }
}

/// Whose session it is.
public enum Owner: Sendable, Hashable {
  case user(UInt32)
  /// One session that all allowed callers share.
  case service

  /// As it stands in a record's name.
  var text: String {
    switch self {
    case .user(let uid): String(uid)
    case .service: "service"
    }
  }

  init?(text: String) {
    if text == "service" {
      self = .service
    } else if let uid = UInt32(text) {
      self = .user(uid)
    } else {
      return nil
    }
  }
}

/// Names a session: there is at most one for a profile and an owner.
public struct SessionKey: Sendable, Hashable {
  /// The profile's name.
  public var profile: String
  /// Whose session it is.
  public var owner: Owner

  /// Made of its parts.
  public init(profile: String, owner: Owner) {
    self.profile = profile
    self.owner = owner
  }
}

/// Names a connection for as long as the service runs.
public struct ConnectionID: Sendable, Hashable {
  /// Unique in the process.
  public var number: Int
  /// Made of its parts.
  public init(_ number: Int) { self.number = number }
}
