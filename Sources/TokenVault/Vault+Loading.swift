// What happens between a folder and an open vault. First everything is read and judged, and only
// then is anything renamed or removed (rules 4 and 5 of `Vault`).

internal import Secrets

extension Vault {
  /// Opens or makes the header, then reads all records.
  func load(_ folder: StateFolder, key: VaultKey) throws(VaultError) -> Loaded {
    let names = try folder.names()
    let dataKey = try Self.dataKey(in: folder, names: names, key: key)
    folder.signLock()
    self.dataKey = dataKey

    var loaded = Loaded()
    let findings = try Self.findings(names, in: folder, dataKey: dataKey)
    (index, loaded.indexLost) = try Self.index(
      among: names, in: folder, dataKey: dataKey, isWanted: !findings.isEmpty)
    var taken = Set(names)
    for finding in findings {
      try settle(finding, in: folder, taken: &taken, loaded: &loaded)
    }
    if findings.contains(where: { $0.verdict.changesFolder }) || !loaded.rolledBack.isEmpty {
      try folder.synchronize()
    }
    // One that was set aside, now or before, was reported then.
    loaded.missing = index.present.filter { name in
      // Almost all are there: only for the others are all names gone through.
      !taken.contains(name) && !taken.contains { $0.hasPrefix(name + ".") }
    }
    settleIndex(in: folder, dataKey: dataKey, loaded: loaded)
    return loaded
  }

  // MARK: The header

  static func dataKey(
    in folder: StateFolder, names: [String], key: VaultKey
  ) throws(VaultError) -> Secret {
    let path = folder.path(of: Header.fileName)
    switch try folder.read(Header.fileName, limit: 4096) {
    case .unreadable:
      throw .headerDamaged(path: path)
    case .bytes(let bytes):
      do {
        return try Header.open(bytes, under: key)
      } catch {
        throw VaultError(error, header: path, folder: folder.path, key: key)
      }
    case .absent:
      // A record of any kind, whole or damaged, says that there was a header (rule 4).
      guard !names.contains(where: { $0.contains(".record") }) else {
        throw .headerMissing(path: path)
      }
      let dataKey = Secret(randomCount: SealedBox.keyCount)
      try writeHeader(dataKey, under: key, in: folder)
      return dataKey
    }
  }

  static func writeHeader(
    _ dataKey: Secret, under key: VaultKey, in folder: StateFolder
  ) throws(VaultError) {
    let bytes: [UInt8]
    do {
      bytes = try Header.seal(dataKey, under: key)
    } catch {
      throw VaultError(
        error, header: folder.path(of: Header.fileName), folder: folder.path, key: key)
    }
    try folder.replace(Header.fileName, with: bytes)
  }

  // MARK: The index

  /// The index as it lies there, and the names of its files that do not.
  ///
  /// - Parameter isWanted: whether there are records, and so should be an index.
  static func index(
    among names: [String], in folder: StateFolder, dataKey: Secret, isWanted: Bool
  ) throws(VaultError) -> (GenerationIndex, lost: [String]) {
    var index = GenerationIndex()
    var lost: [String] = []
    let present = Set(names)
    let files = (0..<GenerationIndex.shardCount).map { GenerationIndex.fileName(of: $0) }
    for (shard, name) in files.enumerated() {
      guard present.contains(name) else { continue }
      guard case .bytes(let bytes) = try folder.read(name, limit: largestPayload),
        index.take(bytes, shard: shard, key: dataKey)
      else {
        lost.append(name)
        continue
      }
    }
    if isWanted, !files.contains(where: { present.contains($0) }) { lost = ["index"] }
    return (index, lost)
  }

  /// Makes the index say what is there now, for records that it did not know or knew as older. A
  /// disk that is full is no reason not to start: it is written with the next record.
  private func settleIndex(in folder: StateFolder, dataKey: Secret, loaded: Loaded) {
    var behind = Set<Int>()
    for (name, _) in loaded.records {
      let entry = GenerationIndex.Entry(
        generation: generations[name, default: 0], isDeleted: false)
      guard index[name.fileName] != entry else { continue }
      index[name.fileName] = entry
      behind.insert(GenerationIndex.shard(of: name.fileName))
    }
    for shard in behind {
      try? writeIndex(shard, in: folder, key: dataKey, isAwaited: false)
    }
  }

  // MARK: Records

  static func findings(
    _ names: [String], in folder: StateFolder, dataKey: Secret
  ) throws(VaultError) -> [Finding] {
    let present = Set(names)
    var findings: [Finding] = []
    for fileName in recordFiles(names) {
      if let finding = try find(fileName, among: present, in: folder, dataKey: dataKey) {
        findings.append(finding)
      }
    }
    return findings
  }

  /// The names of all record files, those included of which there is only a leftover.
  private static func recordFiles(_ names: [String]) -> [String] {
    let temporary = Record.suffix + StateFolder.temporarySuffix
    let leftOver = names.filter { $0.hasSuffix(temporary) }
      .map { String($0.dropLast(StateFolder.temporarySuffix.count)) }
    return Set(names.filter { $0.hasSuffix(Record.suffix) } + leftOver).sorted()
  }

  private static func find(
    _ fileName: String, among names: Set<String>, in folder: StateFolder, dataKey: Secret
  ) throws(VaultError) -> Finding? {
    guard let name = Name(fileName: fileName) else {
      // It has a record's ending and cannot be one: reported, while a leftover of it is ignored.
      guard names.contains(fileName) else { return nil }
      return Finding(fileName: fileName, name: nil, record: .damaged, temporary: .absent)
    }
    let temporary = fileName + StateFolder.temporarySuffix
    return Finding(
      fileName: fileName, name: name,
      record: names.contains(fileName)
        ? try judge(fileName, in: folder, dataKey: dataKey, name: name) : .absent,
      temporary: names.contains(temporary)
        ? try judge(temporary, in: folder, dataKey: dataKey, name: name) : .absent)
  }

  private static func judge(
    _ fileName: String, in folder: StateFolder, dataKey: Secret, name: Name
  ) throws(VaultError) -> Finding.State {
    switch try folder.read(fileName, limit: largestPayload + Record.overhead) {
    case .absent: return .absent
    case .unreadable: return .damaged
    case .bytes(let bytes):
      do {
        return .whole(try Record.open(bytes, key: dataKey, name: name))
      } catch .newer(let version) {
        return .newer(version: version)
      } catch {
        return .damaged
      }
    }
  }

  /// Does what a finding asks for, and counts it in.
  private func settle(
    _ finding: Finding, in folder: StateFolder, taken: inout Set<String>, loaded: inout Loaded
  ) throws(VaultError) {
    let temporary = finding.fileName + StateFolder.temporarySuffix
    let verdict = finding.verdict
    if let version = verdict.newer {
      loaded.newer.append(finding.fileName)
      if let name = finding.name { untouchable[name] = version }
      return
    }
    if verdict.setsAside {
      let place = Self.freePlace(for: finding.fileName, as: "damaged", taken: taken)
      try folder.rename(finding.fileName, to: place)
      taken.insert(place)
      loaded.setAside.append(finding.fileName)
    }
    switch verdict.temporary {
    case .none: break
    case .take: try folder.rename(temporary, to: finding.fileName)
    case .drop: try folder.remove(temporary)
    }
    guard let name = finding.name else { return }
    let known = index[finding.fileName]
    guard let opened = verdict.opened else { return }
    generations[name] = opened.generation
    if let known, known.hasOutlived(opened.generation) {
      loaded.rolledBack.append(finding.fileName)
      try dismiss(finding.fileName, isDeleted: known.isDeleted, in: folder, taken: &taken)
    } else {
      loaded.records.append((name, opened.payload))
    }
  }

  /// Gets a record out of the way that was put back: one that somebody deleted goes again.
  private func dismiss(
    _ fileName: String, isDeleted: Bool, in folder: StateFolder, taken: inout Set<String>
  ) throws(VaultError) {
    if isDeleted {
      try folder.remove(fileName)
    } else {
      let place = Self.freePlace(for: fileName, as: "stale", taken: taken)
      try folder.rename(fileName, to: place)
      taken.insert(place)
    }
  }

  /// `NAME.damaged`, or the first of `NAME.damaged-2`, `NAME.damaged-3` … that is not taken: what
  /// was set aside before stays.
  private static func freePlace(
    for fileName: String, as word: String, taken: Set<String>
  ) -> String {
    var place = "\(fileName).\(word)"
    var number = 2
    while taken.contains(place) {
      place = "\(fileName).\(word)-\(number)"
      number += 1
    }
    return place
  }
}

/// What lies in the folder under one record's name, and what is to become of it.
struct Finding {
  enum State {
    case absent
    case whole(Record.Opened)
    case damaged
    case newer(version: UInt32)
  }

  struct Verdict {
    enum Temporary { case none, take, drop }

    /// What the record is from now on, if anything.
    var opened: Record.Opened?
    /// The record is to be renamed out of the way.
    var setsAside = false
    var temporary = Temporary.none
    /// The version for whose sake nothing is to be touched.
    var newer: UInt32?

    var changesFolder: Bool { setsAside || temporary != .none }
  }

  var fileName: String
  /// Whose record it is; `nil` where the file's name is none that the vault gives.
  var name: Vault.Name?
  var record: State
  var temporary: State

  var verdict: Verdict {
    switch (record, temporary) {
    case (.newer(let version), _), (_, .newer(let version)):
      Verdict(newer: version)
    case (.whole(let old), .whole(let new)) where new.generation > old.generation:
      Verdict(opened: new, temporary: .take)
    case (.whole(let old), .absent):
      Verdict(opened: old)
    case (.whole(let old), .whole), (.whole(let old), .damaged):
      // The write that left it ended before it was whole, or another came after it.
      Verdict(opened: old, temporary: .drop)
    case (.damaged, .whole(let new)):
      Verdict(opened: new, setsAside: true, temporary: .take)
    case (.damaged, .damaged):
      Verdict(setsAside: true, temporary: .drop)
    case (.damaged, .absent):
      Verdict(setsAside: true)
    case (.absent, .whole(let new)):
      Verdict(opened: new, temporary: .take)
    case (.absent, .damaged):
      Verdict(temporary: .drop)
    case (.absent, .absent):
      Verdict()
    }
  }
}
