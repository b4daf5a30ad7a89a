// Reads `Package.swift` as text: which modules each target says that it is built with. Asking the
// package manager would take as long as all other tests of this suite together.

import Foundation

/// What the manifest says of each target.
struct Manifest {
  /// A section of the manifest.
  struct Section: Equatable {
    var name: String
    /// Whether it is a test target or lies among them.
    var isInTests: Bool
    /// The modules that it declares, by the names that they are imported by.
    var dependencies: Set<String>
  }

  var sections: [Section] = []

  static func read() throws -> Manifest {
    Manifest(
      try String(contentsOf: SourceTree.root.appending(path: "Package.swift"), encoding: .utf8))
  }

  init(_ text: String) {
    let text = ImportLine.withoutComments(text)
    let products = Self.products(text)
    for kind in [".target", ".testTarget", ".executableTarget", ".systemLibrary"] {
      for range in text.ranges(of: kind + "(") {
        let body = Self.inside(text[range.upperBound...], open: "(", close: ")")
        guard let name = Self.quoted(after: "name:", in: body) else { continue }
        sections.append(
          Section(
            name: name, isInTests: kind == ".testTarget" || body.contains("path: \"Tests/"),
            dependencies: Self.dependencies(body, products)))
      }
    }
  }

  /// The products of other packages, by the constant that stands for each.
  private static func products(_ text: String) -> [String: String] {
    var products: [String: String] = [:]
    for range in text.ranges(of: " = Target.Dependency.product(") {
      let constant = text[..<range.lowerBound].split(whereSeparator: \.isWhitespace).last
      let body = inside(text[range.upperBound...], open: "(", close: ")")
      if let constant { products[String(constant)] = quoted(after: "name:", in: body) }
    }
    return products
  }

  private static func dependencies(_ body: Substring, _ products: [String: String]) -> Set<String> {
    guard let start = body.firstRange(of: "dependencies:") else { return [] }
    guard let bracket = body[start.upperBound...].firstIndex(of: "[") else { return [] }
    let list = inside(body[body.index(after: bracket)...], open: "[", close: "]")
    let entries = list.split(separator: ",").map {
      $0.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    // A constant that nobody defined stays as it is written, and then is nobody's module.
    return Set(
      entries.filter { !$0.isEmpty }.map { entry in
        entry.hasPrefix("\"") ? String(entry.dropFirst().dropLast()) : products[entry] ?? entry
      })
  }

  /// What stands up to the bracket that closes the one before the text.
  private static func inside(
    _ text: Substring, open: Character, close: Character
  ) -> Substring {
    var depth = 1
    for index in text.indices {
      if text[index] == open { depth += 1 }
      if text[index] == close { depth -= 1 }
      if depth == 0 { return text[..<index] }
    }
    return text
  }

  private static func quoted(after label: String, in text: Substring) -> String? {
    guard let start = text.firstRange(of: label) else { return nil }
    let parts = text[start.upperBound...].split(
      separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
    return parts.count == 3 ? String(parts[1]) : nil
  }
}
