// Handles, codes and ids. Every random choice of an organisation comes from one seed, so that a
// test that failed can be run again; nothing here is meant to be secret.

/// SplitMix64.
struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  private static let alphanumerics = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
  private static let urlSafe = alphanumerics + ["-", "_"]

  /// Characters of the base64url alphabet.
  mutating func handle(_ length: Int) -> String { text(length, of: SeededRandom.urlSafe) }

  /// An object id of Okta's shape: a prefix of three and seventeen more.
  mutating func identifier(_ prefix: String) -> String {
    prefix + text(20 - prefix.count, of: SeededRandom.alphanumerics)
  }

  /// A code of six digits.
  mutating func code() -> String { text(6, of: Array("0123456789")) }

  private mutating func text(_ length: Int, of alphabet: [Character]) -> String {
    var text = ""
    for _ in 0..<length { text.append(alphabet.randomElement(using: &self) ?? "0") }
    return text
  }
}
