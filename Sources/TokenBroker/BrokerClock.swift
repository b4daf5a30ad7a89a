// Time, handed in: the event loop's in the service, a hand-turned one in tests.

public import FoundationEssentials

/// Two clocks and an alarm.
public protocol BrokerClock: Sendable {
  /// The wall clock, for what is stored or shown.
  func now() -> Date
  /// A clock that never steps back and runs through suspend, for what is waited for.
  func uptime() -> Duration
  /// Calls `action` once after a time, on any thread, unless the alarm is cancelled before.
  func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> Alarm
}

/// Something that will happen unless it is cancelled.
public struct Alarm: Sendable {
  /// Takes it back; nothing happens where it has rung.
  public let cancel: @Sendable () -> Void

  /// Made of its parts.
  public init(cancel: @escaping @Sendable () -> Void) {
    self.cancel = cancel
  }
}
