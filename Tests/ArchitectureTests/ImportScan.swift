// Reads the imports of Swift sources as text. It knows every form that an import has: access levels,
// attributes, `import struct Module.Name`, submodules, several on one line.

import Foundation

/// One import as it stands in a file.
struct ImportLine: Equatable, CustomStringConvertible {
  var file: String
  var line: Int
  var module: String

  var description: String { "\(file):\(line): import \(module)" }

  /// All imports in a text.
  static func all(in text: String, file: String) -> [ImportLine] {
    withoutComments(text).split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .flatMap { number, line in
        line.split(separator: ";").compactMap { module(in: $0) }
          .map { ImportLine(file: file, line: number + 1, module: $0) }
      }
  }

  private static let modifiers: Set<Substring> = [
    "public", "package", "internal", "fileprivate", "private",
  ]
  private static let kinds: Set<Substring> = [
    "class", "enum", "func", "let", "protocol", "struct", "typealias", "var",
  ]

  private static func module(in statement: Substring) -> String? {
    var words = statement.split(whereSeparator: \.isWhitespace)[...]
    while let word = words.first, word.hasPrefix("@") || modifiers.contains(word) {
      words = words.dropFirst()
    }
    guard words.popFirst() == "import" else { return nil }
    if let kind = words.first, kinds.contains(kind) { words = words.dropFirst() }
    return words.first.map { String($0.prefix { $0 != "." }) }
  }

  /// The text with comments and texts of several lines blanked out, line by line as it was: another
  /// language may stand in such a text.
  static func withoutComments(_ text: String) -> String {
    var depth = 0
    var isInText = false
    var result = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let toggles = depth == 0 && line.ranges(of: "\"\"\"").count % 2 == 1
      if toggles { isInText.toggle() }
      if isInText || toggles {
        result += "\n"
        continue
      }
      if depth == 0, !line.utf8.contains(UInt8(ascii: "/")) {
        result += line + "\n"
        continue
      }
      var rest = line[...]
      while !rest.isEmpty {
        if depth == 0, rest.hasPrefix("//") { break }
        if rest.hasPrefix("/*") {
          depth += 1
          rest = rest.dropFirst(2)
        } else if depth > 0, rest.hasPrefix("*/") {
          depth -= 1
          rest = rest.dropFirst(2)
        } else {
          if depth == 0 { result.append(rest[rest.startIndex]) }
          rest = rest.dropFirst()
        }
      }
      result.append("\n")
    }
    return result
  }
}

/// The sources of this package.
enum SourceTree {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The names of the folders under `Sources` or `Tests`: one a target.
  static func targets(in parent: String = "Sources") throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      at: root.appending(path: parent), includingPropertiesForKeys: [.isDirectoryKey]
    )
    .filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
    .map(\.lastPathComponent).sorted()
  }

  /// The Swift files of a target, by their path from the root, with their text.
  static func files(
    of target: String, in parent: String = "Sources"
  ) throws -> [(path: String, text: String)] {
    let folder = root.appending(path: "\(parent)/\(target)")
    let names = try FileManager.default.subpathsOfDirectory(
      atPath: folder.path(percentEncoded: false))
    return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
      (
        "\(parent)/\(target)/\(name)",
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      )
    }
  }

  static func imports(
    of target: String, in parent: String = "Sources"
  ) throws -> [ImportLine] {
    try files(of: target, in: parent).flatMap { ImportLine.all(in: $0.text, file: $0.path) }
  }
}
