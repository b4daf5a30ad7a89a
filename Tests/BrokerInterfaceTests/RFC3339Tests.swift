// Moments as text (RFC 3339).

import BrokerInterface
import Testing

@Suite("Moments as text")
struct RFC3339Tests {
  @Test(
    "a moment is written and read back",
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
      (951_782_400, "2000-02-29T00:00:00Z"), (1_795_424_400, "2026-11-23T09:00:00Z"),
      (4_107_542_400, "2100-03-01T00:00:00Z"), (2_147_483_648, "2038-01-19T03:14:08Z"),
      (253_402_300_799, "9999-12-31T23:59:59Z"), (-62_135_596_800, "0001-01-01T00:00:00Z"),
    ])
  func vectors(seconds: Int, text: String) {
    #expect(RFC3339.text(secondsSince1970: seconds) == text)
    #expect(RFC3339.seconds(text) == Double(seconds))
  }

  @Test("every day of four centuries comes back as it went")
  func allDays() {
    var wrong: [Int] = []
    for day in -150_000...150_000 {
      let seconds = day * 86_400 + 12_345
      if RFC3339.seconds(RFC3339.text(secondsSince1970: seconds)) != Double(seconds) {
        wrong.append(day)
      }
    }
    #expect(wrong.isEmpty)
  }

  @Test("a moment beyond the form becomes the nearest one inside")
  func clamped() {
    #expect(RFC3339.text(secondsSince1970: .max) == "9999-12-31T23:59:59Z")
    #expect(RFC3339.text(secondsSince1970: .min) == "0001-01-01T00:00:00Z")
  }

  @Test(
    "fractions, offsets and leap seconds are read",
    arguments: [
      ("1970-01-01T00:00:00.5Z", 0.5), ("1970-01-01T01:00:00+01:00", 0),
      ("1969-12-31T23:30:00-00:30", 0), ("1970-01-01t00:00:01z", 1),
      ("2016-12-31T23:59:60Z", 1_483_228_799),
    ])
  func variants(text: String, seconds: Double) {
    #expect(RFC3339.seconds(text) == seconds)
  }

  @Test(
    "what is no moment is nil",
    arguments: [
      "", "2026", "2026-11-23", "2026-11-23T09:00:00", "2026-13-01T00:00:00Z",
      "2026-02-29T00:00:00Z", "2026-00-10T00:00:00Z", "2026-01-00T00:00:00Z",
      "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z",
      "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+25:00",
      "0000-01-01T00:00:00Z", "٢٠٢٦-01-01T00:00:00Z", " 2026-01-01T00:00:00Z",
    ])
  func nonsense(text: String) {
    #expect(RFC3339.seconds(text) == nil)
  }
}
