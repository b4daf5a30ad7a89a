// When something was, by two clocks that may both mislead: the wall clock is set by people, and the
// boot clock begins anew with each boot. What must not be believed too long goes by whichever of
// them says that more time has passed.

internal import FoundationEssentials

/// A moment, by the wall clock and by the one that counts from boot through suspend.
struct Moment: Sendable, Equatable {
  var wall: Date
  var uptime: Duration
  /// Whether it comes from a record: it may be of a boot before this one, of which nothing tells but
  /// a boot clock that shows less than it did.
  var isRemembered = false

  /// By how many seconds a wall clock may step back unnoticed.
  private static let slack = 2.0
  private static let longAgo = 1e10

  private func isOfAnotherBoot(than now: Moment) -> Bool {
    isRemembered && now.uptime < uptime
  }

  /// Seconds that have passed since on the boot clock; at least so many, where it has begun anew.
  private func counted(until now: Moment) -> Double {
    (isOfAnotherBoot(than: now) ? now.uptime : now.uptime - uptime) / .seconds(1)
  }

  /// Seconds that have passed since, and rather too many than too few. Centuries, where the boot clock
  /// has begun anew and the wall clock was set back.
  func age(at now: Moment) -> Double {
    let shown = now.wall.timeIntervalSince(wall)
    if isOfAnotherBoot(than: now), shown < -Self.slack { return Self.longAgo }
    return max(shown, counted(until: now))
  }

  /// Whether somebody has set the wall clock in between.
  func isApart(from other: Moment) -> Bool {
    let shown = other.wall.timeIntervalSince(wall)
    return abs(shown - (other.uptime - uptime) / .seconds(1)) > 1
  }

  /// Whether less than so many seconds have passed since, for certain.
  func isWithin(_ seconds: Double, of now: Moment) -> Bool {
    guard isRemembered else { return counted(until: now) < seconds }
    return now.wall.timeIntervalSince(wall) >= -Self.slack && age(at: now) < seconds
  }
}

extension BrokerClock {
  /// This moment, by both clocks.
  var moment: Moment { Moment(wall: now(), uptime: uptime()) }
}
