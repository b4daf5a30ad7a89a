// Time that only passes when a test lets it: a wall clock that can be set, a boot clock that runs
// through suspend, and alarms that ring by a third that does not, as those of an event loop.

import Foundation
import Synchronization
import TokenBroker

/// A clock that the test turns.
public final class TurnedClock: BrokerClock {
  private struct Ring {
    var number: Int
    var due: Duration
    var action: @Sendable () -> Void
  }

  private struct State {
    /// What the event loop counts.
    var running = Duration.seconds(5000)
    var suspended = Duration.zero
    var sinceTheStart = Duration.zero
    var asleep = Duration.zero
    /// How wrong the wall clock is set.
    var wrong = 0.0
    var rings: [Ring] = []
    var last = 0
  }

  private static let start = Date(timeIntervalSince1970: 1_795_514_400)
  private let state = Mutex(State())

  public init() {}

  /// What everybody else's clock shows, the issuer's above all.
  public var trueTime: Date {
    state.withLock { Self.start.addingTimeInterval($0.sinceTheStart / .seconds(1)) }
  }
  public func now() -> Date {
    state.withLock { Self.start.addingTimeInterval($0.sinceTheStart / .seconds(1) + $0.wrong) }
  }
  public func uptime() -> Duration { state.withLock { $0.running + $0.suspended } }

  /// How long the machine was awake.
  public var awake: Duration { state.withLock { $0.sinceTheStart - $0.asleep } }

  public func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> Alarm {
    let number = state.withLock { state in
      state.last += 1
      state.rings.append(Ring(number: state.last, due: state.running + delay, action: action))
      return state.last
    }
    return Alarm { [weak self] in
      self?.state.withLock { $0.rings.removeAll { $0.number == number } }
    }
  }

  /// How many alarms are set.
  public var alarms: Int { state.withLock { $0.rings.count } }

  /// How long it is until the next alarm; `nil` where none is set.
  public var untilNextAlarm: Duration? {
    state.withLock { state in state.rings.map { max($0.due - state.running, .zero) }.min() }
  }

  /// Lets time pass, and rings what is due by then.
  public func pass(_ time: Duration) {
    let due = state.withLock { state in
      state.running += time
      state.sinceTheStart += time
      let due = state.rings.filter { $0.due <= state.running }.sorted {
        ($0.due, $0.number) < ($1.due, $1.number)
      }
      state.rings.removeAll { $0.due <= state.running }
      return due
    }
    for ring in due { ring.action() }
  }

  /// The lid is closed: both clocks that count go on, no alarm does.
  public func suspend(_ time: Duration) {
    state.withLock { state in
      state.suspended += time
      state.asleep += time
      state.sinceTheStart += time
    }
  }

  /// Somebody sets the wall clock by so many seconds.
  public func set(by seconds: Double) { state.withLock { $0.wrong += seconds } }

  /// Somebody sets the wall clock right.
  public func setRight() { state.withLock { $0.wrong = 0 } }

  /// The machine starts anew: so long was it off.
  public func reboot(off: Duration) {
    state.withLock { state in
      state.running = .seconds(3)
      state.suspended = .zero
      state.sinceTheStart += off
      state.rings = []
    }
  }

  /// The process is gone, with all its alarms.
  public func forgetAlarms() { state.withLock { $0.rings = [] } }
}
