// When tokens are fetched anew, and how long nobody asks after a failure: dates and pauses, no clock.
//
// 1. A token is fetched anew when `refresh_ahead` of its lifetime is left, spread by up to a tenth of
//    that share, so that sessions which began together do not come back together.
// 2. However small the share, a token that somebody subscribes to is replaced in time: a minute before
//    it ends, or a tenth of its lifetime where that is less, and a fifth of that earlier.
// 3. Failures in a row double the pause from 1 s to 5 min, spread by a quarter. What the issuer asks
//    for (Retry-After, X-Rate-Limit-Reset) counts where it is longer, up to 15 min.
// 4. Tokens, a client or a set of scopes that are refused pause for 5 min: only a person, or a clock
//    that is set, can mend that.

internal import FoundationEssentials

/// When to refresh.
enum RefreshSchedule {
  /// How much of a token's life is left when the next one is fetched, in seconds.
  ///
  /// - Parameters:
  ///   - lifetime: in seconds.
  ///   - ahead: the share of it that is left then.
  ///   - chance: from 0 up to 1.
  static func notice(lifetime: Double, ahead: Double, chance: Double) -> Double {
    min(max(lifetime * ahead * (1 + 0.1 * chance), min(60, lifetime / 10) * 1.2), lifetime)
  }

  /// How long nobody asks after tokens or the client were refused.
  static let rejection: Duration = .seconds(300)

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

/// The pause after a failure.
struct BackOff {
  /// In a row.
  var failures: Int
  /// On the uptime clock.
  var notBefore: Duration
  /// What the last one ended with.
  var error: BrokerError
  /// When that was.
  private var since: Moment

  init(failures: Int, after pause: Duration, _ error: BrokerError, now: Moment) {
    self.failures = failures
    self.error = error
    notBefore = now.uptime + pause
    since = now
  }

  /// Whether the issuer itself asked for the pause, which nobody overrides.
  var isOrdered: Bool { if case .rateLimited = error { true } else { false } }

  /// Whether it is over. A wrong clock is a common reason why tokens and clients are refused: when
  /// somebody sets it, it is worth another try.
  func isOver(at now: Moment) -> Bool {
    now.uptime >= notBefore || (error.isRejection && since.isApart(from: now))
  }

  /// What a caller is told who comes too early.
  ///
  /// - Parameter now: on the uptime clock.
  func refusal(now: Duration) -> BrokerError {
    guard case .rateLimited = error else { return error }
    return .rateLimited(retryAfter: Int((notBefore - now).components.seconds) + 1)
  }
}
