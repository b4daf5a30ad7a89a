// Finding the members of an object in its JSON text without making a value of them. A message with
// a token in it is read this way, so that the token goes from the socket's buffer into a `Secret`
// and never lies in an ordinary string.
//
// The scanner finds where values begin and end; it does not hold them to the grammar. What is read
// out of a place is read by the strict parser, or here by `unescape`.

public import JSON
public import Secrets

/// Where one member stands in the text of an object.
public struct MemberPlace: Sendable, Equatable {
  /// Between the quotes of the name.
  public var name: Range<Int>
  /// The whole value, quotes and braces included.
  public var value: Range<Int>
}

/// Reads the members of one JSON object, in order.
public struct MemberScanner: ~Escapable {
  private let bytes: Span<UInt8>
  private var offset = 0
  private var isFirst = true

  /// - Throws: `WireFault.notJSON` where the text does not begin with `{`.
  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>) throws(WireFault) {
    self.bytes = bytes
    skipWhitespace()
    guard consume(UInt8(ascii: "{")) else { throw .notJSON }
  }

  /// The next member; `nil` after the last one.
  ///
  /// - Throws: `WireFault.notJSON` where the text cannot be followed.
  @_lifetime(self: copy self)
  public mutating func next() throws(WireFault) -> MemberPlace? {
    skipWhitespace()
    if consume(UInt8(ascii: "}")) { return nil }
    if !isFirst {
      guard consume(UInt8(ascii: ",")) else { throw .notJSON }
      skipWhitespace()
    }
    isFirst = false
    let name = try string()
    skipWhitespace()
    guard consume(UInt8(ascii: ":")) else { throw .notJSON }
    skipWhitespace()
    let start = offset
    try value()
    return MemberPlace(name: name.lowerBound + 1..<name.upperBound - 1, value: start..<offset)
  }

  // MARK: Skipping

  /// The place of the string that begins here, with its quotes.
  @_lifetime(self: copy self)
  private mutating func string() throws(WireFault) -> Range<Int> {
    let start = offset
    guard consume(UInt8(ascii: "\"")) else { throw .notJSON }
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        offset += 1
        return start..<offset
      case UInt8(ascii: "\\"):
        offset += 2
      default:
        offset += 1
      }
    }
    throw .notJSON
  }

  @_lifetime(self: copy self)
  private mutating func value() throws(WireFault) {
    guard offset < bytes.count else { throw .notJSON }
    switch bytes[offset] {
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "{"), UInt8(ascii: "["): try nested()
    default: try word()
    }
  }

  /// An object or an array, by counting brackets.
  @_lifetime(self: copy self)
  private mutating func nested() throws(WireFault) {
    var depth = 0
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        _ = try string()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        offset += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        offset += 1
        if depth == 0 { return }
      default:
        offset += 1
      }
    }
    throw .notJSON
  }

  /// A number, `true`, `false` or `null`: as far as its letters go.
  @_lifetime(self: copy self)
  private mutating func word() throws(WireFault) {
    let start = offset
    while offset < bytes.count, Self.isWord(bytes[offset]) { offset += 1 }
    guard offset > start else { throw .notJSON }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  @_lifetime(self: copy self)
  private mutating func consume(_ byte: UInt8) -> Bool {
    guard offset < bytes.count, bytes[offset] == byte else { return false }
    offset += 1
    return true
  }

  @_lifetime(self: copy self)
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

// MARK: Reading a place

/// Reads what stands at a place of a text.
public enum JSONPlace {
  /// Whether the bytes at this place are exactly these letters.
  public static func holds(
    _ letters: StaticString, at place: Range<Int>, in bytes: Span<UInt8>
  ) -> Bool {
    guard place.count == letters.utf8CodeUnitCount else { return false }
    return letters.withUTF8Buffer { letters in
      (0..<place.count).allSatisfy { unsafe letters[$0] == bytes[place.lowerBound + $0] }
    }
  }

  /// The value at this place.
  ///
  /// - Throws: `WireFault.notJSON`.
  public static func value(
    at place: Range<Int>, in bytes: Span<UInt8>
  ) throws(WireFault) -> JSONValue {
    do {
      return try JSONParser.parse(bytes.extracting(place), rules: .tolerant)
    } catch {
      throw .notJSON
    }
  }

  /// The string at this place, as guarded bytes.
  ///
  /// - Throws: `WireFault.notJSON` where no valid string stands there.
  public static func secret(
    at place: Range<Int>, in bytes: Span<UInt8>
  ) throws(WireFault) -> Secret {
    var counter = try StringBytes(at: place, in: bytes)
    var count = 0
    while try counter.next(in: bytes) != nil { count += 1 }
    var reader = try StringBytes(at: place, in: bytes)
    return try Secret(count: count) { (span: inout MutableSpan<UInt8>) throws(WireFault) in
      var index = 0
      while let byte = try reader.next(in: bytes) {
        span[index] = byte
        index += 1
      }
    }
  }
}

/// The UTF-8 of a JSON string, byte by byte, escapes resolved.
public struct StringBytes {
  private var offset: Int
  private let end: Int
  /// The rest of a scalar that was escaped, next byte lowest.
  private var pending: UInt32 = 0
  private var pendingCount = 0

  /// - Throws: `WireFault.notJSON` where no string stands at the place.
  public init(at place: Range<Int>, in bytes: Span<UInt8>) throws(WireFault) {
    guard place.count >= 2, place.lowerBound >= 0, place.upperBound <= bytes.count,
      bytes[place.lowerBound] == UInt8(ascii: "\""),
      bytes[place.upperBound - 1] == UInt8(ascii: "\"")
    else { throw .notJSON }
    offset = place.lowerBound + 1
    end = place.upperBound - 1
  }

  /// The next byte; `nil` at the end. Give it the same bytes as `init`.
  ///
  /// - Throws: `WireFault.notJSON` for a control character or an escape that spells nothing.
  public mutating func next(in bytes: Span<UInt8>) throws(WireFault) -> UInt8? {
    if pendingCount > 0 { return pop() }
    guard offset < end else { return nil }
    let byte = bytes[offset]
    guard byte >= 0x20 else { throw .notJSON }
    offset += 1
    guard byte == UInt8(ascii: "\\") else { return byte }
    let scalar = try escape(in: bytes)
    for byte in Unicode.UTF8.encode(scalar).map(Array.init) ?? [] {
      pending |= UInt32(byte) << UInt32(8 * pendingCount)
      pendingCount += 1
    }
    return pop()
  }

  private mutating func pop() -> UInt8 {
    let byte = UInt8(truncatingIfNeeded: pending)
    pending >>= 8
    pendingCount -= 1
    return byte
  }

  private mutating func escape(in bytes: Span<UInt8>) throws(WireFault) -> Unicode.Scalar {
    guard offset < end else { throw .notJSON }
    let kind = bytes[offset]
    offset += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(kind)
    case UInt8(ascii: "b"): return "\u{08}"
    case UInt8(ascii: "f"): return "\u{0C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape(in: bytes)
    default: throw .notJSON
    }
  }

  /// Four hex digits, or a surrogate pair of two such escapes (RFC 8259 §7).
  private mutating func unicodeEscape(in bytes: Span<UInt8>) throws(WireFault) -> Unicode.Scalar {
    let first = try hexDigits(in: bytes)
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, offset + 2 <= end, bytes[offset] == UInt8(ascii: "\\"),
      bytes[offset + 1] == UInt8(ascii: "u")
    else { throw .notJSON }
    offset += 2
    let second = try hexDigits(in: bytes)
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw .notJSON }
    return scalar
  }

  private mutating func hexDigits(in bytes: Span<UInt8>) throws(WireFault) -> UInt32 {
    guard offset + 4 <= end else { throw .notJSON }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue else {
        throw .notJSON
      }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }
}
