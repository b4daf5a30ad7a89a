// Keys from files and credentials: right, wrong, short, missing, open to others, a link, too large.

import Glibc
import Secrets
import Testing

@testable import TokenVault

@Suite("Key source")
struct KeySourceTests {
  private let folder: StateFolderFixture
  private let path: String
  private let raw = RandomBytes.bytes(32)

  init() throws {
    folder = try StateFolderFixture()
    path = "\(folder.root)/vault-key"
  }

  /// Base64 as other programs write it, computed apart from what is tested.
  private var text: String {
    Base64URL.encode(raw).replacing("-", with: "+").replacing("_", with: "/") + "="
  }

  private func read() throws(VaultError) -> Secret {
    try KeySource.file(path).read(credentialsDirectory: nil)
  }

  @Test("32 raw bytes are the key")
  func rawKey() throws {
    try folder.put(raw, as: path)
    #expect(try read() == Secret(copying: raw))
    try folder.put(raw, as: path, mode: 0o400)
    #expect(try read() == Secret(copying: raw))
  }

  @Test("44 characters of base64 are the key, with a line feed after them or without")
  func base64Key() throws {
    try folder.put(Array(text.utf8), as: path)
    #expect(try read() == Secret(copying: raw))
    try folder.put(Array((text + "\n").utf8), as: path)
    #expect(try read() == Secret(copying: raw))
  }

  @Test("a missing file is said to be missing")
  func missing() {
    #expect(throws: VaultError.keyMissing(path: path)) { try read() }
  }

  @Test(
    "anything of another length is malformed, and not read in where it is large",
    arguments: [0, 1, 31, 33, 43, 46, 64, 1 << 20])
  func otherLengths(count: Int) throws {
    try folder.put([UInt8](repeating: 0x41, count: count), as: path)
    #expect(throws: VaultError.keyMalformed(path: path, count: count)) { try read() }
  }

  @Test("44 or 45 bytes that are no base64 of 32 bytes are malformed")
  func badBase64() throws {
    let good = text
    var bad = [
      String(repeating: "=", count: 44), String(repeating: "A", count: 44),
      "!" + good.dropFirst(), good.dropLast(2) + "==", good + " ", good + "\r",
      String(repeating: "-", count: 43) + "=",
    ]
    // The last letter holds four bits of the key; one with more set spells no 32 bytes.
    bad.append(String(repeating: "A", count: 42) + "B=")
    for text in bad {
      try folder.put(Array(text.utf8), as: path)
      #expect(throws: VaultError.keyMalformed(path: path, count: text.utf8.count), "\(text)") {
        try read()
      }
    }
  }

  @Test(
    "a key file that others may touch is refused",
    arguments: [0o640, 0o604, 0o660, 0o610, 0o666, 0o601])
  func openMode(mode: Int) throws {
    try folder.put(raw, as: path, mode: mode_t(mode))
    #expect(throws: VaultError.keyUnsafe(path: path, why: .openMode(UInt32(mode)))) { try read() }
  }

  @Test("a link to a good key file is refused")
  func link() throws {
    let real = "\(folder.root)/real"
    try folder.put(raw, as: real)
    #expect(symlink(real, path) == 0)
    #expect(throws: VaultError.keyUnsafe(path: path, why: .symbolicLink)) { try read() }
  }

  @Test("a folder or a pipe in place of the key is refused, without waiting for a writer")
  func otherKinds() {
    #expect(mkdir(path, 0o700) == 0)
    #expect(throws: VaultError.keyUnsafe(path: path, why: .wrongKind)) { try read() }
    rmdir(path)
    #expect(mkfifo(path, 0o600) == 0)
    #expect(throws: VaultError.keyUnsafe(path: path, why: .wrongKind)) { try read() }
  }

  @Test(
    "a key file of another account is refused",
    .enabled(if: geteuid() == 0, "only root can give a file away"))
  func foreignOwner() throws {
    try folder.put(raw, as: path)
    #expect(chown(path, 65534, 65534) == 0)
    #expect(throws: VaultError.keyUnsafe(path: path, why: .foreignOwner(uid: 65534))) {
      try read()
    }
  }

  @Test("a credential is read from systemd's folder, whatever mode it has there")
  func credential() throws {
    try folder.put(raw, as: "\(folder.root)/vault-key", mode: 0o440)
    #expect(
      try KeySource.credential("vault-key").read(credentialsDirectory: folder.root)
        == Secret(copying: raw))
  }

  @Test("a credential that is missing, or whose name leads out of the folder, is missing")
  func credentialMissing() throws {
    try folder.put(raw, as: "\(folder.root)/vault-key")
    #expect(throws: VaultError.keyMissing(path: "credential:vault-key")) {
      try KeySource.credential("vault-key").read(credentialsDirectory: nil)
    }
    #expect(throws: VaultError.keyMissing(path: "\(folder.root)/other")) {
      try KeySource.credential("other").read(credentialsDirectory: folder.root)
    }
    #expect(mkdir("\(folder.root)/inner", 0o700) == 0)
    for name in ["../vault-key", "..", ".", "", "inner/../vault-key"] {
      #expect(throws: VaultError.keyMissing(path: "credential:\(name)")) {
        try KeySource.credential(name).read(credentialsDirectory: "\(folder.root)/inner")
      }
    }
  }

  @Test("a malformed credential is refused by its path")
  func credentialMalformed() throws {
    try folder.put([1, 2, 3], as: "\(folder.root)/vault-key")
    #expect(throws: VaultError.keyMalformed(path: "\(folder.root)/vault-key", count: 3)) {
      try KeySource.credential("vault-key").read(credentialsDirectory: folder.root)
    }
  }

  // MARK: Making one

  @Test("the first start makes a key file of mode 0600 that opens the vault from then on")
  func makesFile() async throws {
    let inside = "\(folder.path)/vault-key"
    #expect(try KeySource.makeFile(at: inside, forVaultIn: folder.path))
    #expect(folder.names() == ["vault-key"])
    #expect(try folder.mode(of: "vault-key") == 0o600)
    #expect(try folder.mode(of: ".") == 0o700)
    let key = try KeySource.file(inside).read(credentialsDirectory: nil)
    let (vault, _) = try await folder.open(key: key)
    try await vault.write(Secret("one"), as: .payroll)
    await vault.close()
    let bytes = folder.bytes(of: "vault-key")
    #expect(try !KeySource.makeFile(at: inside, forVaultIn: folder.path))
    #expect(folder.bytes(of: "vault-key") == bytes)
    let (again, loaded) = try await folder.open(key: key)
    await again.close()
    #expect(loaded.texts == [.payroll: "one"])
  }

  @Test("a folder that others may look into gets no key: the vault would refuse it")
  func noKeyInAnOpenFolder() throws {
    mkdir(folder.path, 0o700)
    chmod(folder.path, 0o755)
    let inside = "\(folder.path)/vault-key"
    #expect(throws: VaultError.folderUnsafe(path: folder.path, why: .openMode(0o755))) {
      try KeySource.makeFile(at: inside, forVaultIn: folder.path)
    }
    #expect(folder.names().isEmpty)
  }

  @Test("a lost key file is not made anew beside a vault")
  func noNewKeyForAnOldVault() async throws {
    try await folder.write([(.payroll, "one")])
    let files = try folder.snapshot()
    let inside = "\(folder.path)/vault-key"
    #expect(try !KeySource.makeFile(at: inside, forVaultIn: folder.path))
    #expect(try folder.snapshot() == files)
    #expect(throws: VaultError.keyMissing(path: inside)) {
      try KeySource.file(inside).read(credentialsDirectory: nil)
    }
  }

  @Test("of many that make the key file at once one does, and all read the same key")
  func makesFileOnce() async throws {
    let (path, state) = (path, folder.path)
    let keys = try await withThrowingTaskGroup(of: (Bool, Secret).self) { group in
      for _ in 0..<32 {
        group.addTask {
          let made = try KeySource.makeFile(at: path, forVaultIn: state)
          return (made, try KeySource.file(path).read(credentialsDirectory: nil))
        }
      }
      return try await group.reduce(into: [(Bool, Secret)]()) { $0.append($1) }
    }
    #expect(keys.filter(\.0).count == 1)
    #expect(keys.allSatisfy { $0.1 == keys[0].1 })
  }

  @Test("a new key's text is 44 characters and a line feed, and reads as 32 bytes")
  func newKeyText() throws {
    let text = KeySource.newKeyText()
    #expect(text.count == 45)
    #expect(text.exposedText().hasSuffix("=\n"))
    try folder.put(text.exposedBytes(), as: path)
    let key = try read()
    #expect(key.count == 32)
    #expect(Base64URL.decode(text.exposedText().dropLast().utf8) == key.exposedBytes())
    #expect(KeySource.newKeyText() != text)
  }

  // MARK: The kernel's keyring

  private func keyring(_ arguments: String...) throws -> Int32 {
    var words = (["keyctl"] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    try #require(posix_spawnp(&pid, "keyctl", nil, nil, &words, environ) == 0)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    return status
  }

  private static var hasKeyring: Bool {
    let session = KeySource.keyring("remedy-test-of-there-is-a-keyring")
    do {
      _ = try session.read(credentialsDirectory: nil)
      return true
    } catch .keyMissing {
      return access("/usr/bin/keyctl", X_OK) == 0
    } catch {
      return false
    }
  }

  @Test(
    "a key of the account's keyring, by name: right, malformed, missing",
    .enabled(if: hasKeyring, "there is no keyring here, or no keyctl"))
  func keyring() throws {
    let name = "remedy-test-\(getpid())"
    let source = KeySource.keyring(name)
    #expect(throws: VaultError.keyMissing(path: "keyring:\(name)")) {
      try source.read(credentialsDirectory: nil)
    }
    #expect(try keyring("add", "user", name, text, "@u") == 0)
    defer { _ = try? keyring("purge", "user", name) }
    #expect(try source.read(credentialsDirectory: nil) == Secret(copying: raw))
    for (value, count) in [
      ("short", 5), (text + "xx", 46), (String(repeating: "x", count: 4000), 4000),
    ] {
      #expect(try keyring("add", "user", name, value, "@u") == 0)
      #expect(throws: VaultError.keyMalformed(path: "keyring:\(name)", count: count)) {
        try source.read(credentialsDirectory: nil)
      }
    }
  }
}
