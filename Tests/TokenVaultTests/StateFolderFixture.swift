// A state folder of a test's own, with eyes and hands that do not go through the vault.

import Glibc
import Secrets
import Testing
import TokenVault

/// A temporary folder; gone with the last reference to it.
final class StateFolderFixture: Sendable {
  let root: String
  /// The state folder, below the root; not there until something makes it.
  let path: String
  let key = Secret(randomCount: 32)

  init() throws {
    var template = Array("/tmp/remedy-vault-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    root = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    path = "\(root)/state"
  }

  deinit { Self.removeAll(root) }

  func open(key: Secret? = nil) async throws(VaultError) -> (Vault, Vault.Loaded) {
    try await Vault.open(directory: path, key: key ?? self.key)
  }

  /// Opens, and lets go at once.
  func load() async throws(VaultError) -> Vault.Loaded {
    let (vault, loaded) = try await open()
    await vault.close()
    return loaded
  }

  /// Writes records in a vault that is closed again.
  func write(_ records: [(Vault.Name, String)]) async throws(VaultError) {
    let (vault, _) = try await open()
    for (name, payload) in records { try await vault.write(Secret(payload), as: name) }
    await vault.close()
  }

  // MARK: The files, as they are

  /// Every file of the state folder: its mode and its bytes.
  func snapshot() throws -> [String: [UInt8]] {
    try Dictionary(
      uniqueKeysWithValues: names().map { ($0, Array("\(try mode(of: $0)) ".utf8) + bytes(of: $0)) }
    )
  }

  /// All but the index, which comes and goes as its records do.
  func names() -> [String] { Self.names(in: path).filter { !$0.hasPrefix("index.") } }

  /// The index files, as they are.
  func index() -> [String: [UInt8]] {
    Dictionary(
      uniqueKeysWithValues: Self.names(in: path).filter { $0.hasPrefix("index.") }
        .map { ($0, bytes(of: $0)) })
  }

  /// Puts the index files back as they were.
  func restore(index: [String: [UInt8]]) throws {
    for name in self.index().keys { remove(name) }
    for (name, bytes) in index { try put(bytes, as: name) }
  }

  func bytes(of name: String) -> [UInt8] {
    guard let file = fopen("\(path)/\(name)", "r") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
      bytes += chunk.prefix(count)
    }
    return bytes
  }

  func put(_ bytes: [UInt8], as name: String, mode: mode_t = 0o600) throws {
    let place = name.hasPrefix("/") ? name : "\(path)/\(name)"
    unlink(place)
    let file = try #require(fopen(place, "w"))
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    #expect(fclose(file) == 0)
    #expect(chmod(place, mode) == 0)
  }

  func remove(_ name: String) {
    #expect(unlink("\(path)/\(name)") == 0)
  }

  func mode(of name: String) throws -> mode_t {
    var status = stat()
    try #require(lstat("\(path)/\(name)", &status) == 0)
    return status.st_mode & 0o7777
  }

  private static func names(in path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private static func removeAll(_ path: String) {
    for name in names(in: path) {
      let inner = "\(path)/\(name)"
      var status = stat()
      if lstat(inner, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
        removeAll(inner)
      } else {
        unlink(inner)
      }
    }
    rmdir(path)
  }
}

extension Vault.Name {
  static let payroll = Vault.Name(kind: "session", profile: "payroll", owner: "1000")
  static let wiki = Vault.Name(kind: "session", profile: "wiki", owner: "1000")
  static let nightly = Vault.Name(kind: "transaction", profile: "payroll", owner: "service")
}

extension Vault.Loaded {
  /// Names and payloads, in the open: for comparing.
  var texts: [Vault.Name: String] {
    Dictionary(uniqueKeysWithValues: records.map { ($0.0, $0.1.exposedText()) })
  }
}
