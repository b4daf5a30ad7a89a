// A socket of our own at a path, without a moment in which somebody else could be served, could
// connect too early, or could lose a file to us.
//
// 1. The folder is opened once, not through a symbolic link; it is ours and only we may write
//    there. Everything after goes through that descriptor: whoever swaps the path swaps nothing.
// 2. What stands at the path is removed only if it is a socket of ours on which nobody listens, and
//    by moving it aside first and looking again.
// 3. The socket is bound under a temporary name, gets its mode, listens, and is then renamed into
//    place, never over anything.

internal import CLinux
internal import Glibc
internal import Synchronization

/// A listening socket at a path. Whoever holds it closes `descriptor`.
struct BoundSocket {
  let path: String
  let descriptor: CInt
  private let folder: Folder
  private let name: String
  private let identity: FileIdentity

  /// Binds and listens.
  ///
  /// - Parameters:
  ///   - mode: who may connect, as permission bits of the socket.
  ///   - makesFolder: whether to create the last folder where it is missing.
  init(
    path: String, mode: UInt32, backlog: Int, makesFolder: Bool
  ) throws(SocketFault) {
    let limit = Int(remedy_unix_path_limit())
    let (folderPath, name) = Self.split(path)
    guard path.utf8.count <= limit, !path.utf8.contains(0), !["", ".", ".."].contains(name) else {
      throw .unusablePath(path, limit: limit)
    }
    let folder = try Folder(
      folderPath, making: makesFolder ? (mode & 0o077 == 0 ? 0o700 : 0o755) : nil)
    try folder.clear(name, path: path)

    let temporary = Self.temporaryName()
    let descriptor = remedy_unix_socket()
    guard descriptor >= 0 else { throw .system(call: "socket", path: path, errno: errno) }
    var isInPlace = false
    defer {
      if !isInPlace {
        folder.unlink(temporary)
        close(descriptor)
      }
    }
    guard unsafe remedy_unix_bind(descriptor, folder.through(temporary)) == 0 else {
      throw .system(call: "bind", path: path, errno: errno)
    }
    guard unsafe fchmodat(folder.descriptor, temporary, mode, 0) == 0 else {
      throw .system(call: "chmod", path: path, errno: errno)
    }
    guard listen(descriptor, CInt(clamping: backlog)) == 0 else {
      throw .system(call: "listen", path: path, errno: errno)
    }
    guard let identity = folder.identity(of: temporary) else {
      throw .system(call: "stat", path: path, errno: errno)
    }
    try folder.place(temporary, at: name, path: path)
    isInPlace = true
    self.path = path
    self.name = name
    self.folder = folder
    self.descriptor = descriptor
    self.identity = identity
  }

  /// Removes the path if it is still this socket.
  func unlink() {
    if folder.identity(of: name) == identity { folder.unlink(name) }
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let name = String(path[path.index(after: slash)...])
    return (slash == path.startIndex ? "/" : String(path[..<slash]), name)
  }

  /// A name that no other bind of this or another process uses.
  static func temporaryName() -> String {
    ".remedy-\(getpid())-\(counter.add(1, ordering: .relaxed).newValue)"
  }

  private static let counter = Atomic<Int>(0)
}

/// Which file it is, whatever its name. The inode alone is not enough: its number is free for the
/// next file as soon as it is removed.
private struct FileIdentity: Equatable {
  private let device: dev_t
  private let inode: ino_t
  private let kind: mode_t
  private let owner: uid_t
  private let seconds: Int
  private let nanoseconds: Int

  init(_ status: stat) {
    device = status.st_dev
    inode = status.st_ino
    kind = status.st_mode & S_IFMT
    owner = status.st_uid
    seconds = status.st_mtim.tv_sec
    nanoseconds = status.st_mtim.tv_nsec
  }
}

/// The folder of a socket, held open.
private final class Folder: Sendable {
  let path: String
  let descriptor: CInt

  init(_ path: String, making mode: UInt32?) throws(SocketFault) {
    self.path = path
    var descriptor = unsafe remedy_open_folder(path)
    if descriptor < 0, errno == ENOENT, let mode {
      // Another process may be quicker; what stands there then is checked like any other.
      guard unsafe mkdir(path, mode) == 0 || errno == EEXIST else {
        throw errno == ENOENT
          ? .folderMissing(path) : .system(call: "mkdir", path: path, errno: errno)
      }
      descriptor = unsafe remedy_open_folder(path)
    }
    self.descriptor = descriptor
    guard descriptor >= 0 else {
      switch errno {
      case ENOENT: throw .folderMissing(path)
      case ENOTDIR, ELOOP: throw .notFolder(path)
      default: throw .system(call: "open", path: path, errno: errno)
      }
    }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw .system(call: "stat", path: path, errno: errno)
    }
    guard status.st_uid == geteuid() else {
      throw .folderForeign(path, owner: status.st_uid)
    }
    guard status.st_mode & 0o022 == 0 else { throw .folderWritableByOthers(path) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// A path to something in this folder, for calls that take no folder descriptor.
  func through(_ name: String) -> String { "/proc/self/fd/\(descriptor)/\(name)" }

  func status(of name: String) -> stat? {
    var status = stat()
    return unsafe fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
  }

  func identity(of name: String) -> FileIdentity? { status(of: name).map { FileIdentity($0) } }

  func unlink(_ name: String) { _ = unsafe unlinkat(descriptor, name, 0) }

  /// Makes room for a socket, or says what is in the way.
  func clear(_ name: String, path: String) throws(SocketFault) {
    guard let status = status(of: name) else {
      guard errno == ENOENT else { throw .system(call: "stat", path: path, errno: errno) }
      return
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notSocket(path) }
    guard status.st_uid == geteuid() else { throw .foreign(path, owner: status.st_uid) }
    guard try isDeserted(name, path: path) else { throw .inUse(path) }

    let aside = BoundSocket.temporaryName()
    try place(name, at: aside, path: path)
    guard identity(of: aside) == FileIdentity(status) else {
      // It was swapped in between: not what was looked at, so it goes back.
      try place(aside, at: name, path: path)
      throw .inUse(path)
    }
    unlink(aside)
  }

  /// Whether nobody listens on a socket.
  private func isDeserted(_ name: String, path: String) throws(SocketFault) -> Bool {
    let probe = remedy_unix_socket()
    guard probe >= 0 else { throw .system(call: "socket", path: path, errno: errno) }
    defer { close(probe) }
    if unsafe remedy_unix_connect(probe, through(name)) == 0 { return false }
    switch errno {
    case ECONNREFUSED: return true
    case EAGAIN: return false  // somebody listens and has more to do than their backlog holds
    default: throw .system(call: "connect", path: path, errno: errno)
    }
  }

  /// Renames, never over anything.
  func place(_ name: String, at target: String, path: String) throws(SocketFault) {
    if unsafe remedy_rename_without_replacing(descriptor, name, target) == 0 { return }
    if errno == EINVAL || errno == ENOSYS {
      // A file system without that rename.
      if unsafe linkat(descriptor, name, descriptor, target, 0) == 0 {
        unlink(name)
        return
      }
    }
    throw errno == EEXIST || errno == ENOENT
      ? .inUse(path) : .system(call: "rename", path: path, errno: errno)
  }
}

extension SocketFault {
  /// The system's words for an error number.
  static func words(_ number: Int32) -> String {
    var bytes = [CChar](repeating: 0, count: 128)
    guard unsafe strerror_r(number, &bytes, bytes.count) == 0 else { return "error \(number)" }
    let words = bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: words, as: UTF8.self)
  }
}
