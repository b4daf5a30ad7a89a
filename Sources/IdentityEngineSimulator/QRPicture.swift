// The picture beside a shared secret. A client has nothing but the picture: what it says stands in no
// other member, so it has to be a real one, which a phone can read off a screen.
//
// It is a PNG of one bit a pixel (ISO/IEC 15948) whose pixels are stored, not deflated: a few thousand
// bytes, and no library.

import FoundationEssentials
import QRCodes

/// A QR code as a PNG in a data URL.
enum QRPicture {
  /// Pixels to a module, and modules of quiet zone around the code.
  private static let scale = 4
  private static let quiet = 4

  /// The picture of a text of at most 271 bytes; a longer one gives an empty picture.
  static func dataURL(of text: String) -> String {
    "data:image/png;base64," + Data(png(of: text)).base64EncodedString()
  }

  static func png(of text: String) -> [UInt8] {
    let code = QRCode(text: text)
    let side = ((code?.size ?? 0) + 2 * quiet) * scale
    var rows: [UInt8] = []
    for row in 0..<side {
      rows.append(0)  // no filter
      var byte: UInt8 = 0
      for column in 0..<(side + 7) / 8 * 8 {
        let isDark = code?.isDark(row: row / scale - quiet, column: column / scale - quiet) ?? false
        byte = byte << 1 | (isDark ? 0 : 1)
        if column % 8 == 7 {
          rows.append(byte)
          byte = 0
        }
      }
    }
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    // One bit of grey, no interlace.
    file += chunk("IHDR", bigEndian(side) + bigEndian(side) + [1, 0, 0, 0, 0])
    file += chunk("IDAT", stored(rows))
    return file + chunk("IEND", [])
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return bigEndian(data.count) + body + bigEndian(Int(crc(body)))
  }

  /// A zlib stream (RFC 1950) of stored blocks (RFC 1951 §3.2.4).
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var rest = bytes[...]
    repeat {
      let block = rest.prefix(0xFFFF)
      rest = rest.dropFirst(block.count)
      let count = [UInt8(block.count & 0xFF), UInt8(block.count >> 8)]
      stream += [rest.isEmpty ? 1 : 0] + count + count.map { ~$0 } + block
    } while !rest.isEmpty
    return stream + bigEndian(Int(adler(bytes)))
  }

  private static func bigEndian(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  private static func crc(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }

  private static func adler(_ bytes: [UInt8]) -> UInt32 {
    var low: UInt32 = 1
    var high: UInt32 = 0
    for byte in bytes {
      low = (low + UInt32(byte)) % 65521
      high = (high + low) % 65521
    }
    return high << 16 | low
  }
}
