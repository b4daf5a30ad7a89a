// Keys from passphrases, held against an implementation that is not libsodium's: OpenSSL's, in the
// environment that `tools/jose-venv` makes. RFC 9106's own vector has four lanes, a secret and data
// beside the salt, none of which libsodium takes; so the other one is held against that vector, and
// ours against the other.

import Foundation
import Secrets
import TestSupport
import Testing

/// The Python of that environment, and what it is asked.
private enum OtherArgon2 {
  static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  static let python = here.appendingPathComponent("../../.build/jose-venv/bin/python")

  /// Whether it is there with Argon2, which it has in newer versions only.
  static let isPresent: Bool = {
    guard FileManager.default.isExecutableFile(atPath: python.path) else { return false }
    return (try? derive([rfc9106]))?.count == 1
  }()

  /// RFC 9106 §5.3.
  static let rfc9106 = """
    {"passphrase": "\(String(repeating: "01", count: 32))", "salt": "\
    \(String(repeating: "02", count: 16))", "secret": "\(String(repeating: "03", count: 8))", \
    "data": "\(String(repeating: "04", count: 12))", "passes": 3, "kibibytes": 32, "lanes": 4, \
    "length": 32}
    """

  static func derive(_ lines: [String]) throws -> [String] {
    let answer = try FinishedProgram(
      [python.path, here.appendingPathComponent("Argon2/derive.py").path],
      input: Data((lines.joined(separator: "\n") + "\n").utf8))
    return answer.words.split(separator: "\n").map { String($0) }
  }
}

@Suite(
  "Keys from passphrases, by another implementation",
  .enabled(if: OtherArgon2.isPresent, "there is no Argon2 in .build/jose-venv; see tools/jose-venv")
)
struct OtherDerivationTests {
  private struct Case {
    var passphrase: String
    var salt: [UInt8]
    var cost: PassphraseKey.Cost
    var count: Int

    /// What the other is asked.
    var line: String {
      """
      {"passphrase": "\(OtherDerivationTests.hex(Array(passphrase.utf8)))", "salt": "\(OtherDerivationTests.hex(salt))", "passes": \
      \(cost.passes), "kibibytes": \(cost.memory >> 10), "lanes": 1, "length": \(count)}
      """
    }

    var ours: String? {
      PassphraseKey.derive(Secret(passphrase), salt: salt, cost: cost, count: count)
        .map { OtherDerivationTests.hex($0.exposedBytes()) }
    }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test("RFC 9106 §5.3 holds there")
  func rfc9106() throws {
    #expect(
      try OtherArgon2.derive([OtherArgon2.rfc9106])
        == ["0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"])
  }

  @Test("ours is the same, for passphrases, salts, costs and lengths of all kinds")
  func same() throws {
    let passphrases = [
      "", "p", "password", "grüne Äpfel", "a\u{0}b", String(repeating: "long ", count: 200),
    ]
    var cases = passphrases.map {
      Case(passphrase: $0, salt: RandomBytes.bytes(16), cost: .floor, count: 32)
    }
    for (passes, mebibytes) in [(2, 8), (3, 9), (1, 64), (5, 16)] as [(UInt64, UInt64)] {
      cases.append(
        Case(
          passphrase: "cost", salt: RandomBytes.bytes(16),
          cost: PassphraseKey.Cost(passes: passes, memory: mebibytes << 20), count: 32))
    }
    for count in [16, 64, 100] {
      cases.append(
        Case(passphrase: "length", salt: RandomBytes.bytes(16), cost: .floor, count: count))
    }
    let theirs = try OtherArgon2.derive(cases.map(\.line))
    try #require(theirs.count == cases.count)
    for (one, theirs) in zip(cases, theirs) { #expect(one.ours == theirs, "\(one.line)") }
  }
}
