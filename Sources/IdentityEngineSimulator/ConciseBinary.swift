// What a security key writes: concise binary object representation (RFC 8949), as far as CTAP uses it.
// Lengths are definite, numbers fit 64 bits, and nothing is nested deeply. Anything else is no value.

/// A CBOR item.
indirect enum ConciseBinary: Sendable, Equatable {
  case integer(Int64)
  case bytes([UInt8])
  case text(String)
  case array([ConciseBinary])
  case map([(key: ConciseBinary, value: ConciseBinary)])
  case simple(UInt8)

  /// One item, and how many bytes it took; `nil` where there is none.
  static func read(_ bytes: ArraySlice<UInt8>, depth: Int = 0) -> (ConciseBinary, count: Int)? {
    var reader = Reader(rest: bytes)
    guard let value = reader.item(depth: depth) else { return nil }
    return (value, bytes.count - reader.rest.count)
  }

  /// One item that fills all of the bytes.
  static func parse(_ bytes: [UInt8]) -> ConciseBinary? {
    guard let (value, count) = read(bytes[...]), count == bytes.count else { return nil }
    return value
  }

  /// A member of a map with a text for its key.
  subscript(name: String) -> ConciseBinary? { member(.text(name)) }

  /// A member of a map with a number for its key.
  subscript(number: Int64) -> ConciseBinary? { member(.integer(number)) }

  private func member(_ key: ConciseBinary) -> ConciseBinary? {
    guard case .map(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  var octets: [UInt8]? {
    if case .bytes(let bytes) = self { bytes } else { nil }
  }

  static func == (left: ConciseBinary, right: ConciseBinary) -> Bool {
    switch (left, right) {
    case (.integer(let left), .integer(let right)): left == right
    case (.bytes(let left), .bytes(let right)): left == right
    case (.text(let left), .text(let right)): left == right
    case (.array(let left), .array(let right)): left == right
    case (.map(let left), .map(let right)):
      left.count == right.count
        && zip(left, right).allSatisfy { $0.key == $1.key && $0.value == $1.value }
    case (.simple(let left), .simple(let right)): left == right
    default: false
    }
  }

  private struct Reader {
    static let deepest = 8
    var rest: ArraySlice<UInt8>

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
      guard count >= 0, count <= rest.count else { return nil }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }

    mutating func item(depth: Int) -> ConciseBinary? {
      guard depth < Self.deepest, let head = take(1)?.first, let argument = argument(head & 31)
      else { return nil }
      switch head >> 5 {
      case 0: return .integer(argument)
      case 1: return .integer(-1 - argument)
      case 2: return take(Int(argument)).map { .bytes(Array($0)) }
      case 3: return take(Int(argument)).map { .text(String(decoding: $0, as: UTF8.self)) }
      case 4: return array(argument, depth)
      case 5: return map(argument, depth)
      case 7 where head & 31 < 24: return .simple(head & 31)
      default: return nil
      }
    }

    /// The number of a head: in it, or in the 1, 2, 4 or 8 bytes after it.
    private mutating func argument(_ short: UInt8) -> Int64? {
      guard short >= 24 else { return Int64(short) }
      guard short < 28, let bytes = take(1 << Int(short - 24)) else { return nil }
      let number = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return Int64(exactly: number)
    }

    private mutating func array(_ count: Int64, _ depth: Int) -> ConciseBinary? {
      guard count <= rest.count else { return nil }
      var items: [ConciseBinary] = []
      for _ in 0..<count {
        guard let item = item(depth: depth + 1) else { return nil }
        items.append(item)
      }
      return .array(items)
    }

    private mutating func map(_ count: Int64, _ depth: Int) -> ConciseBinary? {
      guard count <= rest.count else { return nil }
      var members: [(key: ConciseBinary, value: ConciseBinary)] = []
      for _ in 0..<count {
        guard let key = item(depth: depth + 1), let value = item(depth: depth + 1) else {
          return nil
        }
        members.append((key, value))
      }
      return .map(members)
    }
  }
}
