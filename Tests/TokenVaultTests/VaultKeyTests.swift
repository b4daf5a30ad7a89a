// The outer key: a passphrase or 32 bytes, and the change from one to the other.

import Glibc
import Secrets
import Testing

@testable import TokenVault

@Suite("The vault's outer key")
struct VaultKeyTests {
  private let folder: StateFolderFixture
  private let cheap = PassphraseKey.Cost.floor

  init() throws { folder = try StateFolderFixture() }

  private func passphrase(_ text: String) -> VaultKey { .passphrase(Secret(text), cost: cheap) }

  private func load(_ key: VaultKey) async throws(VaultError) -> [Vault.Name: String] {
    let (vault, loaded) = try await Vault.open(directory: folder.path, key: key)
    await vault.close()
    return loaded.texts
  }

  private func write(_ text: String, _ key: VaultKey) async throws {
    let (vault, _) = try await Vault.open(directory: folder.path, key: key)
    try await vault.write(Secret(text), as: .payroll)
    await vault.close()
  }

  @Test("a passphrase opens what it was made with, and no other does")
  func passphraseOpens() async throws {
    try await write("one", passphrase("open sesame"))
    #expect(try await load(passphrase("open sesame")) == [.payroll: "one"])
    let files = try folder.snapshot()
    for wrong in ["open sesam", "", "Open sesame", "open sesame "] {
      await #expect(throws: VaultError.wrongPassphrase(path: folder.path)) {
        _ = try await load(passphrase(wrong))
      }
    }
    #expect(try folder.snapshot() == files)
  }

  @Test("the cost that the header has is what counts, not the one of today")
  func storedCost() async throws {
    try await write("one", .passphrase(Secret("p"), cost: cheap))
    let dearer = PassphraseKey.Cost(passes: 2, memory: 16 << 20)
    #expect(try await load(.passphrase(Secret("p"), cost: dearer)) == [.payroll: "one"])
  }

  @Test("a cost that was changed in the header, with a checksum that fits, opens nothing")
  func changedCost() async throws {
    try await write("one", passphrase("p"))
    let body = try Envelope.unwrap(folder.bytes(of: "header"), magic: "REMEDY-V")
    for (byte, expected) in [
      // passes 1 → 2, salt, and below the floor: no passes; memory of none and of petabytes
      (11, VaultError.wrongPassphrase(path: folder.path)),
      (20, .wrongPassphrase(path: folder.path)),
      (17, .costRefused(path: folder.path + "/header")),
      (13, .costRefused(path: folder.path + "/header")),
    ] {
      var changed = body
      changed[byte] ^= byte == 11 ? 3 : 0x80
      try folder.put(Envelope.wrap(changed, magic: "REMEDY-V"), as: "header")
      await #expect(throws: expected, "byte \(byte)") { _ = try await load(passphrase("p")) }
    }
    try folder.put(Envelope.wrap(body, magic: "REMEDY-V"), as: "header")
    #expect(try await load(passphrase("p")) == [.payroll: "one"])
  }

  @Test("a key for a passphrase, and a passphrase for a key, are told what the vault wants")
  func otherForm() async throws {
    try await write("one", passphrase("p"))
    await #expect(throws: VaultError.needsPassphrase(path: folder.path)) {
      _ = try await load(.bytes(folder.key))
    }
    let other = try StateFolderFixture()
    try await other.write([])
    await #expect(throws: VaultError.needsKey(path: other.path)) {
      _ = try await Vault.open(directory: other.path, key: passphrase("p"))
    }
  }

  @Test("a vault that is held but locked reads and writes nothing; a wrong try harms nothing")
  func sealed() async throws {
    try await write("one", passphrase("p"))
    let vault = try await Vault.sealed(directory: folder.path)
    let sealed = VaultError.sealed(path: folder.path)
    await #expect(throws: sealed) { try await vault.write(Secret("two"), as: .payroll) }
    await #expect(throws: sealed) { try await vault.delete(.payroll) }
    await #expect(throws: sealed) { try await vault.changeKey(to: .bytes(folder.key)) }
    await #expect(throws: VaultError.locked(path: folder.path, byPID: getpid())) {
      _ = try await Vault.sealed(directory: folder.path)
    }
    await #expect(throws: VaultError.wrongPassphrase(path: folder.path)) {
      _ = try await vault.unlock(passphrase("q"))
    }
    #expect(try await vault.unlock(passphrase("p")).texts == [.payroll: "one"])
    // Who holds it is known as before.
    await #expect(throws: VaultError.locked(path: folder.path, byPID: getpid())) {
      _ = try await Vault.sealed(directory: folder.path)
    }
    #expect(folder.bytes(of: "lock").first != 0)
    try await vault.write(Secret("two"), as: .payroll)
    await vault.close()
    #expect(try await load(passphrase("p")) == [.payroll: "two"])
  }

  @Test("the outer key changes without a record being touched")
  func changeKey() async throws {
    try await folder.write([(.payroll, "one"), (.wiki, "two")])
    let before = try folder.snapshot()
    let index = folder.index()
    let keys: [VaultKey] = [
      passphrase("first"), passphrase("second"), .bytes(Secret(randomCount: 32)),
    ]
    var old = VaultKey.bytes(folder.key)
    for new in keys {
      let (vault, _) = try await Vault.open(directory: folder.path, key: old)
      try await vault.changeKey(to: new)
      // The open vault goes on as before.
      await vault.close()
      #expect(try await load(new) == [.payroll: "one", .wiki: "two"])
      await #expect(throws: VaultError.self) { _ = try await load(old) }
      old = new
    }
    let after = try folder.snapshot()
    #expect(
      before.filter { $0.key.hasSuffix(".record") } == after.filter { $0.key.hasSuffix(".record") })
    #expect(folder.index() == index)
  }

  @Test("a change of key that was cut at any byte leaves the old key in force")
  func changeCut() async throws {
    try await folder.write([(.payroll, "one")])
    let old = folder.bytes(of: "header")
    let key = VaultKey.bytes(Secret(randomCount: 32))
    let (vault, _) = try await folder.open()
    try await vault.changeKey(to: key)
    await vault.close()
    let new = folder.bytes(of: "header")
    for count in 0...new.count {
      try folder.put(old, as: "header")
      try folder.put(Array(new.prefix(count)), as: "header.new")
      #expect(try await folder.load().texts == [.payroll: "one"], "\(count) bytes")
    }
    try folder.put(new, as: "header")
    #expect(try await load(key) == [.payroll: "one"])
  }
}
