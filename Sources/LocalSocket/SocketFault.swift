// Why the socket cannot be had. Each says what stands in the way and what to do about it: the
// service does not start, and somebody reads this.

/// Why a socket cannot be bound or taken over.
public enum SocketFault: Error, Equatable, Sendable {
  /// The path has no name at its end, or is longer than a socket address holds.
  case unusablePath(String, limit: Int)
  /// There is no folder to put the socket into.
  case folderMissing(String)
  /// Something else than a folder, or a symbolic link to one.
  case notFolder(String)
  /// The folder belongs to another account, which could put another socket there.
  case folderForeign(String, owner: UInt32)
  /// Others may write in the folder, and could put another socket there.
  case folderWritableByOthers(String)
  /// Somebody serves there, or came first.
  case inUse(String)
  /// A file, folder, pipe or symbolic link stands there. It is left alone.
  case notSocket(String)
  /// Another account's socket stands there. It is left alone.
  case foreign(String, owner: UInt32)
  /// What was handed over does not listen on a Unix stream socket.
  case notListening(descriptor: Int32)
  /// A system call failed.
  case system(call: String, path: String, errno: Int32)
}

extension SocketFault: CustomStringConvertible {
  /// What stands in the way, at which path, and what to do about it; lower case, no full stop.
  public var description: String {
    switch self {
    case .unusablePath(let path, let limit):
      "\(path): no path for a socket; it must end in a name and have at most \(limit) bytes"
    case .folderMissing(let folder):
      "\(folder): no such folder; create it with mode 0700"
    case .notFolder(let folder):
      "\(folder): not a folder; the socket's folder may not be a symbolic link"
    case .folderForeign(let folder, let owner):
      "\(folder): belongs to uid \(owner); the socket's folder must be the service's own"
    case .folderWritableByOthers(let folder):
      "\(folder): others may write there; take that away with chmod go-w \(folder)"
    case .inUse(let path):
      "\(path): in use; another broker serves there"
    case .notSocket(let path):
      "\(path): something that is no socket stands there; move it away or choose another path"
    case .foreign(let path, let owner):
      "\(path): a socket of uid \(owner) stands there; remove it or choose another path"
    case .notListening(let descriptor):
      "descriptor \(descriptor): not a listening Unix stream socket; check ListenStream="
    case .system(let call, let path, let errno):
      "\(path): \(call) failed: \(Self.words(errno))"
    }
  }
}
