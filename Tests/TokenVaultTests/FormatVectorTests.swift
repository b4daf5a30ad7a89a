// Files of format version 1, kept as they are: whatever the code becomes, it opens these, and refuses
// those, for the same reasons. `Vectors/table.txt` says of each what it must give. They are made by a
// program of a few pages that has read docs/vault-format.md and nothing of ours (`Vectors/make.py`).

import Foundation
import Secrets
import Testing

@testable import TokenVault

/// One line of the table.
struct FormatVector: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var key: String
  /// Which file of the vectors lies in which place.
  var files: [(place: String, name: String)]
  var outcome: Outcome

  enum Outcome: Equatable, Sendable {
    case refused(String)
    case opens(records: [String], reports: [String: [String]])
  }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Vectors")
  static let all = (try? read()) ?? []

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent("files/" + name)))
  }

  private static func read() throws -> [FormatVector] {
    let table = try String(
      contentsOf: folder.appendingPathComponent("table.txt"), encoding: .utf8)
    return try table.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
      let columns = line.components(separatedBy: " | ")
      try #require(columns.count >= 4, "\(line)")
      return FormatVector(
        testDescription: columns[0], key: columns[1],
        files: columns[2].split(separator: " ").map { pair in
          let halves = pair.split(separator: "=")
          return (String(halves[0]), String(halves[1]))
        }, outcome: Outcome(columns[3]))
    }
  }
}

extension FormatVector.Outcome {
  /// What may be said beside the records that open.
  static let reports = ["set aside", "newer", "stale", "missing", "index lost"]

  init(_ text: String) {
    if text.hasPrefix("refused ") {
      self = .refused(String(text.dropFirst("refused ".count)))
      return
    }
    let parts = text.components(separatedBy: "; ")
    var reports: [String: [String]] = [:]
    for part in parts.dropFirst() {
      // One that is not known compares as itself, and fails.
      let report = Self.reports.first { part.hasPrefix($0 + " ") } ?? part
      reports[report] = part.dropFirst(report.count).split(separator: " ").map { String($0) }
    }
    self = .opens(
      records: parts[0].split(separator: " ").dropFirst().map { String($0) }.sorted(),
      reports: reports)
  }

  init(_ loaded: Vault.Loaded) {
    var reports: [String: [String]] = [:]
    for (report, names) in zip(
      Self.reports,
      [loaded.setAside, loaded.newer, loaded.rolledBack, loaded.missing, loaded.indexLost])
    where !names.isEmpty {
      reports[report] = names
    }
    self = .opens(
      records: loaded.texts.map { "\($0.kind)/\($0.owner)/\($0.profile)=\($1)" }.sorted(),
      reports: reports)
  }

  init(_ error: VaultError) {
    self = .refused([error.word, error.number].compactMap { $0 }.joined(separator: " "))
  }
}

extension VaultError {
  /// The name of the case.
  fileprivate var word: String { String("\(Mirror(reflecting: self).children.first?.label ?? "")") }

  /// The number that the file is refused for.
  fileprivate var number: String? {
    switch self {
    case .newerFormat(_, let version): "\(version)"
    case .keyFormUnknown(_, let form): "\(form)"
    case .keyMalformed(_, let count): "\(count)"
    default: nil
    }
  }

  /// Whether the bytes of a file can be the reason, and no path, permission, process or disk.
  fileprivate var isOfBytes: Bool {
    switch self {
    case .keyMalformed, .wrongKey, .needsKey, .needsPassphrase, .wrongPassphrase, .costRefused,
      .headerMissing, .headerDamaged, .newerFormat, .keyFormUnknown:
      true
    case .keyMissing, .keyUnsafe, .noMemory, .sealed, .locked, .folderUnsafe, .diskFull, .readOnly,
      .inputOutput, .payloadTooLarge, .closed:
      false
    }
  }
}

@Suite("Format vectors")
struct FormatVectorTests {
  private func key(_ name: String, _ folder: StateFolderFixture) throws -> VaultKey {
    let bytes = (0..<32).map { UInt8($0) }
    let cost = PassphraseKey.Cost.floor
    switch name {
    case "key": return .bytes(Secret(copying: bytes))
    case "other-key": return .bytes(Secret(copying: Array(bytes.reversed())))
    case "short-key": return .bytes(Secret(copying: Array(bytes.dropLast())))
    case "passphrase": return .passphrase(Secret("grüne Äpfel"), cost: cost)
    case "other-passphrase": return .passphrase(Secret("grüne Birnen"), cost: cost)
    case "no-passphrase": return .passphrase(Secret(""), cost: cost)
    default:
      try #require(name.hasPrefix("file:"), "\(name)")
      let place = folder.root + "/key"
      try folder.put(try FormatVector.bytes(String(name.dropFirst("file:".count))), as: place)
      return .bytes(try KeySource.file(place).read(credentialsDirectory: nil))
    }
  }

  @Test("a file of version 1 gives what the table says", arguments: FormatVector.all)
  func vector(_ vector: FormatVector) async throws {
    let folder = try StateFolderFixture()
    try StateFolder.make(folder.path)
    for (place, name) in vector.files { try folder.put(try FormatVector.bytes(name), as: place) }
    let before = folder.contents()
    let got: FormatVector.Outcome
    do {
      let key = try key(vector.key, folder)
      let inspection = try? Vault.inspect(directory: folder.path, key: key)
      #expect(folder.contents() == before, "looking changes nothing")
      let (vault, loaded) = try await Vault.open(directory: folder.path, key: key)
      await vault.close()
      got = FormatVector.Outcome(loaded)
      if !vector.files.isEmpty { #expect(inspection?.sound == loaded.records.count) }
    } catch let error as VaultError {
      got = FormatVector.Outcome(error)
      #expect(folder.contents() == before, "a refusal changes nothing")
    }
    #expect(got.withoutIndex(in: vector) == vector.outcome.withoutIndex(in: vector))
  }

  @Test("no file of the vectors is left out, and no line is lost")
  func complete() throws {
    let used = Set(
      FormatVector.all.flatMap { vector in
        vector.files.map(\.name)
          + (vector.key.hasPrefix("file:") ? [String(vector.key.dropFirst(5))] : [])
      })
    let kept = try FileManager.default.contentsOfDirectory(
      atPath: FormatVector.folder.appendingPathComponent("files").path)
    #expect(used == Set(kept))
    #expect(FormatVector.all.count >= 212)
    #expect(Set(FormatVector.all.map(\.testDescription)).count == FormatVector.all.count)
  }

  @Test("every reason that a file's bytes can give for a refusal is in the table, and every report")
  func everyReason() {
    let path = "p"
    let errors: [VaultError] = [
      .keyMissing(path: path), .keyMalformed(path: path, count: 0),
      .keyUnsafe(path: path, why: .wrongKind), .wrongKey(path: path), .needsKey(path: path),
      .needsPassphrase(path: path), .wrongPassphrase(path: path), .costRefused(path: path),
      .noMemory(path: path, bytes: 0), .sealed(path: path), .locked(path: path, byPID: nil),
      .folderUnsafe(path: path, why: .wrongKind), .headerMissing(path: path),
      .headerDamaged(path: path), .newerFormat(path: path, version: 2),
      .keyFormUnknown(path: path, form: 0), .diskFull(path: path), .readOnly(path: path),
      .inputOutput(path: path, errno: 5), .payloadTooLarge(path: path, count: 0),
    ]
    var refusals: Set<String> = []
    var reports: Set<String> = []
    for vector in FormatVector.all {
      switch vector.outcome {
      case .refused(let why): refusals.insert(String(why.prefix { $0 != " " }))
      case .opens(_, let reported): reports.formUnion(reported.keys)
      }
    }
    #expect(refusals == Set(errors.filter(\.isOfBytes).map(\.word)))
    #expect(reports == Set(FormatVector.Outcome.reports))
  }
}

extension FormatVector.Outcome {
  /// The outcome without what is said of a vault that has records and no index at all, where the
  /// line does not say it.
  fileprivate func withoutIndex(in vector: FormatVector) -> FormatVector.Outcome {
    guard case .opens(let records, var reports) = self,
      case .opens(_, let stated) = vector.outcome, stated["index lost"] == nil,
      !vector.files.contains(where: { $0.place.hasPrefix("index.") })
    else { return self }
    reports["index lost"] = nil
    return .opens(records: records, reports: reports)
  }
}

extension StateFolderFixture {
  /// Every file of the folder with its bytes, but the lock, which comes with the first start.
  fileprivate func contents() -> [String: [UInt8]] {
    let names = (names() + index().keys).filter { $0 != "lock" }
    return Dictionary(uniqueKeysWithValues: names.map { ($0, bytes(of: $0)) })
  }
}
