// The sealed box against the published vector, and against everything that is not what was sealed.

import Secrets
import Testing

@Suite("Sealed box")
struct SealedBoxTests {
  /// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
  private enum Vector {
    static let plaintext =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
      + "sunscreen would be it."
    static let associatedData = bytes("50515253c0c1c2c3c4c5c6c7")
    static let key = bytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f")
    static let nonce = bytes("404142434445464748494a4b4c4d4e4f5051525354555657")
    static let ciphertext = bytes(
      """
      bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb\
      731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452\
      2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9\
      21f9664c97637da9768812f615c68b13b52e
      """)
    static let tag = bytes("c0875924c1c7987947deafd8780acf49")

    static func bytes(_ hex: String) -> [UInt8] {
      let digits = Array(hex)
      return stride(from: 0, to: digits.count, by: 2).compactMap {
        UInt8(String(digits[$0...$0 + 1]), radix: 16)
      }
    }
  }

  @Test("the published vector seals to its ciphertext and tag")
  func vectorSeals() {
    let box = SealedBox.seal(
      Secret(Vector.plaintext), key: Secret(copying: Vector.key),
      associatedData: Vector.associatedData, nonce: Vector.nonce)
    #expect(box == Vector.nonce + Vector.ciphertext + Vector.tag)
    #expect(Vector.ciphertext.count == Vector.plaintext.utf8.count)
  }

  @Test("the published vector opens to its plaintext")
  func vectorOpens() throws {
    let opened = try SealedBox.open(
      Vector.nonce + Vector.ciphertext + Vector.tag, key: Secret(copying: Vector.key),
      associatedData: Vector.associatedData)
    #expect(opened.exposedText() == Vector.plaintext)
  }

  @Test("no box with one bit flipped opens")
  func flippedBits() {
    let key = Secret(copying: Vector.key)
    let whole = Vector.nonce + Vector.ciphertext + Vector.tag
    for bit in 0..<whole.count * 8 {
      var box = whole
      box[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: SealedBox.Failure.notAuthentic, "bit \(bit)") {
        try SealedBox.open(box, key: key, associatedData: Vector.associatedData)
      }
    }
  }

  @Test("no box that was cut opens, and one without room for its overhead is too short")
  func cut() {
    let key = Secret(copying: Vector.key)
    let whole = Vector.nonce + Vector.ciphertext + Vector.tag
    for count in 0..<whole.count {
      let expected: SealedBox.Failure =
        count < SealedBox.overhead ? .tooShort : .notAuthentic
      #expect(throws: expected, "\(count) bytes") {
        try SealedBox.open(
          Array(whole.prefix(count)), key: key, associatedData: Vector.associatedData)
      }
    }
  }

  @Test("another key or other associated data opens nothing")
  func otherKeyOrData() {
    let whole = Vector.nonce + Vector.ciphertext + Vector.tag
    #expect(throws: SealedBox.Failure.notAuthentic) {
      try SealedBox.open(
        whole, key: Secret(randomCount: SealedBox.keyCount),
        associatedData: Vector.associatedData)
    }
    #expect(throws: SealedBox.Failure.notAuthentic) {
      try SealedBox.open(whole, key: Secret(copying: Vector.key), associatedData: [])
    }
  }

  @Test("nothing can be sealed too, and two boxes of one secret differ")
  func emptyAndNonce() throws {
    let key = Secret(randomCount: SealedBox.keyCount)
    let box = SealedBox.seal(Secret(""), key: key, associatedData: [])
    #expect(box.count == SealedBox.overhead)
    #expect(try SealedBox.open(box, key: key, associatedData: []).count == 0)
    #expect(box != SealedBox.seal(Secret(""), key: key, associatedData: []))
  }
}
