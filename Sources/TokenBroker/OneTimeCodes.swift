// Time-based one-time codes (RFC 6238) as the common authenticators make them: HMAC-SHA-1, steps of
// thirty seconds, six digits.

internal import Crypto
internal import FoundationEssentials
public import Secrets

/// The codes of one seed.
public struct OneTimeCodes: Sendable, Equatable {
  let seed: Secret

  /// The codes of a seed in base32 (RFC 4648 §6); blanks, dashes, case and padding do not matter.
  ///
  /// - Returns: `nil` where it is no base32, or less than 80 bits.
  public init?(base32 text: Secret) {
    let values: [UInt8?] = text.withBytes { bytes in
      bytes.indices.compactMap { index in
        switch bytes[index] {
        case let byte where "ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8.contains(byte): byte - 0x41
        case let byte where "abcdefghijklmnopqrstuvwxyz".utf8.contains(byte): byte - 0x61
        case let byte where "234567".utf8.contains(byte): byte - 0x32 + 26
        case let byte where " -=\r\n\t".utf8.contains(byte): UInt8??.none
        default: UInt8??.some(nil)
        }
      }
    }
    let digits = values.compactMap { $0 }
    let count = digits.count * 5 / 8
    guard digits.count == values.count, count >= 10 else { return nil }
    seed = Secret(count: count) { span in
      var held: UInt16 = 0
      var bits = 0
      var place = 0
      for digit in digits {
        held = (held & 0xFF) << 5 | UInt16(digit)
        bits += 5
        guard bits >= 8, place < count else { continue }
        bits -= 8
        span[place] = UInt8(truncatingIfNeeded: held >> UInt16(bits))
        place += 1
      }
    }
  }

  /// - Parameter seed: the bytes themselves.
  init(seed: Secret) {
    self.seed = seed
  }

  /// The step that a moment falls in.
  static func step(at moment: Date) -> Int64 {
    Int64((moment.timeIntervalSince1970 / 30).rounded(.down))
  }

  /// How long it is from a moment to the beginning of a step; at least nothing.
  static func wait(from moment: Date, to step: Int64) -> Duration {
    .seconds(max(0, Double(step) * 30 - moment.timeIntervalSince1970))
  }

  /// The code of a step (RFC 4226 §5.3).
  func code(step: Int64, digits: Int = 6) -> String {
    let bits = UInt64(bitPattern: step)
    let counter = (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) }
    let key = SymmetricKey(data: seed.exposedBytes())
    let mac = Array(HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: key))
    let offset = mac.last.map { Int($0 & 0x0F) } ?? 0
    let word = mac.dropFirst(offset).prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let modulus = (0..<digits).reduce(UInt64(1)) { value, _ in value * 10 }
    let text = String(UInt64(word & 0x7FFF_FFFF) % modulus)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
