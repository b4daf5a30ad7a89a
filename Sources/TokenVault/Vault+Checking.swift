// Looking at a vault without changing it: `remedyd vault check`.

internal import Secrets

extension Vault {
  /// What is wrong with one file.
  public enum Complaint: Sendable, Equatable {
    /// It does not open: its bytes are not what was written, or it lies in another's place.
    case damaged
    /// A newer version wrote it.
    case newer(version: UInt32)
    /// It holds an older state of its record than was last written.
    case rolledBack
    /// Its record was deleted, and is there again.
    case deleted
    /// It was written, never deleted, and is not there.
    case missing
    /// A write that a crash interrupted; the next start takes it or drops it.
    case leftover
    /// The index is gone or damaged.
    case indexLost
  }

  /// What a look at a vault found.
  public struct Inspection: Sendable, Equatable {
    /// How many records open and are the newest.
    public var sound = 0
    /// Files with something wrong, by name.
    public var complaints: [(file: String, complaint: Complaint)] = []

    public static func == (left: Inspection, right: Inspection) -> Bool {
      left.sound == right.sound && left.complaints.elementsEqual(right.complaints, by: ==)
    }
  }

  /// Reads the header and every record, and changes nothing. A daemon may hold the folder
  /// meanwhile: each file is whole at each moment.
  ///
  /// - Throws: as `open(directory:key:)`, `locked` aside; `headerMissing` where there is no vault.
  public static func inspect(
    directory: String, key: VaultKey
  ) throws(VaultError) -> Inspection {
    let folder = try StateFolder(looking: StateFolder.withoutTrailingSlashes(directory))
    let names = try folder.names()
    guard names.contains(Header.fileName) else {
      throw .headerMissing(path: folder.path(of: Header.fileName))
    }
    let dataKey = try dataKey(in: folder, names: names, key: key)
    let findings = try findings(names, in: folder, dataKey: dataKey)
    let (index, lost) = try index(
      among: names, in: folder, dataKey: dataKey, isWanted: !findings.isEmpty)
    var inspection = Inspection()
    for finding in findings { inspection.add(finding, known: index[finding.fileName]) }
    let present = Set(names)
    for name in index.present where !present.contains(name) {
      inspection.complaints.append((name, .missing))
    }
    inspection.complaints += lost.map { ($0, .indexLost) }
    return inspection
  }
}

extension Vault.Inspection {
  fileprivate mutating func add(_ finding: Finding, known: GenerationIndex.Entry?) {
    let verdict = finding.verdict
    if let version = verdict.newer {
      complaints.append((finding.fileName, .newer(version: version)))
      return
    }
    if verdict.temporary != .none {
      complaints.append((finding.fileName + StateFolder.temporarySuffix, .leftover))
    }
    if verdict.setsAside { complaints.append((finding.fileName, .damaged)) }
    guard let opened = verdict.opened else { return }
    switch known {
    case let known? where known.hasOutlived(opened.generation):
      complaints.append((finding.fileName, known.isDeleted ? .deleted : .rolledBack))
    default: sound += 1
    }
  }
}
