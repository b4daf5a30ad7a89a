// Where the configured key comes from, and how strictly it is looked at: a key that somebody else
// could have read or put there is no key. It goes from the file into guarded memory directly.

internal import CLinux
internal import Glibc
public import Secrets

/// A place that holds the vault's configured key.
public enum KeySource: Sendable, Equatable {
  /// A file of mode 0600 (or stricter) that belongs to this account.
  case file(String)
  /// A systemd credential, by name. Its folder, which systemd makes for this service alone, is
  /// what guards it; its own mode and owner differ between versions of systemd and say nothing.
  case credential(String)
  /// A key of type `user` in the kernel's keyring of this account, by name (`keyctl padd user NAME
  /// @u`). It lives until the boot ends, and every process of the account can read it.
  case keyring(String)

  /// The place that `file:/PATH`, `credential:NAME` or `keyring:NAME` names; `nil` for another text.
  public init?(text: String) {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let rest = String(text[text.index(after: colon)...])
    guard !rest.isEmpty else { return nil }
    switch text[..<colon] {
    case "file": self = .file(rest)
    case "credential": self = .credential(rest)
    case "keyring": self = .keyring(rest)
    default: return nil
    }
  }

  /// A key file is 32 bytes, or 44 characters and a line feed.
  private static let encodedCount = 44

  /// The key: 32 bytes.
  ///
  /// - Parameter credentialsDirectory: `$CREDENTIALS_DIRECTORY`, if there is one.
  /// - Throws: `keyMissing`, `keyMalformed`, `keyUnsafe`; `inputOutput` where it cannot be read.
  public func read(credentialsDirectory: String?) throws(VaultError) -> Secret {
    switch self {
    case .file(let path):
      return try Self.read(path, isGuardedByItsFolder: false)
    case .credential(let name):
      // A name is one file in that folder, and no way out of it.
      guard let credentialsDirectory, !name.isEmpty, name != ".", name != "..",
        !name.contains("/"), !name.utf8.contains(0)
      else { throw .keyMissing(path: "credential:\(name)") }
      return try Self.read("\(credentialsDirectory)/\(name)", isGuardedByItsFolder: true)
    case .keyring(let name):
      return try Self.read(keyring: name)
    }
  }

  /// Makes a key file (0600) with a fresh key, for the first start of a user service.
  ///
  /// A file that is there is left as it is, and so is a folder that already holds a vault: its key
  /// is lost then, and a new one would only hide that. When two processes do this at once, both
  /// find the same key afterwards.
  ///
  /// - Parameters:
  ///   - path: the key file.
  ///   - directory: the state folder of the vault that the key is for; made if it is missing.
  /// - Returns: whether this call made the file.
  /// - Throws: `folderUnsafe`, `diskFull`, `readOnly` or `inputOutput`.
  @discardableResult
  public static func makeFile(
    at path: String, forVaultIn directory: String
  ) throws(VaultError) -> Bool {
    var status = stat()
    if unsafe lstat(path, &status) == 0 { return false }
    let directory = StateFolder.withoutTrailingSlashes(directory)
    if unsafe lstat("\(directory)/\(Header.fileName)", &status) == 0 { return false }
    // A folder that the vault would refuse gets no key either.
    _ = try StateFolder.openFolder(directory)
    do {
      return try place(newKeyText(), at: path)
    } catch {
      throw .writing(path, error.code)
    }
  }

  /// A fresh key as a key file holds it: 44 characters of base64 and a line feed.
  public static func newKeyText() -> Secret {
    KeyText.encode(Secret(randomCount: SealedBox.keyCount))
  }

  private static func read(keyring name: String) throws(VaultError) -> Secret {
    let place = "keyring:\(name)"
    var count = 0
    let text = try Secret(count: encodedCount + 1) {
      (span: inout MutableSpan<UInt8>) throws(VaultError) in
      count = unsafe span.withUnsafeMutableBytes { buffer in
        guard let start = buffer.baseAddress else { return -1 }
        return unsafe remedy_keyring_read(name, start, buffer.count)
      }
      guard count >= 0 else {
        switch errno {
        case ENOKEY, EKEYEXPIRED, EKEYREVOKED: throw .keyMissing(path: place)
        default: throw .inputOutput(path: place, errno: errno)
        }
      }
    }
    guard count <= text.count, let key = KeyText.decode(text.prefix(count)) else {
      throw .keyMalformed(path: place, count: count)
    }
    return key
  }

  // MARK: Files

  private static func read(
    _ path: String, isGuardedByItsFolder: Bool
  ) throws(VaultError) -> Secret {
    do {
      let file = try Descriptor(path, flags: O_RDONLY | O_NONBLOCK)
      let status = try file.status()
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw VaultError.keyUnsafe(path: path, why: .wrongKind)
      }
      if !isGuardedByItsFolder {
        guard status.st_uid == geteuid() else {
          throw VaultError.keyUnsafe(path: path, why: .foreignOwner(uid: status.st_uid))
        }
        guard status.st_mode & 0o077 == 0 else {
          throw VaultError.keyUnsafe(path: path, why: .openMode(status.st_mode & 0o7777))
        }
      }
      let count = Int(status.st_size)
      guard (SealedBox.keyCount...encodedCount + 1).contains(count) else {
        throw VaultError.keyMalformed(path: path, count: count)
      }
      let text = try Secret(count: count) {
        (span: inout MutableSpan<UInt8>) throws(Descriptor.Failure) in
        // Shorter than it was a moment ago: somebody is writing it.
        guard try file.read(into: &span) == count else { throw Descriptor.Failure(code: EIO) }
      }
      guard let key = KeyText.decode(text) else {
        throw VaultError.keyMalformed(path: path, count: count)
      }
      return key
    } catch let error as VaultError {
      throw error
    } catch let error as Descriptor.Failure {
      switch error.code {
      case ENOENT, ENOTDIR: throw .keyMissing(path: path)
      case ELOOP: throw .keyUnsafe(path: path, why: .symbolicLink)
      default: throw .inputOutput(path: path, errno: error.code)
      }
    } catch {
      throw .inputOutput(path: path, errno: EIO)
    }
  }

  /// Writes the text beside the path, then links it there: unlike a rename, a link gives way to a
  /// file that came meanwhile, and whoever finds the file finds it whole.
  private static func place(_ text: Secret, at path: String) throws(Descriptor.Failure) -> Bool {
    let temporary = "\(path).\(Base64URL.encode(RandomBytes.bytes(9)))"
    defer { _ = unsafe unlink(temporary) }
    try write(text, to: temporary)
    guard unsafe link(temporary, path) == 0 else {
      if errno == EEXIST { return false }
      throw Descriptor.Failure(code: errno)
    }
    try Descriptor(folder(of: path), flags: O_RDONLY | O_DIRECTORY).synchronize()
    return true
  }

  private static func write(_ text: Secret, to path: String) throws(Descriptor.Failure) {
    let file = try Descriptor(path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    try text.withBytes { (span) throws(Descriptor.Failure) in try file.write(span) }
    try file.synchronize()
    try file.finish()
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
