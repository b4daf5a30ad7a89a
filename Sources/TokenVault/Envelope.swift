// What every file of the vault has around it, in this and every later format version:
//
//   magic (8 bytes) ‖ version (4, big-endian) ‖ body ‖ checksum (4, big-endian, CRC-32 of the rest)
//
// The checksum tells three things apart that would look alike: a damaged file, a file of a newer
// format, and a file sealed under another key.

/// The outer layer of a header or a record.
enum Envelope {
  /// The format that is written, and the newest that is read.
  static let version: UInt32 = 1
  /// Bytes around a body.
  static let overhead = 8 + 4 + 4

  enum Failure: Error, Equatable {
    case damaged
    case newer(version: UInt32)
  }

  static func wrap(_ body: [UInt8], magic: String) -> [UInt8] {
    var bytes = Array(magic.utf8)
    bytes.append(bigEndian: version)
    bytes += body
    bytes.append(bigEndian: Checksum.crc32(bytes.span))
    return bytes
  }

  static func unwrap(_ bytes: [UInt8], magic: String) throws(Failure) -> [UInt8] {
    var reader = ByteReader(bytes.dropLast(4))
    var tail = ByteReader(bytes.suffix(4))
    guard reader.bytes(8) == Array(magic.utf8), let version = reader.number(UInt32.self),
      tail.number(UInt32.self) == Checksum.crc32(bytes.span.extracting(droppingLast: 4)),
      version >= 1
    else { throw .damaged }
    guard version == Self.version else { throw .newer(version: version) }
    return reader.remainder()
  }
}
