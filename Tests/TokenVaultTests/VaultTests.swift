// What the vault promises on a good day.

import Glibc
import Secrets
import Testing

@testable import TokenVault

@Suite("Vault")
struct VaultTests {
  @Test("a new vault is empty, its folder 0700 and its files 0600")
  func first() async throws {
    let folder = try StateFolderFixture()
    let (vault, loaded) = try await folder.open()
    #expect(loaded.records.isEmpty && loaded.setAside.isEmpty && loaded.newer.isEmpty)
    try await vault.write(Secret("one"), as: .payroll)
    await vault.close()
    #expect(folder.names() == ["header", "lock", "session.1000.payroll.record"])
    #expect(try folder.mode(of: ".") == 0o700)
    for name in folder.names() { #expect(try folder.mode(of: name) == 0o600) }
  }

  @Test("records are there when the vault is opened again")
  func persists() async throws {
    let folder = try StateFolderFixture()
    try await folder.write([(.payroll, "one"), (.wiki, "two"), (.nightly, "")])
    let loaded = try await folder.load()
    #expect(loaded.texts == [.payroll: "one", .wiki: "two", .nightly: ""])
  }

  @Test("a record is replaced by the next of its name, and gone when deleted")
  func replacesAndDeletes() async throws {
    let folder = try StateFolderFixture()
    try await folder.write([(.payroll, "one"), (.payroll, "two"), (.wiki, "kept")])
    #expect(try await folder.load().texts == [.payroll: "two", .wiki: "kept"])
    let (vault, _) = try await folder.open()
    try await vault.delete(.payroll)
    try await vault.delete(.nightly)
    await vault.close()
    #expect(try await folder.load().texts == [.wiki: "kept"])
    try await folder.write([(.payroll, "again")])
    #expect(try await folder.load().texts == [.payroll: "again", .wiki: "kept"])
  }

  @Test("nothing of a payload or of the keys lies in any file")
  func sealed() async throws {
    let folder = try StateFolderFixture()
    let payload = "refresh-token-canary-7f3a"
    try await folder.write([(.payroll, payload)])
    for name in folder.names() {
      let bytes = folder.bytes(of: name)
      #expect(!bytes.contains(Array(payload.utf8)))
      #expect(!bytes.contains(folder.key.exposedBytes()))
    }
    #expect(try await folder.load().texts == [.payroll: payload])
  }

  @Test("the same payload written twice is two different files")
  func freshNonces() async throws {
    let folder = try StateFolderFixture()
    try await folder.write([(.payroll, "same")])
    let first = folder.bytes(of: Vault.Name.payroll.fileName)
    try await folder.write([(.payroll, "same")])
    #expect(folder.bytes(of: Vault.Name.payroll.fileName) != first)
  }

  @Test(
    "any text is a name, and each has a file of its own inside the folder",
    arguments: [
      ("session", "a.b", "1"), ("session", ".", "1"), ("session", "..", "1"), ("", "", ""),
      ("session", "../../etc/passwd", "0"), ("a.b", "c", "d"), ("a", "c", "b.c"),
      ("session", "x.record.new", "1"), ("session", "naïve 名", "1"), ("s", "%2E", "1"),
    ])
  func names(kind: String, profile: String, owner: String) async throws {
    let folder = try StateFolderFixture()
    let name = Vault.Name(kind: kind, profile: profile, owner: owner)
    #expect(!name.fileName.contains("/"))
    #expect(Vault.Name(fileName: name.fileName) == name)
    try await folder.write([(name, "payload"), (.payroll, "other")])
    #expect(folder.names().count == 4)
    #expect(try await folder.load().texts == [name: "payload", .payroll: "other"])
  }

  @Test("a large payload is kept, one over the limit refused with the old one whole")
  func largePayload() async throws {
    let folder = try StateFolderFixture()
    let large = Secret(copying: [UInt8](repeating: 0x61, count: Vault.largestPayload))
    let (vault, _) = try await folder.open()
    try await vault.write(large, as: .payroll)
    let path = "\(folder.path)/session.1000.payroll.record"
    let count = Vault.largestPayload + 1
    await #expect(throws: VaultError.payloadTooLarge(path: path, count: count)) {
      try await vault.write(
        Secret(copying: [UInt8](repeating: 0x62, count: count)), as: .payroll)
    }
    await vault.close()
    let loaded = try await folder.load()
    #expect(loaded.records.map(\.1) == [large])
  }

  @Test("a closed vault does nothing more, and its folder is free")
  func closed() async throws {
    let folder = try StateFolderFixture()
    let (vault, _) = try await folder.open()
    await vault.close()
    await #expect(throws: VaultError.closed) { try await vault.write(Secret("x"), as: .payroll) }
    await #expect(throws: VaultError.closed) { try await vault.delete(.payroll) }
    let (second, _) = try await folder.open()
    await second.close()
  }

  @Test("folders above the state folder are made, and a slash at its end means nothing")
  func nestedFolder() async throws {
    let folder = try StateFolderFixture()
    let deep = "\(folder.root)/a/b/c"
    let (vault, _) = try await Vault.open(directory: "\(deep)//", key: folder.key)
    #expect(vault.path == deep)
    try await vault.write(Secret("deep"), as: .payroll)
    await vault.close()
    let (again, loaded) = try await Vault.open(directory: deep, key: folder.key)
    await again.close()
    #expect(loaded.texts == [.payroll: "deep"])
  }

  @Test("many writers at once leave every record whole")
  func concurrentWriters() async throws {
    let folder = try StateFolderFixture()
    let (vault, _) = try await folder.open()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<50 {
        group.addTask {
          let name = Vault.Name(kind: "session", profile: "p\(number % 10)", owner: "1000")
          try await vault.write(Secret("payload \(number % 10)"), as: name)
        }
      }
      try await group.waitForAll()
    }
    await vault.close()
    let loaded = try await folder.load()
    #expect(loaded.setAside.isEmpty)
    #expect(
      loaded.texts
        == Dictionary(
          uniqueKeysWithValues: (0..<10).map {
            (Vault.Name(kind: "session", profile: "p\($0)", owner: "1000"), "payload \($0)")
          }))
  }

  @Test("the checksum is CRC-32 as everybody computes it")
  func checksum() {
    // The check value of the CRC catalogue: CRC-32/ISO-HDLC of "123456789".
    #expect(Checksum.crc32(Array("123456789".utf8).span) == 0xCBF4_3926)
    // Of every length, bit by bit as the polynomial says.
    var bytes: [UInt8] = []
    var value = UInt32.max
    for length in 0..<40 {
      #expect(Checksum.crc32(bytes.span) == ~value)
      bytes.append(UInt8(truncatingIfNeeded: 37 &* length &+ 11))
      value ^= UInt32(bytes[length])
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }
  }
}
