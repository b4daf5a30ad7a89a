// A damaged record is set aside under another name and reported; its neighbours live.

import Glibc
import Secrets
import Testing

@testable import TokenVault

@Suite("Damaged records")
struct RecordDamageTests {
  private let folder: StateFolderFixture
  private let victim = Vault.Name.payroll.fileName
  private let whole: [UInt8]

  init() async throws {
    folder = try StateFolderFixture()
    try await folder.write([(.payroll, "one"), (.wiki, "neighbour")])
    whole = folder.bytes(of: victim)
  }

  /// Opens with `bytes` in the victim's place, and expects them set aside as they are.
  private func expectSetAside(_ bytes: [UInt8], _ what: Comment) async throws {
    try folder.put(bytes, as: victim)
    let loaded = try await folder.load()
    #expect(loaded.setAside == [victim], what)
    #expect(loaded.texts == [.wiki: "neighbour"], what)
    #expect(!folder.names().contains(victim), what)
    #expect(folder.bytes(of: victim + ".damaged") == bytes, what)
    folder.remove(victim + ".damaged")
  }

  @Test("every bit flipped, one after the other")
  func everyBit() async throws {
    for bit in 0..<whole.count * 8 {
      var bytes = whole
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      try await expectSetAside(bytes, "bit \(bit)")
    }
  }

  @Test("every bit flipped, with the checksum made to fit: the seal alone refuses it")
  func everyBitWithChecksum() async throws {
    // Past the magic and the version, which say whose file it is.
    for bit in 12 * 8..<(whole.count - 4) * 8 {
      var body = try Envelope.unwrap(whole, magic: "REMEDY-R")
      body[bit / 8 - 12] ^= 1 << UInt8(bit % 8)
      try await expectSetAside(Envelope.wrap(body, magic: "REMEDY-R"), "bit \(bit)")
    }
  }

  @Test("every length cut, and one byte too many")
  func everyLength() async throws {
    for count in 0..<whole.count {
      try await expectSetAside(Array(whole.prefix(count)), "\(count) bytes")
    }
    try await expectSetAside(whole + [0], "one more")
  }

  @Test("a generation that no counting reaches, in the record or the index: the next write is one")
  func endOfGenerations() async throws {
    let header = folder.bytes(of: Header.fileName)
    let dataKey = try Header.open(header, under: .bytes(folder.key))
    func record(_ generation: UInt64) -> [UInt8] {
      Record.seal(Secret("last"), key: dataKey, name: .payroll, generation: generation)
    }
    for generation in [1 << 63, UInt64.max] {
      try await expectSetAside(record(generation), "\(generation)")
      var index = GenerationIndex()
      index[victim] = GenerationIndex.Entry(generation: generation, isDeleted: true)
      let shard = GenerationIndex.shard(of: victim)
      let name = GenerationIndex.fileName(of: shard)
      try folder.put(index.sealed(shard, key: dataKey), as: name)
      #expect(try await folder.load().indexLost == [name])
      try await folder.write([(.payroll, "after")])
      #expect(try await folder.load().texts == [.payroll: "after", .wiki: "neighbour"])
    }
    try folder.put(record((1 << 63) - 1), as: victim)
    #expect(try await folder.load().texts[.payroll] == "last")
  }

  @Test("two records swapped: both are set aside, the third lives")
  func swapped() async throws {
    try await folder.write([(.nightly, "third")])
    let other = Vault.Name.wiki.fileName
    let others = folder.bytes(of: other)
    try folder.put(others, as: victim)
    try folder.put(whole, as: other)
    let loaded = try await folder.load()
    #expect(loaded.setAside == [victim, other])
    #expect(loaded.texts == [.nightly: "third"])
  }

  @Test("a record of another vault is set aside")
  func otherVault() async throws {
    let other = try StateFolderFixture()
    try await other.write([(.payroll, "one")])
    try await expectSetAside(other.bytes(of: victim), "another vault's")
  }

  @Test("a link, a folder, a pipe or a giant in a record's place is set aside")
  func otherKinds() async throws {
    let path = "\(folder.path)/\(victim)"
    let makers: [(String) -> Int32] = [
      { symlink("/etc/passwd", $0) }, { mkdir($0, 0o700) }, { mkfifo($0, 0o600) },
      { path in
        let file = open(path, O_CREAT | O_WRONLY, 0o600)
        defer { close(file) }
        return ftruncate(file, 1 << 40)
      },
    ]
    for make in makers {
      unlink(path)
      #expect(make(path) == 0)
      let loaded = try await folder.load()
      #expect(loaded.setAside == [victim])
      #expect(loaded.texts == [.wiki: "neighbour"])
      if unlink(path + ".damaged") != 0 { #expect(rmdir(path + ".damaged") == 0) }
    }
  }

  @Test("what was set aside before is kept, and the name can be written again")
  func setAsideTwice() async throws {
    for _ in 0..<3 {
      try folder.put([1], as: victim)
      #expect(try await folder.load().setAside == [victim])
    }
    #expect(
      folder.names().filter { $0.contains("damaged") }
        == [victim + ".damaged", victim + ".damaged-2", victim + ".damaged-3"])
    try await folder.write([(.payroll, "new")])
    #expect(try await folder.load().texts == [.payroll: "new", .wiki: "neighbour"])
    #expect(try await folder.load().setAside.isEmpty)
  }

  @Test(
    "a file that ends like a record and is named like none is set aside",
    arguments: [
      "x.record", ".record", "session.1000.record", "session.1000.%zz.record",
      "session.1000.%70.record",
    ])
  func strangeNames(name: String) async throws {
    try folder.put(whole, as: name)
    let loaded = try await folder.load()
    #expect(loaded.setAside == [name])
    #expect(loaded.texts == [.payroll: "one", .wiki: "neighbour"])
  }

  @Test("a record of a newer format is not read, not touched and not written over")
  func newerVersion() async throws {
    try folder.put(Versions.raise(whole), as: victim)
    let before = folder.bytes(of: victim)
    let (vault, loaded) = try await folder.open()
    #expect(loaded.newer == [victim])
    #expect(loaded.setAside.isEmpty)
    #expect(loaded.texts == [.wiki: "neighbour"])
    let refusal = VaultError.newerFormat(path: "\(folder.path)/\(victim)", version: 2)
    await #expect(throws: refusal) { try await vault.write(Secret("x"), as: .payroll) }
    await #expect(throws: refusal) { try await vault.delete(.payroll) }
    try await vault.write(Secret("still"), as: .wiki)
    await vault.close()
    #expect(folder.bytes(of: victim) == before)
    try folder.put(whole, as: victim)
    #expect(try await folder.load().texts == [.payroll: "one", .wiki: "still"])
  }

  @Test("files that are none of the vault's are left alone")
  func strangers() async throws {
    try folder.put([1, 2], as: "vault-key")
    try folder.put([3], as: "notes.txt")
    let loaded = try await folder.load()
    #expect(loaded.setAside.isEmpty)
    #expect(folder.bytes(of: "vault-key") == [1, 2])
    #expect(folder.bytes(of: "notes.txt") == [3])
  }
}
