// `remedy.toml` to a `Configuration`, or to all of its faults at once.
//
// Whoever may write this file decides whom the service trusts, so it is read only when root or the
// service's own account owns it and nobody else may write it. Nothing here is done by halves: with
// one fault there is no configuration, and the one in force stays.

internal import Glibc
public import TokenBroker
internal import TokenVault

/// The configuration file.
public enum ConfigFile {
  /// A larger file is a fault.
  public static let largest = 1 << 20

  /// Reads and checks the file, and the secrets and trust roots it names.
  ///
  /// `credentialsDirectory` is where systemd put the service's credentials, if it did. Blocks: call
  /// it off the event loop. Throws every fault there is, in the file's order.
  public static func read(
    path: String, mode: Mode, credentialsDirectory: String?
  ) throws(ConfigFaults) -> Configuration {
    let bytes: [UInt8]
    do throws(FileProblem) {
      let file = try GuardedFile(path: path)
      guard file.owner == 0 || file.owner == geteuid() else { throw .foreign(owner: file.owner) }
      guard file.mode & 0o022 == 0 else { throw .loose }
      bytes = try file.bytes(limit: largest)
    } catch {
      throw ConfigFaults(all: [fault(of: visible(path), error)])
    }
    return try parse(bytes, file: path, mode: mode, credentialsDirectory: credentialsDirectory)
  }

  /// As `read`, for bytes that are at hand; `file` is what faults call them.
  ///
  /// - Throws: every fault that there is, not the first alone.
  public static func parse(
    _ bytes: [UInt8], file: String, mode: Mode, credentialsDirectory: String?
  ) throws(ConfigFaults) -> Configuration {
    var report = FaultReport(file: visible(file))
    let repair = TOMLRepair(bytes)
    for slip in repair.slips { report.add(slip) }
    var configuration = Configuration()
    if let root = repair.root,
      let section = Section(root, path: "", line: 1, into: &report)
    {
      let reader = RootSection(
        section: section, mode: mode, credentialsDirectory: credentialsDirectory)
      configuration = reader.read(into: &report)
    }
    let faults = report.sortedFaults
    guard faults.isEmpty else { throw ConfigFaults(all: faults) }
    configuration.warnings = report.sortedWarnings
    if configuration.profiles.isEmpty {
      configuration.warnings.append(
        "\(report.file): there is no profile in it; write a [profile.NAME], see remedy.toml(5)")
    }
    return configuration
  }

  private static func fault(of path: String, _ problem: FileProblem) -> ConfigFault {
    let mend =
      switch problem {
      case .missing: "write one, see remedy.toml(5), or name another with --config"
      case .forbidden: "let the service's account read it"
      case .loose: "chmod go-w \(path)"
      case .foreign: "chown it to root or to the service's account"
      case .notRegular, .tooLarge, .failed: "name another with --config"
      }
    let words = problem == .loose ? "may be written by others than its owner" : problem.words
    return ConfigFault(file: path, line: nil, key: nil, problem: words, mend: mend)
  }
}

extension FaultReport {
  /// A line that is no TOML, in words that show nothing of what stands there.
  fileprivate mutating func add(_ slip: TOMLRepair.Slip) {
    if let path = slip.duplicate {
      add(slip.line, path, "is there a second time", mend: "leave out one of the two")
      return
    }
    add(slip.line, nil, "is no TOML: \(Self.reason(slip.words))", mend: Self.mend(slip.words))
  }

  /// toml++ says what it was reading, what it expected, and what it saw: the last may be a secret.
  private static func reason(_ words: String) -> String {
    let (doing, why) = parts(words)
    let what = doing.map { "in a \($0), " } ?? ""
    if why.hasPrefix("'") { return "\(what)a number that does not fit 64 bits" }
    if why.hasPrefix("unknown escape") { return "\(what)a backslash before the wrong letter" }
    if why.hasPrefix("could not determine") { return "\(what)a word without quotes" }
    // A line that ends inside of a string; or a control character, seldom.
    if why.hasPrefix("unescaped control characters") {
      return "\(what)the closing quote is missing, or a control character is in the string"
    }
    if why.hasPrefix("encountered end-of-file") { return "\(what)the file ends too early" }
    let saw = why.firstRange(of: ", saw")?.lowerBound ?? why.endIndex
    return what + visible(String(why[..<saw]))
  }

  private static func mend(_ words: String) -> String {
    let (doing, _) = parts(words)
    return doing == "table header" || words.hasPrefix("this is out of place")
      ? "write [TABLE] or [TABLE.NAME] on a line of its own"
      : "write KEY = VALUE, strings in double quotes, lists in [ ] with commas"
  }

  /// "Error while parsing X: Y" to X and Y.
  private static func parts(_ words: String) -> (doing: String?, why: Substring) {
    let opening = "Error while parsing "
    guard words.hasPrefix(opening), let colon = words.firstRange(of: ": ") else {
      return (nil, Substring(words))
    }
    let doing = words[..<colon.lowerBound].dropFirst(opening.count)
    return (doing.isEmpty ? nil : String(doing), words[colon.upperBound...])
  }
}
