// Sealed records on disk: written whole or not at all, checked when read, never lost to a mistake.
//
// Rules of the vault, which the code cites:
//
// 1. One file a record, one writer a folder (`StateFolder`'s lock).
// 2. A record is replaced by write, fsync, rename, fsync of the folder, and only then reported as
//    written: at each moment the old or the new one is on the disk, whole.
// 3. Every write has a generation one higher than any before it, sealed into the record. A
//    temporary file that a crash left over is taken if it opens and its generation is the highest.
// 4. Nothing in the folder is touched before the configured key has opened the header. A vault is
//    made only where there is nothing that could be one.
// 5. What does not open is renamed, never removed; what a newer version wrote is not touched.
// 6. Payloads are `Secret`s from end to end; what lies on the heap is sealed.
// 7. The vault knows the newest generation of each of its records (`GenerationIndex`): one that was
//    put back to an older state is renamed like a damaged one, one that was deleted goes again.
//
// docs/vault-format.md describes the files.

public import Secrets

/// The records of one state folder. One per folder, for all processes.
///
/// Its calls block, on a thread of its own.
public actor Vault {
  /// What a record is called. Any text will do for each part.
  public struct Name: Sendable, Hashable {
    /// What the record is, such as `session`.
    public var kind: String
    /// The profile it belongs to.
    public var profile: String
    /// The owner it belongs to: a uid in digits, or `service`.
    public var owner: String

    /// Made of its parts.
    public init(kind: String, profile: String, owner: String) {
      self.kind = kind
      self.profile = profile
      self.owner = owner
    }
  }

  /// What a vault held when it was opened.
  public struct Loaded: Sendable {
    /// Every record that opened.
    public var records: [(Name, Secret)] = []
    /// The names of the files that held damaged records. Each now lies beside its old place, as
    /// `NAME.damaged`, or `NAME.damaged-2` and so on where there was one before.
    public var setAside: [String] = []
    /// The names of the files that a newer version wrote: not read, not touched, and not writable.
    public var newer: [String] = []
    /// The names of the files that held an older state of their record than was last written. Each
    /// now lies beside its old place, as `NAME.stale` and so on.
    public var rolledBack: [String] = []
    /// The names of the records that were written, never deleted, and are not there.
    public var missing: [String] = []
    /// The names of the index files that are gone or damaged: of their records it cannot be told
    /// whether they are the newest. They are written anew.
    public var indexLost: [String] = []
  }

  /// The most bytes that a record can hold.
  public static let largestPayload = 4 << 20

  private nonisolated let thread: VaultThread
  /// The state folder.
  public nonisolated let path: String

  var folder: StateFolder?
  var dataKey: Secret?
  /// The highest generation of each record that was ever seen or tried.
  var generations: [Name: UInt64] = [:]
  var index = GenerationIndex()
  /// Records of a newer version (rule 5).
  var untouchable: [Name: UInt32] = [:]

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe thread.asUnownedSerialExecutor()
  }

  private init(path: String) throws(VaultError) {
    self.path = StateFolder.withoutTrailingSlashes(path)
    do {
      thread = try VaultThread()
    } catch {
      throw .inputOutput(path: path, errno: error.code)
    }
  }

  /// Opens the vault in a folder, or makes an empty one where the folder is missing or holds
  /// nothing of a vault; locks it until `close()` or the end of the process.
  ///
  /// - Parameters:
  ///   - directory: the state folder. It is made with mode 0700, and must otherwise be this
  ///     account's own and closed to all others.
  ///   - key: the configured key.
  /// - Throws: `locked`, `folderUnsafe`, `wrongKey`, `needsKey`, `needsPassphrase`, `costRefused`,
  ///   `noMemory`, `headerMissing`, `headerDamaged`, `newerFormat` or `keyFormUnknown`, with every
  ///   file as it was (an empty `lock` may have come); `diskFull`, `readOnly` or `inputOutput`.
  public static func open(
    directory: String, key: VaultKey
  ) async throws(VaultError) -> (Vault, Loaded) {
    let vault = try Vault(path: directory)
    try await vault.hold(signing: false)
    do {
      return (vault, try await vault.unlock(key))
    } catch {
      // Before the caller hears of it, not whenever the last reference goes.
      await vault.close()
      throw error
    }
  }

  /// The same, with 32 bytes from `KeySource.read`.
  public static func open(
    directory: String, key: Secret
  ) async throws(VaultError) -> (Vault, Loaded) {
    try await open(directory: directory, key: .bytes(key))
  }

  /// Takes the folder and its lock, and waits for `unlock(_:)`: until then every call throws
  /// `sealed`.
  ///
  /// - Throws: `locked`, `folderUnsafe`, `diskFull`, `readOnly` or `inputOutput`.
  public static func sealed(directory: String) async throws(VaultError) -> Vault {
    let vault = try Vault(path: directory)
    try await vault.hold(signing: true)
    return vault
  }

  /// Opens a vault that is held, once; a refused key changes nothing, and another may be tried.
  ///
  /// A passphrase takes as long as its cost says: a second or so.
  ///
  /// - Throws: as `open(directory:key:)`, `closed`.
  public func unlock(_ key: VaultKey) async throws(VaultError) -> Loaded {
    guard let folder else { throw .closed }
    return try load(folder, key: key)
  }

  /// Whether the folder holds no vault yet, so that the first key that unlocks it makes one.
  ///
  /// - Throws: `inputOutput`, `closed`.
  public var isNew: Bool {
    get async throws(VaultError) {
      guard let folder else { throw .closed }
      return try !folder.names().contains { $0 == Header.fileName || $0.contains(Record.suffix) }
    }
  }

  private func hold(signing: Bool) throws(VaultError) {
    let folder = try StateFolder(path)
    if signing { folder.signLock() }
    self.folder = folder
  }

  /// Seals the data key under another outer key. No record is touched; when this returns, the new
  /// key opens the vault and the old one does not. Interrupted at any moment, exactly one of the
  /// two does.
  ///
  /// - Throws: `wrongKey` for bytes that are no key, `costRefused`, `noMemory`, `sealed`, `closed`;
  ///   `diskFull`, `readOnly` or `inputOutput`, with the old key in force.
  public func changeKey(to key: VaultKey) async throws(VaultError) {
    guard let folder else { throw .closed }
    guard let dataKey else { throw .sealed(path: path) }
    try Self.writeHeader(dataKey, under: key, in: folder)
  }

  /// Puts a record on the disk, in place of the one of that name if there is one. When this
  /// returns it is there to stay.
  ///
  /// - Throws: `diskFull`, `readOnly` or `inputOutput`, with the old record whole and the vault as
  ///   usable as before; `payloadTooLarge`; `newerFormat` where a newer version wrote the record
  ///   that is there; `closed`.
  public func write(_ payload: Secret, as name: Name) async throws(VaultError) {
    let (folder, dataKey) = try writable(name)
    guard payload.count <= Self.largestPayload else {
      throw .payloadTooLarge(path: folder.path(of: name.fileName), count: payload.count)
    }
    // Counted up whether or not the write succeeds: no two payloads share a generation (rule 3).
    let generation = newestGeneration(of: name) + 1
    generations[name] = generation
    try folder.replace(
      name.fileName,
      with: Record.seal(payload, key: dataKey, name: name, generation: generation))
    index[name.fileName] = GenerationIndex.Entry(generation: generation, isDeleted: false)
    // The record is safe. Where the index cannot follow now, it does with the next write.
    try? writeIndex(
      GenerationIndex.shard(of: name.fileName), in: folder, key: dataKey, isAwaited: false)
  }

  /// Removes a record, if there is one. When this returns it will not come back.
  ///
  /// - Throws: as `write(_:as:)`.
  public func delete(_ name: Name) async throws(VaultError) {
    let (folder, dataKey) = try writable(name)
    let shard = GenerationIndex.shard(of: name.fileName)
    let generation = newestGeneration(of: name)
    if generation > 0 {
      index[name.fileName] = GenerationIndex.Entry(generation: generation, isDeleted: true)
      do {
        try writeIndex(shard, in: folder, key: dataKey, isAwaited: true)
      } catch .diskFull {
        // Deleting makes room. Said too late, the index reports the record as missing at worst.
        defer { try? writeIndex(shard, in: folder, key: dataKey, isAwaited: true) }
        return try remove(name, from: folder)
      }
    }
    try remove(name, from: folder)
  }

  private func remove(_ name: Name, from folder: StateFolder) throws(VaultError) {
    // The leftover first: alone, it would be taken for the record (rule 3).
    try folder.remove(name.fileName + StateFolder.temporarySuffix)
    try folder.remove(name.fileName)
    try folder.synchronize()
  }

  /// Lets go of the folder and the keys. Every later call throws `closed`.
  public func close() async {
    folder = nil
    dataKey = nil
  }

  /// The highest generation that a record has had, seen here or remembered; 0 for none.
  private func newestGeneration(of name: Name) -> UInt64 {
    max(generations[name] ?? 0, index[name.fileName]?.generation ?? 0)
  }

  private func writable(_ name: Name) throws(VaultError) -> (StateFolder, Secret) {
    guard let folder else { throw .closed }
    guard let dataKey else { throw .sealed(path: path) }
    if let version = untouchable[name] {
      throw .newerFormat(path: folder.path(of: name.fileName), version: version)
    }
    return (folder, dataKey)
  }

  func writeIndex(
    _ shard: Int, in folder: StateFolder, key: Secret, isAwaited: Bool
  ) throws(VaultError) {
    try folder.replace(
      GenerationIndex.fileName(of: shard), with: index.sealed(shard, key: key),
      isAwaited: isAwaited)
  }
}
