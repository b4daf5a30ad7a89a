// The date of an answer. The issuer's clock is the one that its times are meant by, and it says
// what that clock shows in every answer.

public import FoundationEssentials

/// Reads the dates of HTTP header fields (RFC 9110 §5.6.7).
public enum HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// The instant that the text names in one of the three forms that a recipient must take:
  /// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
  /// `nil` for every other text. The day of the week is not checked.
  public static func parse(_ text: String) -> Date? {
    guard text.utf8.count <= 40 else { return nil }
    let words = text.split { $0 == " " || $0 == "," || $0 == "-" }
    if words.count == 6, words[5] == "GMT" {
      return date(day: words[1], month: words[2], year: words[3], time: words[4])
    }
    if words.count == 5 {
      return date(day: words[2], month: words[1], year: words[4], time: words[3])
    }
    return nil
  }

  private static func date(
    day: Substring, month: Substring, year: Substring, time: Substring
  ) -> Date? {
    let clock = time.split(separator: ":", omittingEmptySubsequences: false)
    guard let day = number(day, 1...31), let month = months.firstIndex(of: String(month)),
      let year = fullYear(year), clock.count == 3, let hour = number(clock[0], 0...23),
      let minute = number(clock[1], 0...59), let second = number(clock[2], 0...60)
    else { return nil }
    let days = daysSinceEpoch(year: year, month: month + 1, day: day)
    return Date(timeIntervalSince1970: Double(((days * 24 + hour) * 60 + minute) * 60 + second))
  }

  /// Two digits are of the years 1970 to 2069.
  private static func fullYear(_ text: Substring) -> Int? {
    if text.utf8.count == 2, let short = number(text, 0...99) {
      return short < 70 ? 2000 + short : 1900 + short
    }
    return number(text, 1601...9999)
  }

  private static func number(_ text: Substring, _ range: ClosedRange<Int>) -> Int? {
    guard text.utf8.count <= 4,
      text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
      let value = Int(text), range.contains(value)
    else { return nil }
    return value
  }

  /// Days from 1 January 1970 in the Gregorian calendar, with years that begin in March so that the
  /// leap day is the last.
  private static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
    let marchYear = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let leapDays = marchYear / 4 - marchYear / 100 + marchYear / 400
    return marchYear * 365 + leapDays + dayOfYear - 719_468
  }
}
