// CRC-32 (the polynomial of IEEE 802.3, reflected, as in zlib and Ethernet), for telling damage
// apart from other reasons for refusal. It guards against nobody; the sealed box does that.
//
// Eight bytes at a time ("slicing by 8"): a start checks every record, and byte by byte that took
// longer than opening the boxes.

/// A checksum that any flipped bit, or any run of up to 32, changes.
enum Checksum {
  /// Eight tables of 256: the usual one first, then each one zero byte further on than the one before.
  private static let tables: [UInt32] = {
    var tables: [UInt32] = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { value, _ in
        value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
      }
    }
    for index in 256..<2048 {
      let nearer = tables[index - 256]
      tables.append(nearer >> 8 ^ tables[Int(nearer & 0xFF)])
    }
    return tables
  }()

  static func crc32(_ bytes: Span<UInt8>) -> UInt32 {
    let tables = tables  // one look at the global, not one a byte
    var value = UInt32.max
    var place = 0
    while bytes.count - place >= 8 {
      var next: UInt32 = 0
      for offset in 0..<4 {
        let near = bytes[place + offset] ^ UInt8(truncatingIfNeeded: value >> UInt32(8 * offset))
        let far = bytes[place + offset + 4]
        next ^= tables[(7 - offset) << 8 | Int(near)] ^ tables[(3 - offset) << 8 | Int(far)]
      }
      value = next
      place += 8
    }
    while place < bytes.count {
      value = tables[Int((value ^ UInt32(bytes[place])) & 0xFF)] ^ value >> 8
      place += 1
    }
    return ~value
  }
}
