// Base64url against the vectors of RFC 4648 §10, and what it must not take.

import Secrets
import Testing

@Suite("Base64url")
struct Base64URLTests {
  @Test(
    "the vectors of RFC 4648 §10, without padding",
    arguments: [
      ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
      ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
    ])
  func vectors(plain: String, encoded: String) {
    #expect(Base64URL.encode(plain.utf8) == encoded)
    #expect(Base64URL.decode(encoded) == Array(plain.utf8))
    let padding = String(repeating: "=", count: (4 - encoded.count % 4) % 4)
    #expect(Base64URL.decode(encoded + padding) == Array(plain.utf8))
  }

  @Test("the letters of both alphabets are read, those of the URL's are written")
  func alphabets() {
    #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
    #expect(Base64URL.decode("-_8") == [0xFB, 0xFF])
    #expect(Base64URL.decode("+/8=") == [0xFB, 0xFF])
  }

  @Test(
    "a text that spells no bytes is refused",
    arguments: ["A", "AAAAA", "Zg=a", "Z g", "Zm9v!", "Zh", "Zm9", "=", "==", "Zg===", "Zg\n"])
  func refused(text: String) {
    let bytes = Base64URL.decode(text)
    if text == "=" || text == "==" {
      #expect(bytes == [] || bytes == nil)
    } else {
      #expect(bytes == nil)
    }
  }

  @Test("whatever is encoded decodes to itself")
  func roundTrip() {
    for count in 0..<100 {
      let bytes = RandomBytes.bytes(count)
      #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
    }
  }
}
