// Answers that somebody else published, for tests that must not know only what their authors
// thought of. The folder lies beside the project and is no part of it, so that a clone may not have
// it: tests that need it are then skipped, and say so.
//
//     @Suite(.enabled(if: Corpus.isPresent, Corpus.absence))

import Foundation
import JSON

/// The folder of published answers, as its own `INDEX.json` describes it.
public struct Corpus: Sendable {
  /// One file of the index.
  public struct Entry: Sendable {
    /// Its path below the folder.
    public var file: String
    /// `idx` or `oauth`.
    public var kind: String
    /// `ion`, `api-error`, `proxy-error`, `token`, `interact`, …
    public var subkind: String
    /// The status it came with; `nil` where nobody knows.
    public var status: Int?
    /// The whole entry.
    public var json: JSONValue
  }

  public let folder: URL
  public let entries: [Entry]
  /// The files of scripted exchanges: which request got which answer, in order.
  public let sequences: [String]

  /// The corpus, where there is one.
  public static let found = try? Corpus(folder: location)
  public static var isPresent: Bool { found != nil }
  /// Why a test that needs it was skipped.
  public static var absence: String {
    "no corpus of published answers at \(location.path); REMEDY_IDX_CORPUS names another place"
  }

  private static let location: URL = {
    if let path = ProcessInfo.processInfo.environment["REMEDY_IDX_CORPUS"] {
      return URL(fileURLWithPath: path, isDirectory: true)
    }
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return root.deletingLastPathComponent().appendingPathComponent("shared/idx-corpus")
  }()

  /// - Throws: where the folder or its index can't be read.
  public init(folder: URL) throws {
    self.folder = folder
    let index = try Self.json(folder.appendingPathComponent("INDEX.json"))
    sequences = (index["sequences"]?.array ?? []).compactMap(\.string)
    entries = (index["files"]?.array ?? []).compactMap { json in
      guard let file = json["file"]?.string, let kind = json["kind"]?.string else { return nil }
      return Entry(
        file: file, kind: kind, subkind: json["subkind"]?.string ?? "",
        status: json["http_status"]?.int, json: json)
    }
  }

  /// The bytes of a file, as published.
  public func bytes(_ file: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent(file)))
  }

  /// A file as JSON.
  public func json(_ file: String) throws -> JSONValue {
    try Self.json(folder.appendingPathComponent(file))
  }

  private static func json(_ url: URL) throws -> JSONValue {
    try JSONParser.parse([UInt8](try Data(contentsOf: url)), rules: .tolerant)
  }
}
