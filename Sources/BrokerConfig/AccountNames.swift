// Names of users and groups to their numbers, once, when the configuration is read: the kernel
// tells of a caller in numbers, and no look-up may stand between a caller and an answer.

internal import Glibc
internal import TokenBroker

/// The machine's accounts (NSS).
enum AccountNames {
  enum Answer: Equatable {
    case found(UInt32)
    case unknown
    case failed(errno: Int32)
  }

  /// Whoever this process runs as, as the kernel would tell of them.
  static var own: Peer {
    let count = max(0, getgroups(0, nil))
    var groups = [gid_t](repeating: 0, count: Int(count))
    let read = unsafe getgroups(count, &groups)
    return Peer(
      pid: getpid(), uid: geteuid(), gids: [getegid()] + groups.prefix(Int(max(0, read))))
  }

  static func user(_ name: String) -> Answer {
    unsafe look { buffer, size in
      var entry = unsafe passwd()
      var result: UnsafeMutablePointer<passwd>?
      let code = unsafe getpwnam_r(name, &entry, buffer, size, &result)
      return (code, unsafe result == nil ? nil : unsafe entry.pw_uid)
    }
  }

  static func group(_ name: String) -> Answer {
    unsafe look { buffer, size in
      var entry = unsafe Glibc.group()
      var result: UnsafeMutablePointer<Glibc.group>?
      let code = unsafe getgrnam_r(name, &entry, buffer, size, &result)
      return (code, unsafe result == nil ? nil : unsafe entry.gr_gid)
    }
  }

  /// Asks again with more room while there is too little, to 1 MiB.
  @unsafe
  private static func look(
    _ ask: (UnsafeMutablePointer<CChar>, Int) -> (Int32, UInt32?)
  ) -> Answer {
    var size = 4096
    while true {
      let (code, id) = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) {
        unsafe $0.baseAddress.map { unsafe ask($0, size) } ?? (ENOMEM, nil)
      }
      if let id { return .found(id) }
      switch code {
      case ERANGE where size < 1 << 20: size *= 4
      case EINTR: continue
      case 0, ENOENT, ESRCH: return .unknown
      default: return .failed(errno: code)
      }
    }
  }
}
