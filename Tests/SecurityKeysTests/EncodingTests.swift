// What goes to a security key and what comes from it, against vectors that were made by hand from the
// specifications: Web Authentication Level 2 and RFC 8949, appendix A.

import SecurityKeys
import Testing

@Suite("Values of a security key")
struct EncodingTests {
  @Test("base64 has the ordinary alphabet, and padding (RFC 4648 §10)")
  func base64() {
    let vectors = [
      "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=",
      "foobar": "Zm9vYmFy",
    ]
    for (plain, encoded) in vectors {
      #expect(StandardBase64.encode(Array(plain.utf8)) == encoded)
    }
    #expect(StandardBase64.encode([0xFB, 0xEF, 0xFF]) == "++//")
  }

  @Test("authenticator data is taken out of the byte string around it, whatever its length")
  func byteStrings() {
    #expect(AuthenticatorOutput.bytes(ofByteString: [0x40]) == [])
    #expect(AuthenticatorOutput.bytes(ofByteString: [0x44, 1, 2, 3, 4]) == [1, 2, 3, 4])
    let medium = [UInt8](repeating: 7, count: 37)
    #expect(AuthenticatorOutput.bytes(ofByteString: [0x58, 37] + medium) == medium)
    let long = [UInt8](repeating: 9, count: 300)
    #expect(AuthenticatorOutput.bytes(ofByteString: [0x59, 1, 44] + long) == long)
    #expect(AuthenticatorOutput.bytes(ofByteString: [0x5A, 0, 0, 1, 44] + long) == long)
  }

  @Test(
    "what is no byte string, or not all of it, is none",
    arguments: [
      [], [0x44, 1, 2, 3], [0x44, 1, 2, 3, 4, 5], [0x64, 1, 2, 3, 4], [0x58], [0x59, 1],
      [0x5B, 0, 0, 0, 0, 0, 0, 0, 0], [0x5F, 0xFF],
    ] as [[UInt8]])
  func noByteStrings(string: [UInt8]) {
    #expect(AuthenticatorOutput.bytes(ofByteString: string) == nil)
  }

  @Test("an attestation that says nothing has zeros for the model (Level 2 §5.1.3)")
  func nobodysModel() {
    let party = [UInt8](repeating: 1, count: 32)
    let rest = [UInt8](repeating: 4, count: 40)
    let model = [UInt8](repeating: 3, count: 16)
    func object(flags: UInt8, model: [UInt8]) -> [UInt8] {
      party + [flags, 0, 0, 0, 2] + model + rest
    }
    let made = AuthenticatorOutput.anonymousAttestation(data: object(flags: 0x41, model: model))
    #expect(made.suffix(93) == object(flags: 0x41, model: [UInt8](repeating: 0, count: 16))[...])
    // Without the flag there is no model: what follows are extensions.
    let bare = AuthenticatorOutput.anonymousAttestation(data: object(flags: 0x81, model: model))
    #expect(bare.suffix(93) == object(flags: 0x81, model: model)[...])
  }

  @Test("an attestation object has its members by name, in CTAP's canonical order")
  func attestation() {
    let none = Array("\u{63}fmt\u{64}none\u{67}attStmt".utf8)
    let name = Array("\u{68}authData".utf8)
    var expected: [UInt8] = [0xA3]
    expected += none
    expected += [0xA0]
    expected += name
    expected += [0x43, 1, 2, 3]
    #expect(AuthenticatorOutput.anonymousAttestation(data: [1, 2, 3]) == expected)

    let long = [UInt8](repeating: 5, count: 164)
    let statement: [UInt8] = [0xA1, 0x61, 0x61, 1]
    expected = [0xA3]
    expected += Array("\u{63}fmt\u{66}packed\u{67}attStmt".utf8)
    expected += statement
    expected += name
    expected += [0x58, 164]
    expected += long
    #expect(
      AuthenticatorOutput.attestation(format: "packed", statement: statement, data: long)
        == expected)
  }

  @Test(
    "the lines between command and helper are read as they are written",
    arguments: [
      .touch(device: "YubiKey 5"), .pin(tries: 7, trouble: .wrong), .pin(tries: nil, trouble: nil),
      .result(["clientData": "e30="]), .failure(.noKey), .failure(.badRequest("origin")),
      .failure(.other(-9)),
    ] as [KeyReport])
  func reports(report: KeyReport) throws {
    #expect(KeyReport(line: JSONBytes.of(report.json)) == report)
  }

  @Test("every reason has a name of its own and words for a person")
  func faults() {
    let all: [KeyFault] = [
      .badRequest("x"), .foreignParty, .noKey, .noCredential, .alreadySetUp, .cannotVerify,
      .mustReplug, .pinBlocked, .untouched, .denied, .pulledOut, .unsupported, .helperFailed,
      .other(3),
    ]
    #expect(Set(all.map(\.name)).count == all.count)
    for fault in all {
      #expect(KeyReport(line: JSONBytes.of(KeyReport.failure(fault).json)) == .failure(fault))
      #expect(!fault.words.isEmpty)
    }
  }

  @Test(
    "a line that nobody knows is no report and no order",
    arguments: ["", "{", "[]", "{}", #"{"touch"}"#, #"{"error":{"reason":"new"}}"#, "\u{0}"])
  func strangeLines(line: String) {
    #expect(KeyReport(line: Array(line.utf8)) == nil)
    #expect(KeyOrder(line: Array(line.utf8)) == nil)
  }
}
