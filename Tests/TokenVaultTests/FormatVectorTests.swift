// Files of format version 1, kept as bytes: whatever the code becomes, it opens these. With each,
// what it must give. docs/vault-format.md describes them.

import Secrets
import Testing

@testable import TokenVault

@Suite("Format vectors")
struct FormatVectorTests {
  /// The configured key: the bytes 0 to 31.
  private static let key = (0..<32).map { UInt8($0) }
  private static let header = """
    52454d4544592d560000000100010000c7fffabbd6691d93c438a535b760b44ab2f884ce05fe12ce571d6e7173af\
    a2a2f002bfd7f0d59f164d1b4ef97192fe134438ebb75849588a6afea265e172f39ef5a495cc8fa0fa444f56c02c
    """
  /// Kind `session`, owner `1000`, profile `payroll`, generation 2, payload `two`.
  private static let record = """
    52454d4544592d5200000001000000000000000226904e59456628cc6edfede5823ce95503128d9ebe9d1cf800e2\
    6b6c6ecc43f476afefcafb976b12035864351f64a7
    """

  private struct Vector: Sendable, CustomTestStringConvertible {
    enum Expectation: Equatable { case opens, wrongKey, setAside }

    var testDescription: String
    var key = FormatVectorTests.key
    var fileName = "session.1000.payroll.record"
    var edit: @Sendable ([UInt8]) -> [UInt8] = { $0 }
    var expect: Expectation
  }

  private static let vectors = [
    Vector(testDescription: "as written", expect: .opens),
    Vector(testDescription: "another key", key: Array(key.reversed()), expect: .wrongKey),
    Vector(
      testDescription: "another owner's place", fileName: "session.1001.payroll.record",
      expect: .setAside),
    Vector(
      testDescription: "another kind", fileName: "transaction.1000.payroll.record",
      expect: .setAside),
    Vector(
      testDescription: "another profile", fileName: "session.1000.payrol.record",
      expect: .setAside),
    Vector(
      testDescription: "an older generation claimed, with a checksum that fits",
      edit: { file in
        var body = Array(file.dropFirst(12).dropLast(4))
        body[7] = 1
        return Envelope.wrap(body, magic: "REMEDY-R")
      }, expect: .setAside),
    Vector(
      testDescription: "a header in a record's place", edit: { _ in bytes(header) },
      expect: .setAside),
  ]

  @Test("files of version 1 give what they must", arguments: vectors)
  private func vector(_ vector: Vector) async throws {
    let folder = try StateFolderFixture()
    try StateFolder.make(folder.path)
    try folder.put(Self.bytes(Self.header), as: "header")
    try folder.put(vector.edit(Self.bytes(Self.record)), as: vector.fileName)
    let key = Secret(copying: vector.key)
    guard vector.expect != .wrongKey else {
      await #expect(throws: VaultError.wrongKey(path: folder.path)) {
        _ = try await folder.open(key: key)
      }
      return
    }
    let (vault, loaded) = try await folder.open(key: key)
    await vault.close()
    #expect(loaded.texts == (vector.expect == .opens ? [.payroll: "two"] : [:]))
    #expect(loaded.setAside == (vector.expect == .setAside ? [vector.fileName] : []))
  }

  private static func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
  }
}
