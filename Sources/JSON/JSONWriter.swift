// Value to bytes, on one line, as our wire wants it. Text is appended in whole runs: byte by byte
// cost two to three times as much on the held-token path.

/// Writes JSON without white space.
public struct JSONWriter: Sendable {
  /// What has been written.
  public var bytes: [UInt8] = []

  /// - Parameter capacity: how many bytes will be written, as far as is known: a matter of speed
  /// only.
  public init(reservingCapacity capacity: Int = 0) {
    bytes.reserveCapacity(capacity)
  }

  /// The value on one line, without a line end.
  public static func bytes(_ value: JSONValue) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: 256)
    writer.write(value)
    return writer.bytes
  }

  /// The value on one line, as text.
  public static func text(_ value: JSONValue) -> String {
    String(decoding: bytes(value), as: UTF8.self)
  }

  /// Appends the value.
  public mutating func write(_ value: JSONValue) {
    switch value {
    case .null: raw("null")
    case .bool(true): raw("true")
    case .bool(false): raw("false")
    case .number(let number): raw(number.text)
    case .string(let text): write(text)
    case .array(let values): write(values)
    case .object(let object): write(object)
    }
  }

  /// Appends the object, its members in their order.
  public mutating func write(_ object: JSONObject) {
    raw("{")
    var isFirst = true
    for member in object.members {
      if !isFirst { raw(",") }
      isFirst = false
      write(member.name)
      raw(":")
      write(member.value)
    }
    raw("}")
  }

  private mutating func write(_ values: [JSONValue]) {
    raw("[")
    var isFirst = true
    for value in values {
      if !isFirst { raw(",") }
      isFirst = false
      write(value)
    }
    raw("]")
  }

  /// Appends text that is JSON already.
  public mutating func raw(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  /// Appends a string with its quotes; control characters, quotes and backslashes are escaped.
  public mutating func write(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    if text.utf8.contains(where: Self.needsEscape) {
      for byte in text.utf8 { escaped(byte) }
    } else {
      bytes.append(contentsOf: text.utf8)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private mutating func escaped(_ byte: UInt8) {
    guard Self.needsEscape(byte) else {
      bytes.append(byte)
      return
    }
    switch byte {
    case UInt8(ascii: "\""): raw("\\\"")
    case UInt8(ascii: "\\"): raw("\\\\")
    case UInt8(ascii: "\n"): raw("\\n")
    case UInt8(ascii: "\r"): raw("\\r")
    case UInt8(ascii: "\t"): raw("\\t")
    default:
      let hex = String(byte, radix: 16)
      raw("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
    }
  }
}
