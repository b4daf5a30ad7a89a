// A record that somebody put back to an older state of itself, took away, or brought back, is
// noticed; and no crash looks like that.

import Secrets
import Testing

@testable import TokenVault

@Suite("Rollback of records")
struct RollbackTests {
  private let folder: StateFolderFixture
  private let file = Vault.Name.payroll.fileName
  private let old: [UInt8]

  init() async throws {
    folder = try StateFolderFixture()
    try await folder.write([(.payroll, "old"), (.wiki, "neighbour")])
    old = folder.bytes(of: file)
    try await folder.write([(.payroll, "new")])
  }

  @Test("an older state is set aside under another name and said; its neighbour lives")
  func older() async throws {
    try folder.put(old, as: file)
    let loaded = try await folder.load()
    #expect(loaded.rolledBack == [file])
    #expect(loaded.texts == [.wiki: "neighbour"])
    #expect(folder.bytes(of: file + ".stale") == old)
    // Said once; and the next write is newer than all that there ever was.
    #expect(try await folder.load().rolledBack.isEmpty)
    try await folder.write([(.payroll, "after")])
    #expect(try await folder.load().texts == [.payroll: "after", .wiki: "neighbour"])
    try folder.put(old, as: file)
    #expect(try await folder.load().rolledBack == [file])
    #expect(folder.names().contains(file + ".stale-2"))
  }

  @Test("a record that was deleted and is there again goes, and is said")
  func deleted() async throws {
    let newest = folder.bytes(of: file)
    let (vault, _) = try await folder.open()
    try await vault.delete(.payroll)
    await vault.close()
    for bytes in [old, newest] {
      try folder.put(bytes, as: file)
      let loaded = try await folder.load()
      #expect(loaded.rolledBack == [file])
      #expect(loaded.texts == [.wiki: "neighbour"])
      #expect(!folder.names().contains { $0.hasPrefix(file) })
    }
  }

  @Test("a record that was deleted and written anew lives, though the index is a write behind")
  func writtenAnew() async throws {
    let (vault, _) = try await folder.open()
    try await vault.delete(.payroll)
    let behind = folder.index()
    try await vault.write(Secret("anew"), as: .payroll)
    await vault.close()
    try folder.restore(index: behind)
    #expect(try inspect() == Vault.Inspection(sound: 2))
    let loaded = try await folder.load()
    #expect(loaded.rolledBack.isEmpty)
    #expect(loaded.texts[.payroll] == "anew")
  }

  @Test("a record that is gone is said at each start, until it is written again or comes back")
  func missing() async throws {
    let newest = folder.bytes(of: file)
    folder.remove(file)
    for _ in 0..<2 { #expect(try await folder.load().missing == [file]) }
    try folder.put(newest, as: file)
    let loaded = try await folder.load()
    #expect(loaded.missing.isEmpty)
    #expect(loaded.texts[.payroll] == "new")
  }

  @Test("an index that is gone or damaged is said and made anew; every record lives")
  func indexLost() async throws {
    for name in folder.index().keys { folder.remove(name) }
    #expect(try await folder.load().indexLost == ["index"])
    #expect(try await folder.load().indexLost.isEmpty)
    let names = folder.index().keys.sorted()
    for name in names { try folder.put([1, 2, 3], as: name) }
    let loaded = try await folder.load()
    #expect(loaded.indexLost == names)
    #expect(loaded.texts == [.payroll: "new", .wiki: "neighbour"])
    #expect(try await folder.load().indexLost.isEmpty)
  }

  @Test("an index file in another's place does not open")
  func indexSwapped() async throws {
    let index = folder.index().sorted { $0.key < $1.key }
    try #require(index.count == 2, "the two records have an index file each")
    try folder.put(index[0].value, as: index[1].key)
    #expect(try await folder.load().indexLost == [index[1].key])
  }

  @Test("an index that is a write behind, as after a power cut, raises no alarm")
  func indexBehind() async throws {
    let behind = folder.index()
    try await folder.write([(.payroll, "newer")])
    try folder.restore(index: behind)
    let loaded = try await folder.load()
    #expect(loaded.rolledBack.isEmpty && loaded.missing.isEmpty)
    #expect(loaded.texts[.payroll] == "newer")
  }

  @Test("a look at the vault says all of it and changes nothing")
  func inspection() async throws {
    #expect(try inspect() == Vault.Inspection(sound: 2))
    try folder.put(old, as: file)
    try folder.put(
      Array(folder.bytes(of: Vault.Name.wiki.fileName).dropLast()), as: Vault.Name.wiki.fileName)
    try folder.put([1], as: Vault.Name.nightly.fileName + ".new")
    try folder.put([0], as: "index.x")
    let index = folder.index()
    let holder = try await Vault.sealed(directory: folder.path)
    let files = try folder.snapshot()
    let inspection = try inspect()
    #expect(try folder.snapshot() == files && folder.index() == index)
    await holder.close()
    #expect(inspection.sound == 0)
    #expect(
      inspection.complaints.map { "\($0.file) \($0.complaint)" } == [
        "\(file) rolledBack", "\(Vault.Name.wiki.fileName) damaged",
        "\(Vault.Name.nightly.fileName).new leftover",
      ])
  }

  @Test("a look with a wrong key, or where there is no vault, says so")
  func inspectionRefused() async throws {
    #expect(throws: VaultError.wrongKey(path: folder.path)) {
      _ = try Vault.inspect(directory: folder.path, key: .bytes(Secret(randomCount: 32)))
    }
    let other = try StateFolderFixture()
    #expect(throws: VaultError.inputOutput(path: other.path, errno: 2)) {
      _ = try Vault.inspect(directory: other.path, key: .bytes(other.key))
    }
    #expect(other.names().isEmpty)
  }

  private func inspect() throws -> Vault.Inspection {
    try Vault.inspect(directory: folder.path, key: .bytes(folder.key))
  }
}
