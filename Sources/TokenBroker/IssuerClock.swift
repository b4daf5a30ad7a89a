// What an issuer's clock shows. Its tokens are dated by it, and what we sign is read by it; it says
// what it shows in the `Date` of every answer. Believed within bounds: an issuer, or whoever speaks
// for it, must not make a token of last week fresh.

internal import FoundationEssentials

/// How far one issuer's clock is from ours.
struct IssuerClock {
  /// The most that is believed, in seconds either way.
  static let bound = 600.0

  /// Seconds that the issuer is ahead; negative where it is behind.
  private(set) var offset = 0.0

  /// Takes note of an answer's `Date`.
  ///
  /// - Parameter arrival: when the answer came, by our clock.
  mutating func observe(_ date: Date, at arrival: Date) {
    let measured = date.timeIntervalSince(arrival)
    // A date has whole seconds and was written before it travelled: below two there is nothing to
    // tell apart.
    offset = abs(measured) < 2 ? 0 : min(max(measured, -Self.bound), Self.bound)
  }

  /// What it shows when ours shows `now`.
  func time(at now: Date) -> Date { now.addingTimeInterval(offset) }
}
