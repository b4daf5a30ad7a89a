// Everything that can go wrong between the vault and the disk, with the facts of it, and the one
// place that turns those into words: what happened, to which path, and what to do.

internal import Glibc
internal import Secrets

/// Why a path is not one to trust with a key or a record.
public enum Unsafety: Error, Equatable, Sendable {
  /// The path itself is a symbolic link.
  case symbolicLink
  /// The path is not what it must be: a folder in place of a file, a FIFO, or the like.
  case wrongKind
  /// Another account owns it.
  case foreignOwner(uid: UInt32)
  /// Group or others may do something with it.
  case openMode(UInt32)
}

/// What the vault could not do. Each case carries the path that a person has to look at.
///
/// Opening never changes a record's bytes, and a start that ends in one of these changes no file
/// at all, `diskFull`, `readOnly` and `inputOutput` aside, where what was under way is undone.
public enum VaultError: Error, Equatable, Sendable {
  /// There is no key at the path (or no credential of that name).
  case keyMissing(path: String)
  /// What lies at the path is neither 32 raw bytes nor their base64. `count`: bytes found.
  case keyMalformed(path: String, count: Int)
  /// The key file could be read or replaced by somebody else.
  case keyUnsafe(path: String, why: Unsafety)
  /// The key is not the one that this vault was made with. `path`: the state folder.
  case wrongKey(path: String)
  /// The vault opens with 32 bytes, and a passphrase was given. `path`: the state folder.
  case needsKey(path: String)
  /// The vault opens with a passphrase, and 32 bytes were given. `path`: the state folder.
  case needsPassphrase(path: String)
  /// The passphrase is not the vault's. `path`: the state folder.
  case wrongPassphrase(path: String)
  /// The header asks for a cost of deriving the passphrase's key that is too low or too high to be
  /// honest.
  case costRefused(path: String)
  /// There is not the memory that deriving the passphrase's key takes, in bytes.
  case noMemory(path: String, bytes: UInt64)
  /// The vault is held and waits for its passphrase. `path`: the state folder.
  case sealed(path: String)
  /// Another process holds the state folder; `byPID` is `nil` where it left no name.
  case locked(path: String, byPID: Int32?)
  /// The state folder, or a file in it, belongs to somebody else or is open to others.
  case folderUnsafe(path: String, why: Unsafety)
  /// There are records, but not the header that holds their key.
  case headerMissing(path: String)
  /// The header is there and its bytes are not what was written.
  case headerDamaged(path: String)
  /// A newer Remedy wrote this; it is neither read nor written.
  case newerFormat(path: String, version: UInt32)
  /// The key is come by in a way that this version does not know, such as from a passphrase.
  case keyFormUnknown(path: String, form: UInt16)
  /// No space, no inode or no quota is left.
  case diskFull(path: String)
  /// The file system or a permission forbids writing.
  case readOnly(path: String)
  /// Any other refusal of the system, with its `errno`.
  case inputOutput(path: String, errno: Int32)
  /// The payload is larger than `Vault.largestPayload`.
  case payloadTooLarge(path: String, count: Int)
  /// The vault was closed.
  case closed
}

extension VaultError {
  /// What a failed system call that was to write to `path` means.
  static func writing(_ path: String, _ code: Int32) -> VaultError {
    switch code {
    case ENOSPC, EDQUOT: .diskFull(path: path)
    case EROFS, EACCES, EPERM: .readOnly(path: path)
    default: .inputOutput(path: path, errno: code)
    }
  }

  /// What a header that does not open, or cannot be made, means.
  init(_ failure: Header.Failure, header: String, folder: String, key: VaultKey) {
    let isPassphrase = if case .passphrase = key { true } else { false }
    self =
      switch failure {
      case .damaged: .headerDamaged(path: header)
      case .newer(let version): .newerFormat(path: header, version: version)
      case .unknownForm(let form): .keyFormUnknown(path: header, form: form)
      case .wrongKey: isPassphrase ? .wrongPassphrase(path: folder) : .wrongKey(path: folder)
      case .otherForm: isPassphrase ? .needsKey(path: folder) : .needsPassphrase(path: folder)
      case .costRefused: .costRefused(path: header)
      case .noMemory(let cost): .noMemory(path: header, bytes: cost.memory)
      }
  }
}

extension VaultError: CustomStringConvertible {
  /// What happened; then, after a semicolon, what to do about it.
  public var description: String { mend.isEmpty ? problem : "\(problem); \(mend)" }

  /// What happened, and to which path.
  public var problem: String {
    switch self {
    case .keyMissing(let path): "there is no vault key at \(path)"
    case .keyMalformed(let path, let count):
      "the vault key at \(path) is \(count) bytes, not 32 raw bytes or 44 characters of base64"
    case .keyUnsafe(let path, let why): "the vault key at \(path) \(why.words)"
    case .wrongKey(let path): "the vault key is not the one that the vault in \(path) was made with"
    case .needsKey(let path): "the vault in \(path) opens with a key, not with a passphrase"
    case .needsPassphrase(let path):
      "the vault in \(path) opens with a passphrase, not with a key"
    case .wrongPassphrase(let path): "the passphrase is not that of the vault in \(path)"
    case .costRefused(let path):
      "\(path) asks for a cost of the passphrase's key that is not accepted"
    case .noMemory(let path, let bytes):
      "\(path) asks for \(bytes >> 20) MiB of memory to open it, which there is not"
    case .sealed(let path): "the vault in \(path) is locked"
    case .locked(let path, let pid):
      "another remedyd\(pid.map { " (pid \($0))" } ?? "") holds the state folder \(path)"
    case .folderUnsafe(let path, let why): "\(path) \(why.words)"
    case .headerMissing(let path): "there are records, but their header \(path) is missing"
    case .headerDamaged(let path): "the vault's header \(path) is damaged"
    case .newerFormat(let path, let version):
      "\(path) has format version \(version), which this remedyd does not know"
    case .keyFormUnknown(let path, let form):
      "\(path) wants a key of form \(form), which this remedyd does not know"
    case .diskFull(let path): "no space is left for \(path)"
    case .readOnly(let path): "\(path) may not be written"
    case .inputOutput(let path, let code): "\(path): \(Self.systemWords(code))"
    case .payloadTooLarge(let path, let count): "\(count) bytes are too many for \(path)"
    case .closed: "the vault is closed"
    }
  }

  /// What a person can do. Empty where there is nothing to say beyond the problem.
  public var mend: String {
    switch self {
    case .keyMissing(let path):
      "restore the key at \(path), or name the right one under [vault] key"
    case .keyMalformed:
      "restore the file from where the key is kept; `remedyd vault new-key` prints a fresh one "
        + "for a new vault"
    case .keyUnsafe(let path, let why): why.mend(path)
    case .wrongKey(let path):
      "name the right one under [vault] key; nothing in \(path) was changed"
    case .needsKey:
      "name its key under [vault] key; `remedyd vault rekey` changes to a passphrase"
    case .needsPassphrase:
      "write key = \"passphrase\" under [vault]; `remedyd vault rekey` changes to a key"
    case .wrongPassphrase(let path): "try again; nothing in \(path) was changed"
    case .costRefused(let path): "restore \(path) from a backup: somebody may have changed it"
    case .noMemory: "free memory, or raise the limit of the service (MemoryMax=)"
    case .sealed: "remedy unlock"
    case .locked(_, let pid):
      pid.map { "stop process \($0), or give one of the two another folder" }
        ?? "stop the other one, or give one of the two another folder"
    case .folderUnsafe(let path, let why): why.mend(path)
    case .headerMissing(let path), .headerDamaged(let path):
      "restore \(path) from a backup; without it the records cannot be read, and moving all of "
        + "the folder away signs everybody out"
    case .newerFormat, .keyFormUnknown:
      "run the newer remedyd that wrote it; nothing was changed"
    case .diskFull(let path): "make room on the file system of \(path)"
    case .readOnly(let path): "mount its file system writable, or mend the permissions of \(path)"
    case .inputOutput: "look at the kernel's log for that file system"
    case .payloadTooLarge, .closed: ""
    }
  }

  private static func systemWords(_ code: Int32) -> String {
    guard let words = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: words)
  }
}

extension Unsafety {
  var words: String {
    switch self {
    case .symbolicLink: "is a symbolic link"
    case .wrongKind: "is not a plain file or folder, as it should be"
    case .foreignOwner(let uid): "belongs to uid \(uid), not to uid \(geteuid())"
    case .openMode(let mode): "has mode \(Self.octal(mode)), which is open to other accounts"
    }
  }

  func mend(_ path: String) -> String {
    switch self {
    case .symbolicLink: "name the file or folder itself"
    case .wrongKind: "put the right thing at \(path)"
    case .foreignOwner: "chown \(geteuid()) \(path)"
    case .openMode: "chmod go= \(path)"
    }
  }

  private static func octal(_ mode: UInt32) -> String {
    let digits = String(mode & 0o7777, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
