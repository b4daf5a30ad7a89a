import Secrets
import Testing

@testable import TokenBroker

@Suite("Time-based one-time codes")
struct OneTimeCodesTests {
  @Test(
    "the vectors of RFC 6238, appendix B",
    arguments: [
      (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"),
      (1_234_567_890, "89005924"), (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
    ] as [(Int64, String)])
  func vectors(seconds: Int64, code: String) {
    let codes = OneTimeCodes(seed: Secret("12345678901234567890"))
    #expect(codes.code(step: seconds / 30, digits: 8) == code)
    #expect(codes.code(step: seconds / 30) == String(code.suffix(6)))
  }

  @Test("a seed is read from base32, however it is set")
  func seeds() {
    let expected = OneTimeCodes(seed: Secret("12345678901234567890"))
    for text in [
      "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "gezd gnbv gy3t qojq gezd gnbv gy3t qojq",
      "GEZDGNBV-GY3TQOJQ-GEZDGNBV-GY3TQOJQ======\n",
    ] { #expect(OneTimeCodes(base32: Secret(text)) == expected) }
    for text in ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQ0JQ", "GEZDGNBV", "hunter2!", "é"] {
      #expect(OneTimeCodes(base32: Secret(text)) == nil)
    }
  }

  @Test("nothing of the seed is printed")
  func redacted() {
    #expect(!"\(OneTimeCodes(seed: Secret("12345678901234567890")))".contains("1234"))
  }
}
