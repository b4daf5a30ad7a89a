// Time that only passes when a walk lets it, so that an hour of waiting costs nothing and a walk that
// waits for what never comes is found out at once.

import Foundation
import Synchronization
import TokenBroker

/// A clock that the walk turns; the issuer's is the same.
final class TurnedClock: BrokerClock {
  private struct Ring {
    var number: Int
    var due: Duration
    var action: @Sendable () -> Void
  }

  private struct State {
    var passed = Duration.zero
    var rings: [Ring] = []
    var last = 0
  }

  private static let start = Date(timeIntervalSince1970: 1_795_514_400)
  private let state = Mutex(State())

  func now() -> Date {
    state.withLock { Self.start.addingTimeInterval($0.passed / .seconds(1)) }
  }

  func uptime() -> Duration { state.withLock { $0.passed + .seconds(5000) } }

  func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> Alarm {
    let number = state.withLock { state in
      state.last += 1
      state.rings.append(Ring(number: state.last, due: state.passed + delay, action: action))
      return state.last
    }
    return Alarm { [weak self] in
      self?.state.withLock { $0.rings.removeAll { $0.number == number } }
    }
  }

  /// How long it is until the next alarm; `nil` where none is set.
  var untilNextAlarm: Duration? {
    state.withLock { state in state.rings.map { max($0.due - state.passed, .zero) }.min() }
  }

  /// Lets time pass, and rings what is due by then.
  func pass(_ time: Duration) {
    let due = state.withLock { state in
      state.passed += time
      let due = state.rings.filter { $0.due <= state.passed }.sorted {
        ($0.due, $0.number) < ($1.due, $1.number)
      }
      state.rings.removeAll { $0.due <= state.passed }
      return due
    }
    for ring in due { ring.action() }
  }
}
