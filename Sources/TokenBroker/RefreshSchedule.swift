// When tokens are fetched anew, and how long nobody asks after a failure: dates and pauses, no clock.
//
// 1. A token is fetched anew when `refresh_ahead` of its lifetime is left, spread by up to a tenth of
//    that share, so that sessions which began together do not come back together.
// 2. However small the share, a token that somebody subscribes to is replaced in time: a minute before
//    it ends, or a tenth of its lifetime where that is less.
// 3. Failures in a row double the pause from 1 s to 5 min, spread by a quarter. What the issuer asks
//    for (Retry-After, X-Rate-Limit-Reset) counts where it is longer, up to 15 min.

internal import FoundationEssentials

/// When to refresh.
enum RefreshSchedule {
  /// When a token that was just received is due.
  ///
  /// - Parameters:
  ///   - lifetime: in seconds, from `now` on.
  ///   - ahead: the share of it that is left then.
  ///   - chance: from 0 up to 1.
  static func due(lifetime: Double, ahead: Double, chance: Double, now: Date) -> Date {
    let notice = min(60, lifetime / 10) * 1.2
    let left = max(lifetime * ahead * (1 + 0.1 * chance), notice)
    return now.addingTimeInterval(max(lifetime - left, 0))
  }

  /// How long nobody asks after so many failures in a row.
  ///
  /// - Parameters:
  ///   - retryAfter: what the issuer asks for, in seconds.
  ///   - chance: from 0 up to 1.
  static func pause(failures: Int, retryAfter: Int?, chance: Double) -> Duration {
    let own = min(Double(1 << min(max(failures - 1, 0), 9)) * (1 + 0.25 * chance), 300)
    return .seconds(max(own, Double(min(max(retryAfter ?? 0, 0), 900))))
  }
}

/// The pause after refreshes that failed.
struct BackOff {
  /// In a row.
  var failures: Int
  /// On the uptime clock.
  var notBefore: Duration
  /// What the last one ended with.
  var error: BrokerError

  /// Whether the issuer itself asked for the pause, which nobody overrides.
  var isOrdered: Bool { if case .rateLimited = error { true } else { false } }

  /// What a caller is told who comes too early.
  ///
  /// - Parameter now: on the uptime clock.
  func refusal(now: Duration) -> BrokerError {
    guard case .rateLimited = error else { return error }
    return .rateLimited(retryAfter: Int((notBefore - now).components.seconds) + 1)
  }
}
