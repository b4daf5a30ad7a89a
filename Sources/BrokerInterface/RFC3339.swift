// Moments on the wire (RFC 3339, UTC). By hand, because the command links no Foundation; the
// calendar is the proleptic Gregorian one, counted in days from 0000-03-01, so that the leap day
// stands at the end of its year.

/// Moments as text, and back.
public enum RFC3339 {
  /// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z, in seconds since 1970: all that the form spells.
  private static let range = -62_135_596_800...253_402_300_799

  private static let secondsADay = 86_400
  private static let daysInFourCenturies = 146_097
  /// Days from 0000-03-01 to 1970-01-01.
  private static let epoch = 719_468

  /// The moment as `2026-11-23T09:00:00Z`. A moment outside the years 1 to 9999 becomes the nearest
  /// one inside.
  ///
  /// - Parameter secondsSince1970: Unix time, without leap seconds.
  public static func text(secondsSince1970: Int) -> String {
    let seconds = min(max(secondsSince1970, range.lowerBound), range.upperBound)
    var days = seconds / secondsADay
    var rest = seconds % secondsADay
    if rest < 0 {
      rest += secondsADay
      days -= 1
    }
    let date = civil(days: days)
    return digits(date.year, 4) + "-" + digits(date.month, 2) + "-" + digits(date.day, 2) + "T"
      + digits(rest / 3600, 2) + ":" + digits(rest / 60 % 60, 2) + ":" + digits(rest % 60, 2) + "Z"
  }

  /// The moment that the text spells, in seconds since 1970; `nil` where it spells none. Fractions
  /// and offsets are read too; a leap second counts as the second before it.
  public static func seconds(_ text: String) -> Double? {
    var reader = Reader(Array(text.utf8))
    guard let year = reader.number(4), year > 0, reader.skip("-"),
      let month = reader.number(2), (1...12).contains(month), reader.skip("-"),
      let day = reader.number(2), (1...length(of: month, in: year)).contains(day),
      reader.skip("T") || reader.skip("t") || reader.skip(" "),
      let hour = reader.number(2), hour < 24, reader.skip(":"),
      let minute = reader.number(2), minute < 60, reader.skip(":"),
      let second = reader.number(2), second <= 60,
      let fraction = reader.fraction(), let offset = reader.offset(), reader.isAtEnd
    else { return nil }
    let days = days(year: year, month: month, day: day)
    let whole = days * secondsADay + hour * 3600 + minute * 60 + min(second, 59) - offset
    return Double(whole) + fraction
  }

  // MARK: Calendar

  private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + epoch  // never negative: the range begins at year 1
    let era = shifted / daysInFourCenturies
    let dayOfEra = shifted % daysInFourCenturies
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
  }

  private static func days(year: Int, month: Int, day: Int) -> Int {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear % 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * daysInFourCenturies + dayOfEra - epoch
  }

  private static func length(of month: Int, in year: Int) -> Int {
    switch month {
    case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func digits(_ value: Int, _ count: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
  }

  /// Takes a text apart from the front.
  private struct Reader {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { index == bytes.count }

    private var digit: Int? {
      guard index < bytes.count, (48...57).contains(bytes[index]) else { return nil }
      return Int(bytes[index]) - 48
    }

    mutating func skip(_ letter: Unicode.Scalar) -> Bool {
      guard index < bytes.count, UInt32(bytes[index]) == letter.value else { return false }
      index += 1
      return true
    }

    /// Exactly so many digits.
    mutating func number(_ count: Int) -> Int? {
      var value = 0
      for _ in 0..<count {
        guard let digit else { return nil }
        value = value * 10 + digit
        index += 1
      }
      return value
    }

    /// `.` and digits, or nothing.
    mutating func fraction() -> Double? {
      guard skip(".") else { return 0 }
      guard digit != nil else { return nil }
      var value = 0.0
      var scale = 0.1
      while let digit {
        value += Double(digit) * scale
        scale /= 10
        index += 1
      }
      return value
    }

    /// `Z`, or hours and minutes, in seconds.
    mutating func offset() -> Int? {
      if skip("Z") || skip("z") { return 0 }
      let sign: Int
      if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
      guard let hours = number(2), hours < 24, skip(":"), let minutes = number(2), minutes < 60
      else { return nil }
      return sign * (hours * 3600 + minutes * 60)
    }
  }
}
