// RFC 6238 as the common apps do it: SHA-1, six digits, thirty seconds. Also what a person at the
// demo has instead of a phone: the code of the moment.

import Crypto
public import FoundationEssentials

/// The one-time passwords of a seed (RFC 6238).
public struct TimeBasedCode: Sendable, Equatable {
  private let seed: [UInt8]

  /// The codes of a seed in base32 (RFC 4648 §6); `nil` where it is none. Spaces, case and padding
  /// do not matter.
  public init?(base32 text: String) {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    var bits: UInt64 = 0
    var held = 0
    var bytes: [UInt8] = []
    for character in text.uppercased() where character != " " && character != "=" {
      guard let value = alphabet.firstIndex(of: character) else { return nil }
      bits = (bits << 5 | UInt64(value)) & 0xFFFF
      held += 5
      if held >= 8 {
        held -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(held)))
      }
    }
    guard !bytes.isEmpty else { return nil }
    seed = bytes
  }

  /// The number of the thirty-second step that a moment falls in.
  public static func step(at moment: Date) -> Int64 {
    Int64((moment.timeIntervalSince1970 / 30).rounded(.down))
  }

  /// The code of a moment.
  public func code(at moment: Date) -> String { code(step: TimeBasedCode.step(at: moment)) }

  /// The code of a step (RFC 4226 §5.3).
  public func code(step: Int64) -> String {
    let bits = UInt64(bitPattern: step)
    let counter = (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) }
    let mac = Array(
      HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: SymmetricKey(data: seed)))
    let offset = Int(mac[19] & 0x0F)
    let word = mac[offset..<(offset + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
    let digits = String(word % 1_000_000)
    return String(repeating: "0", count: 6 - digits.count) + digits
  }

  /// The step that a code belongs to, of the one at this moment and its two neighbours.
  func match(_ code: String, at moment: Date) -> Int64? {
    let now = TimeBasedCode.step(at: moment)
    return [now, now - 1, now + 1].first { self.code(step: $0) == code }
  }
}
