// Bytes to value. Two callers with opposite needs share it: our own wire, where anything ambiguous
// is refused (RFC 8259 leaves duplicate names and lone surrogates to the reader, and readers that
// differ are how a check is fooled), and the issuer's answers, where one odd member must not cost
// the whole answer. What differs between the two is a `Rules` value, not a second parser.

/// Why some bytes are not the JSON that was asked for. Offsets count bytes from 0.
public enum JSONError: Error, Equatable, Sendable {
  /// The text breaks the grammar at this byte.
  case syntax(offset: Int)
  /// The bytes at this place are not UTF-8, or spell half a surrogate pair or a NUL.
  case text(offset: Int)
  /// Two members of one object have this name.
  case duplicateMember(String)
  /// Arrays and objects nest deeper than the limit.
  case tooDeep(limit: Int)
}

/// A strict JSON parser (RFC 8259) with limits.
public struct JSONParser: ~Copyable, ~Escapable {
  /// What the reader insists on.
  public struct Rules: Sendable {
    /// How many arrays and objects may stand inside each other.
    public var maximumDepth: Int
    /// Whether a second member of one name is an error; otherwise the last one counts.
    public var refusesDuplicates: Bool
    /// Whether a byte order mark may stand in front.
    public var allowsByteOrderMark: Bool
    /// Whether a lone surrogate becomes U+FFFD instead of an error, and `\u0000` may stand.
    public var repairsText: Bool

    /// Our own wire: at most 64 deep, nothing ambiguous.
    public static let strict = Rules(
      maximumDepth: 64, refusesDuplicates: true, allowsByteOrderMark: false, repairsText: false)

    /// What a server sent: one odd member must not cost the whole answer.
    public static let tolerant = Rules(
      maximumDepth: 96, refusesDuplicates: false, allowsByteOrderMark: true, repairsText: true)
  }

  private let bytes: Span<UInt8>
  private let rules: Rules
  private var offset = 0

  @_lifetime(copy bytes)
  private init(_ bytes: Span<UInt8>, _ rules: Rules) {
    self.bytes = bytes
    self.rules = rules
  }

  /// The value that the bytes spell, white space around it aside.
  ///
  /// - Throws: `JSONError`: the first thing that is wrong, with its offset in bytes or its name.
  public static func parse(
    _ bytes: Span<UInt8>, rules: Rules = .strict
  ) throws(JSONError) -> JSONValue {
    var parser = JSONParser(bytes, rules)
    return try parser.document()
  }

  /// The value that the bytes spell, white space around it aside.
  ///
  /// - Throws: as for a span.
  public static func parse(
    _ bytes: [UInt8], rules: Rules = .strict
  ) throws(JSONError) -> JSONValue {
    try parse(bytes.span, rules: rules)
  }

  /// The value that the text spells, white space around it aside.
  ///
  /// - Throws: as for a span.
  public static func parse(
    _ text: String, rules: Rules = .strict
  ) throws(JSONError) -> JSONValue {
    try parse(Array(text.utf8), rules: rules)
  }

  // MARK: Grammar

  private mutating func document() throws(JSONError) -> JSONValue {
    if rules.allowsByteOrderMark, bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB,
      bytes[2] == 0xBF
    {
      offset = 3
    }
    skipWhitespace()
    let value = try self.value(depth: 0)
    skipWhitespace()
    guard offset == bytes.count else { throw .syntax(offset: offset) }
    return value
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    switch peek {
    case UInt8(ascii: "\""):
      return .string(try string())
    case UInt8(ascii: "{"):
      return .object(try object(depth: depth + 1))
    case UInt8(ascii: "["):
      return .array(try array(depth: depth + 1))
    case UInt8(ascii: "t"):
      try keyword("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try keyword("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try keyword("null")
      return .null
    default:
      return .number(try number())
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
    guard depth <= rules.maximumDepth else { throw .tooDeep(limit: rules.maximumDepth) }
    offset += 1
    var members: [JSONObject.Member] = []
    var names: Set<String> = []
    skipWhitespace()
    if consume(UInt8(ascii: "}")) { return JSONObject() }
    members.reserveCapacity(4)
    while true {
      guard peek == UInt8(ascii: "\"") else { throw .syntax(offset: offset) }
      let name = try string()
      let isDuplicate = Self.note(name, among: members, names: &names)
      if isDuplicate, rules.refusesDuplicates { throw .duplicateMember(name) }
      skipWhitespace()
      guard consume(UInt8(ascii: ":")) else { throw .syntax(offset: offset) }
      skipWhitespace()
      let value = try self.value(depth: depth)
      if isDuplicate { members.removeAll { $0.name == name } }
      members.append(JSONObject.Member(name, value))
      skipWhitespace()
      if consume(UInt8(ascii: ",")) {
        skipWhitespace()
      } else if consume(UInt8(ascii: "}")) {
        return JSONObject(members)
      } else {
        throw .syntax(offset: offset)
      }
    }
  }

  /// Whether the name stands in the object already. A few members are compared one by one, many by
  /// a set, so that no object costs the square of its members.
  private static func note(
    _ name: String, among members: [JSONObject.Member], names: inout Set<String>
  ) -> Bool {
    if members.count < 16 {
      return members.contains { $0.name == name }
    }
    if names.isEmpty { names = Set(members.map(\.name)) }
    return !names.insert(name).inserted
  }

  private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
    guard depth <= rules.maximumDepth else { throw .tooDeep(limit: rules.maximumDepth) }
    offset += 1
    var values: [JSONValue] = []
    skipWhitespace()
    if consume(UInt8(ascii: "]")) { return values }
    while true {
      values.append(try value(depth: depth))
      skipWhitespace()
      if consume(UInt8(ascii: ",")) {
        skipWhitespace()
      } else if consume(UInt8(ascii: "]")) {
        return values
      } else {
        throw .syntax(offset: offset)
      }
    }
  }

  // MARK: Text

  private mutating func string() throws(JSONError) -> String {
    offset += 1
    let start = offset
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        let text = try text(from: start, to: offset)
        offset += 1
        return text
      case UInt8(ascii: "\\"):
        return try stringWithEscapes(from: start)
      case 0..<0x20:
        throw .syntax(offset: offset)
      default:
        offset += 1
      }
    }
    throw .syntax(offset: offset)
  }

  /// The slow path: everything from the opening quote on, run by run.
  private mutating func stringWithEscapes(from start: Int) throws(JSONError) -> String {
    var result = try text(from: start, to: offset)
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        offset += 1
        return result
      case UInt8(ascii: "\\"):
        result.unicodeScalars.append(try escape())
      case 0..<0x20:
        throw .syntax(offset: offset)
      default:
        let run = offset
        while offset < bytes.count, bytes[offset] >= 0x20, bytes[offset] != UInt8(ascii: "\""),
          bytes[offset] != UInt8(ascii: "\\")
        {
          offset += 1
        }
        result += try text(from: run, to: offset)
      }
    }
    throw .syntax(offset: offset)
  }

  private func text(from start: Int, to end: Int) throws(JSONError) -> String {
    do {
      return String(copying: try UTF8Span(validating: bytes.extracting(start..<end)))
    } catch {
      throw .text(offset: start)
    }
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    let start = offset
    guard offset + 1 < bytes.count else { throw .syntax(offset: offset) }
    let kind = bytes[offset + 1]
    offset += 2
    switch kind {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{08}"
    case UInt8(ascii: "f"): return "\u{0C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape(startedAt: start)
    default: throw .syntax(offset: start)
    }
  }

  /// `\u` and four hexadecimal digits, or a surrogate pair of two of them (RFC 8259 §7).
  private mutating func unicodeEscape(startedAt start: Int) throws(JSONError) -> Unicode.Scalar {
    let first = try fourHexDigits()
    if let scalar = Unicode.Scalar(first) {
      guard scalar.value != 0 || rules.repairsText else { throw .text(offset: start) }
      return scalar
    }
    if (0xD800...0xDBFF).contains(first), offset + 1 < bytes.count,
      bytes[offset] == UInt8(ascii: "\\"), bytes[offset + 1] == UInt8(ascii: "u")
    {
      let rewind = offset
      offset += 2
      let second = try fourHexDigits()
      if (0xDC00...0xDFFF).contains(second),
        let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
      {
        return scalar
      }
      offset = rewind
    }
    guard rules.repairsText else { throw .text(offset: start) }
    return "\u{FFFD}"
  }

  private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
    guard offset + 4 <= bytes.count else { throw .syntax(offset: offset) }
    var value: UInt32 = 0
    for index in offset..<offset + 4 {
      let byte = bytes[index]
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw .syntax(offset: index)
      }
      value = value << 4 | UInt32(digit)
    }
    offset += 4
    return value
  }

  // MARK: Numbers and words

  private mutating func number() throws(JSONError) -> JSONNumber {
    let start = offset
    _ = consume(UInt8(ascii: "-"))
    if !consume(UInt8(ascii: "0")) {
      try digits()
    }
    if consume(UInt8(ascii: ".")) {
      try digits()
    }
    if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
      offset += 1
      if !consume(UInt8(ascii: "+")) { _ = consume(UInt8(ascii: "-")) }
      try digits()
    }
    return JSONNumber(validated: try text(from: start, to: offset))
  }

  private mutating func digits() throws(JSONError) {
    let start = offset
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      offset += 1
    }
    guard offset > start else { throw .syntax(offset: offset) }
  }

  private mutating func keyword(_ word: StaticString) throws(JSONError) {
    let start = offset
    let length = word.utf8CodeUnitCount
    guard start + length <= bytes.count else { throw .syntax(offset: start) }
    let matches = word.withUTF8Buffer { letters in
      (0..<length).allSatisfy { unsafe letters[$0] == bytes[start + $0] }
    }
    guard matches else { throw .syntax(offset: start) }
    offset += length
  }

  // MARK: Bytes

  private var peek: UInt8? {
    offset < bytes.count ? bytes[offset] : nil
  }

  private mutating func consume(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    offset += 1
    return true
  }

  private mutating func skipWhitespace() {
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
        offset += 1
      default:
        return
      }
    }
  }
}
