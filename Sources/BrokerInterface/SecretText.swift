// JSON text with secrets in it. The pieces are gathered first and counted, so that the whole is
// written once, into guarded memory, and a secret's bytes lie nowhere in between.

internal import JSON
internal import Secrets

/// JSON text that is being put together.
struct SecretText {
  private enum Piece {
    /// JSON as it stands.
    case plain([UInt8])
    /// The content of a string, to be escaped.
    case secret(Secret)
  }

  private var pieces: [Piece] = []
  /// JSON that no secret has ended yet.
  private var open = JSONWriter(reservingCapacity: 128)
  private var count = 0

  /// JSON as it stands.
  mutating func append(_ json: String) {
    open.raw(json)
  }

  /// A string that is no secret.
  mutating func append(string: String) {
    open.write(string)
  }

  /// A string that is one.
  mutating func append(string: Secret) {
    open.raw("\"")
    close()
    pieces.append(.secret(string))
    count += string.withBytes { Self.escapedCount($0) }
    open.raw("\"")
  }

  private mutating func close() {
    pieces.append(.plain(open.bytes))
    count += open.bytes.count
    open.bytes = []
  }

  /// The whole text.
  consuming func written() -> Secret {
    close()
    return Secret(count: count) { span in
      var offset = 0
      for piece in pieces {
        switch piece {
        case .plain(let bytes):
          Self.copy(bytes.span, to: &span, at: &offset)
        case .secret(let secret):
          secret.withBytes { Self.escape($0, to: &span, at: &offset) }
        }
      }
    }
  }

  // MARK: Bytes

  private static func copy(
    _ bytes: Span<UInt8>, to span: inout MutableSpan<UInt8>, at offset: inout Int
  ) {
    for index in bytes.indices { span[offset + index] = bytes[index] }
    offset += bytes.count
  }

  /// How many bytes a byte takes inside a string (RFC 8259 §7).
  private static func width(of byte: UInt8) -> Int {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): 2
    case 0..<0x20: 6
    default: 1
    }
  }

  private static func escapedCount(_ bytes: Span<UInt8>) -> Int {
    var count = 0
    for index in bytes.indices { count += width(of: bytes[index]) }
    return count
  }

  private static func escape(
    _ bytes: Span<UInt8>, to span: inout MutableSpan<UInt8>, at offset: inout Int
  ) {
    for index in bytes.indices {
      let byte = bytes[index]
      switch width(of: byte) {
      case 1:
        span[offset] = byte
        offset += 1
      case 2:
        span[offset] = UInt8(ascii: "\\")
        span[offset + 1] = byte
        offset += 2
      default:
        for letter in [UInt8(ascii: "\\"), UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")]
        {
          span[offset] = letter
          offset += 1
        }
        for digit in [byte >> 4, byte & 15] {
          span[offset] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
          offset += 1
        }
      }
    }
  }
}
