// As much of CBOR (RFC 8949) as security keys speak, for the key that the tests are.

import Foundation

/// A CBOR value.
public indirect enum ConciseBinary: Equatable, Sendable {
  case integer(Int)
  case bytes([UInt8])
  case text(String)
  case array([ConciseBinary])
  case map([Pair])
  case bool(Bool)

  public struct Pair: Equatable, Sendable {
    public var key: ConciseBinary
    public var value: ConciseBinary
  }

  /// A map; what has no value is left out.
  public static func numbered(_ members: [(Int, ConciseBinary?)]) -> ConciseBinary {
    .map(members.compactMap { key, value in value.map { Pair(key: .integer(key), value: $0) } })
  }

  public static func named(_ members: [(String, ConciseBinary)]) -> ConciseBinary {
    .map(members.map { Pair(key: .text($0.0), value: $0.1) })
  }

  public subscript(key: Int) -> ConciseBinary? { member(.integer(key)) }
  public subscript(key: String) -> ConciseBinary? { member(.text(key)) }

  private func member(_ key: ConciseBinary) -> ConciseBinary? {
    guard case .map(let pairs) = self else { return nil }
    return pairs.first { $0.key == key }?.value
  }

  public var octets: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
  public var string: String? { if case .text(let text) = self { text } else { nil } }
  public var number: Int? { if case .integer(let number) = self { number } else { nil } }
  public var elements: [ConciseBinary]? { if case .array(let all) = self { all } else { nil } }
  public var truth: Bool? { if case .bool(let truth) = self { truth } else { nil } }

  public var encoded: [UInt8] {
    switch self {
    case .integer(let number) where number >= 0: Self.head(0, number)
    case .integer(let number): Self.head(1, -1 - number)
    case .bytes(let bytes): Self.head(2, bytes.count) + bytes
    case .text(let text): Self.head(3, text.utf8.count) + text.utf8
    case .array(let all): Self.head(4, all.count) + all.flatMap(\.encoded)
    case .map(let pairs):
      Self.head(5, pairs.count) + pairs.flatMap { $0.key.encoded + $0.value.encoded }
    case .bool(let truth): [truth ? 0xF5 : 0xF4]
    }
  }

  private static func head(_ kind: UInt8, _ count: Int) -> [UInt8] {
    switch count {
    case ..<24: [kind << 5 | UInt8(count)]
    case ..<256: [kind << 5 | 24, UInt8(count)]
    case ..<65_536: [kind << 5 | 25, UInt8(count >> 8), UInt8(count & 0xFF)]
    default: [kind << 5 | 26] + [24, 16, 8, 0].map { UInt8(count >> $0 & 0xFF) }
    }
  }

  /// `nil` for what is none, or more than one.
  public init?(_ bytes: [UInt8]) {
    var rest = bytes[...]
    guard let value = Self.read(&rest), rest.isEmpty else { return nil }
    self = value
  }

  private static func read(_ rest: inout ArraySlice<UInt8>) -> ConciseBinary? {
    guard let first = rest.popFirst() else { return nil }
    if first == 0xF4 || first == 0xF5 { return .bool(first == 0xF5) }
    var count = Int(first & 0x1F)
    if count >= 24 {
      guard count <= 26 else { return nil }
      let width = 1 << (count - 24)
      guard rest.count >= width else { return nil }
      count = rest.prefix(width).reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(width)
    }
    switch first >> 5 {
    case 0: return .integer(count)
    case 1: return .integer(-1 - count)
    case 2, 3:
      guard rest.count >= count else { return nil }
      let bytes = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
      return first >> 5 == 2 ? .bytes(bytes) : .text(String(decoding: bytes, as: UTF8.self))
    case 4:
      var all: [ConciseBinary] = []
      for _ in 0..<count {
        guard let value = read(&rest) else { return nil }
        all.append(value)
      }
      return .array(all)
    case 5:
      var pairs: [Pair] = []
      for _ in 0..<count {
        guard let key = read(&rest), let value = read(&rest) else { return nil }
        pairs.append(Pair(key: key, value: value))
      }
      return .map(pairs)
    default: return nil
    }
  }
}
