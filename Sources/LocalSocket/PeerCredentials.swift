// Who is at the other end of a connection. The kernel fixed it when the connection was made, and
// nothing that is written over it changes it: whoever the descriptor is passed to acts as them.
//
// A credential that cannot be read is an absent value, never zeros: zeros read as root.

internal import CLinux
internal import Glibc

/// The caller, as the kernel names it (`SO_PEERCRED`, `SO_PEERGROUPS`).
public struct PeerCredentials: Sendable, Equatable {
  /// The process that connected. It may have ended since and its number may be another's: what is
  /// read through it goes through `PeerProcess`.
  public var pid: Int32
  /// The effective user id at the time of the connection.
  public var uid: UInt32
  /// The effective group id.
  public var gid: UInt32
  /// The supplementary groups.
  public var groups: [UInt32]

  /// Made of its parts.
  public init(pid: Int32, uid: UInt32, gid: UInt32, groups: [UInt32]) {
    self.pid = pid
    self.uid = uid
    self.gid = gid
    self.groups = groups
  }

  /// What the kernel shows in the place of a uid that our user namespace has no name for.
  public static let overflowUID: UInt32 = 65534

  /// Whether this names somebody. Pid 0 is a process outside our pid namespace, and the overflow
  /// uid may be anybody outside our user namespace.
  public var isIdentified: Bool {
    pid > 0 && uid != Self.overflowUID && uid != .max && gid != .max
  }

  /// Asks the kernel; `nil` where it does not say all of it.
  static func read(from descriptor: CInt) -> PeerCredentials? {
    var peer = remedy_peer()
    guard unsafe remedy_peer_credentials(descriptor, &peer) == 0 else { return nil }
    var groups = [UInt32](repeating: 0, count: 32)
    while true {
      let count = unsafe remedy_peer_groups(descriptor, &groups, CInt(groups.count))
      guard count >= 0 else { return nil }
      if count <= groups.count {
        groups.removeLast(groups.count - Int(count))
        break
      }
      groups = [UInt32](repeating: 0, count: Int(count))
    }
    return PeerCredentials(pid: peer.pid, uid: peer.uid, gid: peer.gid, groups: groups)
  }
}
