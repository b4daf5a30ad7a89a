import Secrets
import Testing

@Suite("Keys from passphrases")
struct PassphraseKeyTests {
  private struct Vector: Sendable {
    var passphrase: String
    var salt = Array("somesaltsomesalt".utf8)
    var cost: PassphraseKey.Cost
    var key: String
  }

  /// Made with the reference implementation of Argon2 (the command `argon2`, Argon2id, version 1.3):
  ///
  ///     printf password | argon2 somesaltsomesalt -id -t 2 -m 16 -p 1 -l 32
  private static let vectors = [
    Vector(
      passphrase: "password", cost: PassphraseKey.Cost(passes: 2, memory: 64 << 20),
      key: "fc33b78139231d34b71626bd6245c1d72efa190ad605c3d8166a72adcedfa2c2"),
    Vector(
      passphrase: "password", cost: PassphraseKey.Cost(passes: 3, memory: 8 << 20),
      key: "02950b5580d9c4909f78967fb3a6bfe9f0839ed64b932b118aba21ec89705b29"),
    Vector(
      passphrase: "grüne Äpfel", cost: PassphraseKey.Cost(passes: 1, memory: 8 << 20),
      key: "370421a56b844e763a4ffabdeb2effc5582afdf09f7e525d7d4ddb749792689d"),
    // The example in PHP's manual, of `sodium_crypto_pwhash_str`.
    Vector(
      passphrase: "password",
      salt: [
        0xA1, 0x62, 0x1F, 0x75, 0xA5, 0xF0, 0x5B, 0x08, 0x55, 0x9A, 0x8B, 0xCE, 0x05, 0xCD, 0x8D,
        0x01,
      ],
      cost: PassphraseKey.Cost(passes: 2, memory: 64 << 20),
      key: "11bb19f899d9cb26af91a7d2d21a1ce0775a381d082d664448067b91519af88c"),
  ]

  @Test("vectors of the reference implementation, and published ones", arguments: vectors)
  private func derives(vector: Vector) {
    let key = PassphraseKey.derive(
      Secret(vector.passphrase), salt: vector.salt, cost: vector.cost)
    let digits = key?.exposedBytes().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    #expect(digits?.joined() == vector.key)
  }

  @Test("passphrase, salt and cost each make another key")
  func allCount() {
    let cost = PassphraseKey.Cost.floor
    let salt = Array(UInt8(0)..<16)
    let keys = [
      PassphraseKey.derive(Secret("a"), salt: salt, cost: cost),
      PassphraseKey.derive(Secret("b"), salt: salt, cost: cost),
      PassphraseKey.derive(Secret("a"), salt: salt.reversed(), cost: cost),
      PassphraseKey.derive(
        Secret("a"), salt: salt, cost: PassphraseKey.Cost(passes: 2, memory: cost.memory)),
      PassphraseKey.derive(
        Secret("a"), salt: salt, cost: PassphraseKey.Cost(passes: 1, memory: cost.memory * 2)),
    ]
    #expect(Set(keys.map { $0?.exposedBytes() }).count == keys.count)
  }

  @Test("a cost is accepted between the floor and the ceiling only")
  func bounds() {
    #expect(PassphraseKey.Cost.standard.isAcceptable)
    #expect(PassphraseKey.Cost.floor.isAcceptable && PassphraseKey.Cost.ceiling.isAcceptable)
    for (passes, memory) in [(0, 8 << 20), (1, (8 << 20) - 1), (65, 8 << 20), (1, (4 << 30) + 1)]
      as [(UInt64, UInt64)]
    {
      #expect(!PassphraseKey.Cost(passes: passes, memory: memory).isAcceptable)
    }
  }
}
