// What the vault remembers of its own records: the newest generation of each, and which ones were
// deleted. A record that lies there with an older generation was put back by somebody.
//
// 1. An index file is written after its record is on the disk, and before a deleted record goes: so
//    it is never ahead of what is true, and a crash raises no false alarm.
// 2. It is not waited for (no fsync) except at a deletion. After a power cut it may be a write
//    behind; then a rollback to just that state is not seen, and nothing else is lost.
// 3. It lies in sixteen files, so that a write costs the same with ten sessions and with many.
//
//   body = nonce (24) ‖ ciphertext ‖ tag (16) of entries: text(file name) ‖ generation (8) ‖ state (1)

internal import Secrets

/// The newest generations, as far as they are known.
struct GenerationIndex {
  struct Entry: Equatable {
    var generation: UInt64
    var isDeleted: Bool

    /// Whether a record of this generation is a former one. One that is newer than its entry was
    /// written, also after a deletion, and the index did not follow (rule 2).
    func hasOutlived(_ generation: UInt64) -> Bool {
      isDeleted ? generation <= self.generation : generation < self.generation
    }
  }

  /// How many files it lies in.
  static let shardCount = 16
  private static let magic = "REMEDY-I"

  private var shards = [[String: Entry]](repeating: [:], count: shardCount)

  subscript(fileName: String) -> Entry? {
    get { shards[Self.shard(of: fileName)][fileName] }
    set { shards[Self.shard(of: fileName)][fileName] = newValue }
  }

  /// The names of all records that should be there.
  var present: [String] {
    shards.flatMap { $0.filter { !$0.value.isDeleted }.map(\.key) }.sorted()
  }

  /// Which file holds the entry of a record.
  static func shard(of fileName: String) -> Int {
    Int(Checksum.crc32(Array(fileName.utf8).span) % UInt32(shardCount))
  }

  /// `index.0` to `index.f`.
  static func fileName(of shard: Int) -> String { "index." + String(shard, radix: 16) }

  // MARK: As files

  func sealed(_ shard: Int, key: Secret) -> [UInt8] {
    var entries: [UInt8] = []
    for (fileName, entry) in shards[shard].sorted(by: { $0.key < $1.key }) {
      entries.append(counted: fileName)
      entries.append(bigEndian: entry.generation)
      entries.append(entry.isDeleted ? 1 : 0)
    }
    let box = SealedBox.seal(
      Secret(copying: entries), key: key, associatedData: Self.associatedData(shard))
    return Envelope.wrap(box, magic: Self.magic)
  }

  /// Takes the entries of one file in; `false` where its bytes are not what was written.
  mutating func take(_ bytes: [UInt8], shard: Int, key: Secret) -> Bool {
    guard let box = try? Envelope.unwrap(bytes, magic: Self.magic),
      let opened = try? SealedBox.open(box, key: key, associatedData: Self.associatedData(shard))
    else { return false }
    var reader = ByteReader(opened.exposedBytes()[...])
    while let count = reader.number(UInt32.self) {
      guard let name = reader.bytes(Int(count)), let generation = reader.number(UInt64.self),
        generation < Record.endOfGenerations, let state = reader.bytes(1)
      else { return false }
      self[String(decoding: name, as: UTF8.self)] = Entry(
        generation: generation, isDeleted: state == [1])
    }
    return true
  }

  private static func associatedData(_ shard: Int) -> [UInt8] {
    var data: [UInt8] = []
    data.append(counted: "remedy vault index")
    data.append(bigEndian: Envelope.version)
    data.append(bigEndian: UInt32(shard))
    return data
  }
}
