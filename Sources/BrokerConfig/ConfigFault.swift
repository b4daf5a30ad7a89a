// One thing in the file that does not hold, so told that whoever reads it can mend it at once.
//
// No fault ever carries the value of a key that may hold a secret.

/// A fault of the configuration, with its place and its mend.
public struct ConfigFault: Sendable, Equatable, CustomStringConvertible {
  /// The path of the configuration file.
  public var file: String
  /// Counted from 1; nil where the fault is the file's own.
  public var line: Int?
  /// The whole path of the key, like `profile.payroll.issuer`; nil where there is none to name.
  public var key: String?
  /// What does not hold; lower case, no full stop.
  public var problem: String
  /// What to write in its place; lower case, no full stop.
  public var mend: String

  /// Made of its parts.
  public init(file: String, line: Int?, key: String?, problem: String, mend: String) {
    self.file = file
    self.line = line
    self.key = key
    self.problem = problem
    self.mend = mend
  }

  /// `file:line: key: problem; mend`, without what there is not.
  public var description: String {
    let place = line.map { "\(file):\($0)" } ?? file
    return [place, key, "\(problem); \(mend)"].compactMap { $0 }.joined(separator: ": ")
  }
}

/// Every fault of a configuration, in the file's order; at least one.
public struct ConfigFaults: Error, Sendable, Equatable, CustomStringConvertible {
  /// The faults, by line.
  public var all: [ConfigFault]

  /// One fault a line.
  public var description: String { all.map(\.description).joined(separator: "\n") }
}

/// The faults and warnings found so far.
struct FaultReport {
  let file: String
  private(set) var faults: [ConfigFault] = []
  private(set) var warnings: [(line: Int, text: String)] = []

  init(file: String) {
    self.file = file
  }

  mutating func add(_ line: Int?, _ key: String?, _ problem: String, mend: String) {
    faults.append(
      ConfigFault(file: file, line: line, key: key, problem: problem, mend: mend))
  }

  mutating func warn(_ line: Int, _ key: String?, _ text: String) {
    let place = ["\(file):\(line)", key].compactMap { $0 }.joined(separator: ": ")
    warnings.append((line, "\(place): \(text)"))
  }

  /// In the file's order; what stands on one line stays in the order it was found.
  var sortedFaults: [ConfigFault] {
    faults.enumerated().sorted {
      ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset)
    }
    .map(\.element)
  }

  var sortedWarnings: [String] {
    warnings.enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }
      .map(\.element.text)
  }
}
