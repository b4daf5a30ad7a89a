// What the service tells its manager, by `sd_notify(3)`: ready, stopping, and a line of status.
//
// Every local user can read the status (`systemctl status`), so it holds counts and states only:
// no profile, subject or issuer. That is the caller's promise to keep.

internal import CSystemd
internal import Glibc

/// Tells the service manager how the service is doing.
public struct Notifier: Sendable {
  /// What became of a notification.
  public enum Delivery: Sendable, Equatable {
    /// The manager's socket has taken it.
    case sent
    /// No manager asked for notifications.
    case nobodyListens
    /// The manager's socket could not be written to; an `errno`.
    case failed(errno: Int32)
  }

  /// Reads `$NOTIFY_SOCKET` only when something is told; without it nobody listens.
  public init() {}

  /// The service is up: `READY=1`. To be sent only when the socket accepts, the config holds and
  /// the vault is open.
  @discardableResult
  public func ready(status: String) -> Delivery {
    send([("READY", "1"), ("STATUS", status)])
  }

  /// One line that says what the service does.
  @discardableResult
  public func status(_ status: String) -> Delivery {
    send([("STATUS", status)])
  }

  /// A reload begins: `RELOADING=1` with the time of it, which `Type=notify-reload` asks for. Ended
  /// by `ready(status:)`.
  @discardableResult
  public func reloading(status: String) -> Delivery {
    send([
      ("RELOADING", "1"), ("MONOTONIC_USEC", String(Self.monotonicMicroseconds())),
      ("STATUS", status),
    ])
  }

  /// The service is on its way down: `STOPPING=1`.
  @discardableResult
  public func stopping(status: String) -> Delivery {
    send([("STOPPING", "1"), ("STATUS", status)])
  }

  /// The start or the service failed, with an `errno` for the manager and a line for a person.
  @discardableResult
  public func failed(errno code: Int32, status: String) -> Delivery {
    send([("ERRNO", String(code)), ("STATUS", status)])
  }

  /// Now, in microseconds of `CLOCK_MONOTONIC`.
  public static func monotonicMicroseconds() -> UInt64 {
    var now = timespec()
    guard unsafe clock_gettime(CLOCK_MONOTONIC, &now) == 0 else { return 0 }
    return UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1_000
  }

  private func send(_ fields: [(name: String, value: String)]) -> Delivery {
    let result = unsafe sd_notify(0, Self.encode(fields))
    if result > 0 { return .sent }
    return result == 0 ? .nobodyListens : .failed(errno: -result)
  }

  /// One field a line. A control character in a value would start a field of its own, or end the
  /// message, so it becomes a space.
  static func encode(_ fields: [(name: String, value: String)]) -> String {
    fields.map { field in
      let value = field.value.unicodeScalars.map { scalar -> Character in
        scalar.properties.generalCategory == .control ? " " : Character(scalar)
      }
      return "\(field.name)=\(String(value))"
    }.joined(separator: "\n")
  }
}
