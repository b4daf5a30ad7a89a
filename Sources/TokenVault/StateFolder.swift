// The state folder, held: opened once without following a link, checked for owner and mode, locked,
// and from then on the only place that files are named in, so that nobody can swap it underneath.
//
// The lock is an open-file-description lock on a file that is never removed. It is the kernel's,
// so it ends with the process however that ends. The file's text (pid and start time) is for the
// message alone: whoever cannot get the lock says who has it.

internal import Glibc

/// The folder of one vault, locked for as long as this lives.
final class StateFolder {
  static let lockName = "lock"

  let path: String
  private let folder: Descriptor
  private let lock: Descriptor?

  /// What a file of the folder gave.
  enum Contents {
    case absent
    case bytes([UInt8])
    /// It is no plain file, is too large, or the disk does not give it back.
    case unreadable
  }

  /// Opens the folder, making it (0700) where it is missing, and takes its lock.
  ///
  /// - Throws: `folderUnsafe`, `locked`, `readOnly`, `diskFull` or `inputOutput`.
  init(_ path: String) throws(VaultError) {
    let path = Self.withoutTrailingSlashes(path)
    self.path = path
    folder = try Self.openFolder(path)
    lock = try Self.takeLock(in: folder, path: path)
  }

  /// Opens the folder to look at it, without its lock; never makes it.
  ///
  /// - Throws: `folderUnsafe` or `inputOutput`.
  init(looking path: String) throws(VaultError) {
    self.path = path
    guard Self.exists(path) else { throw .inputOutput(path: path, errno: ENOENT) }
    folder = try Self.openFolder(path)
    lock = nil
  }

  deinit {
    switch lock {
    case .some(let lock): LockFile.release(lock)
    case .none: break
    }
  }

  func path(of name: String) -> String { "\(path)/\(name)" }

  // MARK: Opening

  static func withoutTrailingSlashes(_ path: String) -> String {
    var path = path[...]
    while path.count > 1, path.last == "/" { path.removeLast() }
    return String(path)
  }

  /// Makes the folder and the ones above it, as far as they are missing, for this account alone.
  static func make(_ path: String) throws(VaultError) {
    if unsafe mkdir(path, 0o700) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw .writing(path, errno)
    }
    try make(String(path[..<slash]))
    guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .writing(path, errno) }
  }

  static func openFolder(_ path: String) throws(VaultError) -> Descriptor {
    if !exists(path) { try make(path) }
    do {
      let folder = try Descriptor(path, flags: O_RDONLY | O_DIRECTORY)
      let status = try folder.status()
      guard status.st_uid == geteuid() else {
        throw VaultError.folderUnsafe(path: path, why: .foreignOwner(uid: status.st_uid))
      }
      guard status.st_mode & 0o077 == 0 else {
        throw VaultError.folderUnsafe(path: path, why: .openMode(status.st_mode & 0o7777))
      }
      return folder
    } catch let error as VaultError {
      throw error
    } catch let error as Descriptor.Failure {
      switch error.code {
      case ELOOP, ENOTDIR:
        throw .folderUnsafe(path: path, why: isLink(path) ? .symbolicLink : .wrongKind)
      default:
        throw .inputOutput(path: path, errno: error.code)
      }
    } catch {
      throw .inputOutput(path: path, errno: EIO)
    }
  }

  private static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0
  }

  static func isLink(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  private static func takeLock(
    in folder: borrowing Descriptor, path: String
  ) throws(VaultError) -> Descriptor {
    let lockPath = "\(path)/\(lockName)"
    let file: Descriptor
    do {
      file = try Descriptor(
        lockName, in: folder.number, flags: O_RDWR | O_CREAT | O_NONBLOCK, mode: 0o600)
    } catch  where error.code == ELOOP {
      throw .folderUnsafe(path: lockPath, why: .symbolicLink)
    } catch  where error.code == EISDIR || error.code == ENXIO {
      throw .folderUnsafe(path: lockPath, why: .wrongKind)
    } catch {
      throw .writing(lockPath, error.code)
    }
    do {
      try LockFile.take(file)
    } catch  where error.code == EAGAIN || error.code == EACCES {
      throw .locked(path: path, byPID: LockFile.holder(file))
    } catch {
      throw .inputOutput(path: lockPath, errno: error.code)
    }
    return file
  }

  /// Writes who holds the lock into its file, for the message of whoever else comes. Failing to is
  /// no reason not to start: the lock holds without it.
  func signLock() {
    switch lock {
    case .some(let lock): LockFile.sign(lock)
    case .none: break
    }
  }

  // MARK: Reading

  /// The names of all files in the folder, in order.
  ///
  /// - Throws: `inputOutput`.
  func names() throws(VaultError) -> [String] {
    let number = unsafe openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard number >= 0 else { throw .inputOutput(path: path, errno: errno) }
    guard let stream = unsafe fdopendir(number) else {
      let code = errno
      _ = close(number)
      throw .inputOutput(path: path, errno: code)
    }
    defer { _ = unsafe closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else { break }
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    guard errno == 0 else { throw .inputOutput(path: path, errno: errno) }
    return names.sorted()
  }

  /// What the file holds, if it is a plain file of at most `limit` bytes.
  ///
  /// - Throws: `folderUnsafe` where it belongs to another account; `inputOutput` where this process,
  ///   not the file, is the reason that it cannot be read (no descriptor left, and the like).
  func read(_ name: String, limit: Int) throws(VaultError) -> Contents {
    let status: stat
    var bytes: [UInt8] = []
    do {
      let file = try Descriptor(name, in: folder.number, flags: O_RDONLY | O_NONBLOCK)
      status = try file.status()
      guard status.st_uid == geteuid() else {
        throw VaultError.folderUnsafe(
          path: path(of: name), why: .foreignOwner(uid: status.st_uid))
      }
      guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else { return .unreadable }
      bytes = [UInt8](repeating: 0, count: Int(status.st_size))
      var span = bytes.mutableSpan
      let count = try file.read(into: &span)
      guard count == bytes.count else { return .unreadable }
    } catch let error as VaultError {
      throw error
    } catch let error as Descriptor.Failure {
      switch error.code {
      case ENOENT: return .absent
      case ELOOP, EIO, EISDIR, ENXIO, ENODEV: return .unreadable
      default: throw .inputOutput(path: path(of: name), errno: error.code)
      }
    } catch {
      return .unreadable
    }
    return .bytes(bytes)
  }

  // MARK: Writing, in the order that a crash cannot hurt

  /// Puts `bytes` into the file as one step: whoever looks, and whenever the power fails, finds the
  /// old bytes whole or the new bytes whole.
  ///
  /// The order is: write beside it, `fsync` that, rename over it, `fsync` the folder. When this
  /// returns, the new bytes are on the disk.
  ///
  /// - Parameter isAwaited: whether it must be on the disk when this returns. Otherwise a power cut
  ///   may bring the old bytes back; a crash of the process does not.
  /// - Throws: `diskFull`, `readOnly` or `inputOutput`; the old file is then still there, whole.
  func replace(
    _ name: String, with bytes: [UInt8], isAwaited: Bool = true
  ) throws(VaultError) {
    let temporary = name + Self.temporarySuffix
    do {
      try write(bytes, toNew: temporary, isAwaited: isAwaited)
      try Descriptor.untilDone {
        unsafe renameat(folder.number, temporary, folder.number, name)
      }
    } catch {
      // What is left of it is worth trying to remove. It does no harm where it stays: at the next
      // start it is taken if it is whole, and else dropped.
      _ = unsafe unlinkat(folder.number, temporary, 0)
      throw .writing(path(of: name), error.code)
    }
    if isAwaited { try synchronize() }
  }

  static let temporarySuffix = ".new"

  private func write(
    _ bytes: [UInt8], toNew name: String, isAwaited: Bool
  ) throws(Descriptor.Failure) {
    let file = try create(name)
    try file.write(bytes.span)
    if isAwaited { try file.synchronize() }
    try file.finish()
  }

  private func create(_ name: String) throws(Descriptor.Failure) -> Descriptor {
    let flags = O_WRONLY | O_CREAT | O_EXCL
    do {
      return try Descriptor(name, in: folder.number, flags: flags, mode: 0o600)
    } catch  where error.code == EEXIST {
      _ = unsafe unlinkat(folder.number, name, 0)
      return try Descriptor(name, in: folder.number, flags: flags, mode: 0o600)
    }
  }

  /// Renames a file of the folder; `synchronize()` makes it last.
  func rename(_ name: String, to other: String) throws(VaultError) {
    guard unsafe renameat(folder.number, name, folder.number, other) == 0 else {
      throw .writing(path(of: name), errno)
    }
  }

  /// Removes a file that may be missing; `synchronize()` makes it last.
  func remove(_ name: String) throws(VaultError) {
    guard unsafe unlinkat(folder.number, name, 0) == 0 || errno == ENOENT else {
      throw .writing(path(of: name), errno)
    }
  }

  /// Brings the folder's own entries to the disk.
  func synchronize() throws(VaultError) {
    do {
      try folder.synchronize()
    } catch {
      throw .writing(path, error.code)
    }
  }
}
