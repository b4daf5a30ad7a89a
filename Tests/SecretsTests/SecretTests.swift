// A secret never shows itself, whoever prints what holds it, and leaves nothing behind.

import Secrets
import Testing

@Suite("Secret")
struct SecretTests {
  private static let text = "correct horse battery staple"

  private struct Holder {
    var label = "login"
    var secret: Secret
    var more: [String: Secret]
  }

  private enum Step { case answer(Secret) }

  @Test("no way of printing a secret, or what holds one, shows its bytes")
  func redaction() {
    let secret = Secret(Self.text)
    let holder = Holder(secret: secret, more: ["again": secret])
    var dumped = ""
    dump(holder, to: &dumped)
    dump(secret, to: &dumped)
    let shown = [
      "\(secret)", String(describing: secret), String(reflecting: secret),
      String(describing: Optional(secret)), "\([secret])", "\(Step.answer(secret))",
      "\(holder)", String(reflecting: holder), dumped,
      Mirror(reflecting: secret).children.map { "\($0.value)" }.joined(),
    ]
    for text in shown {
      #expect(!text.contains(Self.text))
      #expect(!text.contains("horse"))
    }
    #expect(String(describing: secret) == "<secret>")
    #expect(String(reflecting: secret) == "<secret>")
    #expect(Mirror(reflecting: secret).children.isEmpty)
    // The check can fail: what exposes on purpose does show it.
    #expect(secret.exposedText() == Self.text)
  }

  @Test("secrets are equal when all of their bytes are")
  func equality() {
    #expect(Secret("abc") == Secret(copying: Array("abc".utf8)))
    #expect(Secret("abc") != Secret("abd"))
    #expect(Secret("abc") != Secret("ab"))
    #expect(Secret("") == Secret(""))
  }

  @Test("a secret starts as zeros, wherever another one lay before", arguments: [1, 64, 256, 5000])
  func zeroedBetween(count: Int) {
    for _ in 0..<200 {
      let used = Secret(copying: [UInt8](repeating: 0xAA, count: count))
      #expect(used.count == count)
    }
    for _ in 0..<200 {
      let fresh = Secret(count: count) { _ in }
      #expect(fresh.withBytes { bytes in bytes.indices.allSatisfy { bytes[$0] == 0 } })
    }
  }

  @Test("a secret that could not be filled throws, and its place goes to one other secret only")
  func failingFill() {
    struct Broken: Error, Equatable {}
    for _ in 0..<100 {
      #expect(throws: Broken()) {
        try Secret(count: 32) { (span: inout MutableSpan<UInt8>) throws(Broken) in
          span[0] = 1
          throw Broken()
        }
      }
    }
    let secrets = (0..<400).map { Secret("secret \($0)") }
    for (number, secret) in secrets.enumerated() {
      #expect(secret.exposedText() == "secret \(number)")
    }
  }

  @Test("two random secrets differ")
  func randomness() {
    #expect(Secret(randomCount: 32) != Secret(randomCount: 32))
    #expect(RandomBytes.bytes(16) != RandomBytes.bytes(16))
    #expect(RandomBytes.bytes(0).isEmpty)
  }

  @Test("bytes that are no text are replaced where a text is asked for, and kept where bytes are")
  func notText() {
    let secret = Secret(copying: [0x61, 0xFF, 0x62])
    #expect(secret.exposedText() == "a\u{FFFD}b")
    #expect(secret.exposedBytes() == [0x61, 0xFF, 0x62])
  }

  @Test("ten thousand secrets keep their bytes apart, taken and dropped on many threads")
  func manyOnManyThreads() async {
    await withTaskGroup(of: Bool.self) { group in
      for lane in 0..<8 {
        group.addTask {
          (0..<1250).allSatisfy { number in
            let text = "\(lane) \(number)"
            let secret = Secret(text)
            let other = Secret("x\(text)")
            return secret.exposedText() == text && other.exposedText() == "x\(text)"
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}
