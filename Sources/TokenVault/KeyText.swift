// A key as text and back, from guarded memory into guarded memory.

internal import Secrets

/// The two spellings of a key: 32 raw bytes, or their base64 (RFC 4648 §4, padded).
enum KeyText {
  private static let letters = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private struct Malformed: Error {}

  /// 44 characters and a line feed for 32 bytes.
  static func encode(_ key: Secret) -> Secret {
    key.withBytes { bytes in
      Secret(count: (bytes.count + 2) / 3 * 4 + 1) { text in
        var place = 0
        for start in stride(from: 0, to: bytes.count, by: 3) {
          let present = min(3, bytes.count - start)
          var group: UInt32 = 0
          for index in 0..<3 {
            group = group << 8 | (index < present ? UInt32(bytes[start + index]) : 0)
          }
          for index in 0..<4 {
            text[place] =
              index <= present
              ? letters[Int(group >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "=")
            place += 1
          }
        }
        text[place] = UInt8(ascii: "\n")
      }
    }
  }

  /// The key that a file's bytes spell; `nil` where they spell none.
  static func decode(_ text: Secret) -> Secret? {
    if text.count == SealedBox.keyCount { return text }
    return text.withBytes { bytes in
      guard bytes.count == 44 || bytes.count == 45 && bytes[44] == UInt8(ascii: "\n"),
        bytes[43] == UInt8(ascii: "=")
      else { return nil }
      return try? Secret(count: SealedBox.keyCount) {
        (key: inout MutableSpan<UInt8>) throws(Malformed) in
        var buffer: UInt32 = 0
        var bits = 0
        var place = 0
        for index in 0..<43 {
          guard let value = value(of: bytes[index]) else { throw Malformed() }
          buffer = (buffer << 6 | value) & 0xFFFF
          bits += 6
          guard bits >= 8 else { continue }
          bits -= 8
          key[place] = UInt8(truncatingIfNeeded: buffer >> UInt32(bits))
          place += 1
        }
        // The two bits that are left over belong to no byte; set, they are a typing mistake.
        guard buffer & 0b11 == 0 else { throw Malformed() }
      }
    }
  }

  private static func value(of letter: UInt8) -> UInt32? {
    switch letter {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(letter - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(letter - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(letter - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
