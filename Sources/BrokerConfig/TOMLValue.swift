// The file as values with their lines, made from what toml++ read.

internal import CTOML

/// A value of the file.
struct TOMLValue: Equatable {
  indirect enum Content: Equatable {
    case table([TOMLMember])
    case array([TOMLValue])
    case string(String)
    case integer(Int64)
    case float(Double)
    case boolean(Bool)
    case date
    /// Its line is no TOML and has been reported: there, but with nothing to check.
    case unreadable
  }

  /// Where it begins; of a table with a header, the header's line.
  var line: Int
  var column: Int
  var content: Content

  /// For "must be a string, not …".
  var kind: String {
    switch content {
    case .table: "a table"
    case .array: "an array"
    case .string: "a string"
    case .integer: "an integer"
    case .float: "a number with a fraction"
    case .boolean: "a boolean"
    case .date: "a date"
    case .unreadable: "unreadable"
    }
  }
}

/// A key of a table with its value.
struct TOMLMember: Equatable {
  var key: String
  /// The key's own line.
  var line: Int
  var value: TOMLValue
}

/// Why the reading stopped.
struct TOMLSyntaxError: Error, Equatable {
  var line: Int
  var isDuplicate: Bool
  /// toml++'s words: may quote from the file, so never shown as they are.
  var words: String

  /// Whether toml++ was reading a header, or the key in it.
  var isInHeader: Bool {
    ["Error while parsing table header:", "Error while parsing key:", "this is out of place"]
      .contains { words.hasPrefix($0) }
  }
}

extension TOMLValue {
  /// No key of ours lies deeper. What does is left out: its table is a fault already, and values
  /// nested without bound would be freed by recursion without bound.
  private static let deepest = 6

  /// Reads the root table of a document.
  static func parse(_ bytes: [UInt8]) throws(TOMLSyntaxError) -> TOMLValue {
    let parsed = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) { text in
        unsafe text.baseAddress.map { unsafe remedy_toml_parse($0, text.count) }
          ?? remedy_toml_parse("", 0)
      }
    }
    guard let document = unsafe parsed else {
      throw TOMLSyntaxError(line: 1, isDuplicate: false, words: "no memory")
    }
    defer { unsafe remedy_toml_free(document) }
    let outcome = unsafe remedy_toml_result(document)
    guard outcome == REMEDY_TOML_READ else {
      throw TOMLSyntaxError(
        line: max(1, Int(unsafe remedy_toml_error_position(document).line)),
        isDuplicate: outcome == REMEDY_TOML_DUPLICATE,
        words: unsafe text(remedy_toml_error_text(document)))
    }
    return unsafe tree(document)
  }

  /// Members come after what holds them, so that going backwards finds each one's own complete.
  @unsafe
  private static func tree(_ document: OpaquePointer) -> TOMLValue {
    let count = unsafe remedy_toml_count(document)
    var depths = [0]
    for index in 1..<max(1, count) {
      depths.append(depths[unsafe remedy_toml_at(document, index).parent] + 1)
    }
    var members = [[TOMLMember]](repeating: [], count: count)
    for index in (1..<max(1, count)).reversed() where depths[index] <= deepest {
      let entry = unsafe remedy_toml_at(document, index)
      members[unsafe entry.parent].append(
        TOMLMember(
          key: unsafe text(entry.key), line: Int(unsafe entry.key_position.line),
          value: unsafe value(entry, holding: members[index].reversed())))
      members[index] = []
    }
    let root = unsafe remedy_toml_at(document, 0)
    return unsafe value(root, holding: (members.first ?? []).reversed())
  }

  @unsafe
  private static func value(
    _ entry: remedy_toml_entry, holding members: [TOMLMember]
  ) -> TOMLValue {
    let content: Content =
      switch unsafe entry.kind {
      case REMEDY_TOML_TABLE: .table(members)
      case REMEDY_TOML_ARRAY: .array(members.map(\.value))
      case REMEDY_TOML_STRING: .string(unsafe text(entry.text))
      case REMEDY_TOML_INTEGER: .integer(unsafe entry.integer)
      case REMEDY_TOML_FLOAT: .float(unsafe entry.number)
      case REMEDY_TOML_BOOLEAN: .boolean(unsafe entry.boolean)
      default: .date
      }
    return TOMLValue(
      line: Int(unsafe entry.position.line), column: Int(unsafe entry.position.column),
      content: content)
  }

  @unsafe
  private static func text(_ text: remedy_toml_text) -> String {
    unsafe String(
      decoding: UnsafeRawBufferPointer(start: text.bytes, count: text.count), as: UTF8.self)
  }
}
