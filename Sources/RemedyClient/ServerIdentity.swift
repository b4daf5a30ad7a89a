// Who serves the socket. Anybody can put a socket where we look for one, if the folder lets them,
// and would then be told passwords; so the kernel is asked, before a byte is sent. It names whoever
// called `listen`: with socket activation that is the service manager, uid 0 or the user.

internal import Glibc

/// Who serves a socket, and whether to trust them.
enum ServerIdentity {
  /// The account of the system service.
  static let serviceAccount = "remedy"

  /// What the kernel shows for a uid that our user namespace has no name for: it may be anybody.
  private static let overflowUID: UInt32 = 65534

  /// Root, or the service's account for the system path; root, or our own uid, for any other.
  ///
  /// - Parameter serviceUID: looks the service's account up; asked only where it matters.
  static func isTrusted(
    uid: UInt32, path: String, ownUID: UInt32, serviceUID: () -> UInt32?
  ) -> Bool {
    if uid == 0 { return true }
    if uid == overflowUID { return false }
    return path == SocketPath.system ? uid == serviceUID() : uid == ownUID
  }

  /// The uid of who listens at the other end; `nil` where the kernel does not say.
  static func uid(of descriptor: CInt) -> UInt32? {
    // struct ucred { pid_t pid; uid_t uid; gid_t gid; }, filled beforehand with what is nobody: a
    // call that writes nothing must not read as root.
    var credentials: [UInt32] = [.max, .max, .max]
    var length = socklen_t(12)
    let status = unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length)
    guard status == 0, length == 12, credentials[1] != .max else { return nil }
    return credentials[1]
  }

  /// The uid of the system service's account, by /etc/passwd: a static executable has no NSS, and
  /// the account is a local one.
  static func serviceUID() -> UInt32? {
    readFile("/etc/passwd", limit: 4 << 20).flatMap { accountUID(serviceAccount, in: $0) }
  }

  /// The uid of an account in the text of a passwd(5) file: the first line that has the name.
  static func accountUID(_ name: String, in passwd: [UInt8]) -> UInt32? {
    for line in passwd.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard fields.count >= 4, fields[0].elementsEqual(name.utf8) else { continue }
      guard !fields[2].isEmpty, fields[2].allSatisfy({ (48...57).contains($0) }) else { return nil }
      return UInt32(String(decoding: fields[2], as: UTF8.self))
    }
    return nil
  }

  /// The bytes of a file; `nil` where it cannot be read or is longer than `limit`.
  private static func readFile(_ path: String, limit: Int) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 8192)
    while bytes.count <= limit {
      let count = unsafe read(descriptor, &chunk, chunk.count)
      if count > 0 {
        bytes += chunk.prefix(count)
      } else if count == 0 {
        return bytes
      } else if errno != EINTR {
        return nil
      }
    }
    return nil
  }
}
