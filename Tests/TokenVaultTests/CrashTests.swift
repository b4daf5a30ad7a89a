// Every state of the files that a crash can leave behind, made by hand: at each of them the old
// record or the new one is there, whole. (A write goes: beside the record, fsync, rename, fsync of
// the folder.)

import Glibc
import Secrets
import Testing

@testable import TokenVault

@Suite("Crashes")
struct CrashTests {
  private let folder: StateFolderFixture
  private let file = Vault.Name.payroll.fileName
  private let old: [UInt8]
  private let new: [UInt8]
  /// As it was before the new record: a crash comes before the index follows.
  private let index: [String: [UInt8]]

  private var temporary: String { file + ".new" }

  init() async throws {
    folder = try StateFolderFixture()
    try await folder.write([(.payroll, "old")])
    old = folder.bytes(of: file)
    index = folder.index()
    try await folder.write([(.payroll, "new")])
    new = folder.bytes(of: file)
  }

  private func loadPayroll() async throws -> String? {
    try folder.restore(index: index)
    let loaded = try await folder.load()
    #expect(loaded.setAside.isEmpty)
    #expect(!folder.names().contains(temporary))
    return loaded.texts[.payroll]
  }

  @Test("a finished write leaves nothing beside the record")
  func finished() {
    #expect(folder.names() == ["header", "lock", file])
  }

  @Test("a write cut at any byte leaves the old record")
  func cutAnywhere() async throws {
    for count in 0..<new.count {
      try folder.put(old, as: file)
      try folder.put(Array(new.prefix(count)), as: temporary)
      #expect(try await loadPayroll() == "old", "\(count) bytes")
      #expect(folder.bytes(of: file) == old)
    }
  }

  @Test("a whole write that was not renamed is taken, and is the record from then on")
  func wholeLeftover() async throws {
    try folder.put(old, as: file)
    try folder.put(new, as: temporary)
    #expect(try await loadPayroll() == "new")
    #expect(folder.bytes(of: file) == new)
    #expect(try await loadPayroll() == "new")
  }

  @Test("the first write of a record: taken where it is whole, else as if it never was")
  func firstWrite() async throws {
    for count in 0..<new.count {
      folder.remove(file)
      try folder.put(Array(new.prefix(count)), as: temporary)
      #expect(try await loadPayroll() == nil, "\(count) bytes")
      #expect(!folder.names().contains(file))
      try folder.put(new, as: file)
    }
    folder.remove(file)
    try folder.put(new, as: temporary)
    #expect(try await loadPayroll() == "new")
  }

  @Test("a leftover of an older or the same generation is dropped")
  func olderLeftover() async throws {
    for leftover in [old, new] {
      try folder.put(new, as: file)
      try folder.put(leftover, as: temporary)
      #expect(try await loadPayroll() == "new")
    }
  }

  @Test("a leftover of another record's is dropped")
  func foreignLeftover() async throws {
    try await folder.write([(.wiki, "wiki"), (.wiki, "wiki"), (.wiki, "wiki")])
    try folder.put(folder.bytes(of: Vault.Name.wiki.fileName), as: temporary)
    #expect(try await loadPayroll() == "new")
  }

  @Test("a damaged record with a whole leftover gives the leftover, and is reported")
  func damagedWithLeftover() async throws {
    try folder.put(Array(old.dropLast()), as: file)
    try folder.put(new, as: temporary)
    let loaded = try await folder.load()
    #expect(loaded.setAside == [file])
    #expect(loaded.texts == [.payroll: "new"])
    #expect(folder.bytes(of: file) == new)
    #expect(folder.bytes(of: file + ".damaged") == Array(old.dropLast()))
  }

  @Test("a leftover of a newer format is not touched, nor is the record beside it")
  func newerLeftover() async throws {
    try folder.put(Versions.raise(new), as: temporary)
    let loaded = try await folder.load()
    #expect(loaded.newer == [file])
    #expect(folder.bytes(of: file) == new)
    #expect(folder.bytes(of: temporary) == Versions.raise(new))
  }

  @Test("generations go on after a restart, so that the later write always wins")
  func generationsGoOn() async throws {
    try await folder.write([(.payroll, "third")])
    let third = folder.bytes(of: file)
    try folder.put(new, as: file)
    try folder.put(third, as: temporary)
    #expect(try await loadPayroll() == "third")
  }

  @Test("a leftover is in nobody's way when its record is written or deleted")
  func leftoverInTheWay() async throws {
    let (vault, _) = try await folder.open()
    try folder.put(new, as: temporary)
    try await vault.write(Secret("fourth"), as: .payroll)
    try folder.put(new, as: temporary)
    try await vault.delete(.payroll)
    await vault.close()
    #expect(folder.names() == ["header", "lock"])
    #expect(try await loadPayroll() == nil)
  }
}
