// CRC-32 (the polynomial of IEEE 802.3, reflected, as in zlib and Ethernet), for telling damage
// apart from other reasons for refusal. It guards against nobody; the sealed box does that.

/// A checksum that any flipped bit, or any run of up to 32, changes.
enum Checksum {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
    }
  }

  static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let table = table  // one look at the global, not one a byte
    var value = UInt32.max
    for byte in bytes { value = table[Int((value ^ UInt32(byte)) & 0xFF)] ^ value >> 8 }
    return ~value
  }
}
