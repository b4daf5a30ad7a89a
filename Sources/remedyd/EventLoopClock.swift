// The broker's clock in the service: alarms of the event loop, and the kernel's two clocks.

internal import FoundationEssentials
internal import Glibc
internal import NIOCore
internal import TokenBroker

/// Time by the event loop that runs the broker.
struct EventLoopClock: BrokerClock {
  let eventLoop: any EventLoop

  func now() -> Date { Date() }

  /// Since boot, through suspend: what a caller waits for passes while the lid is closed.
  func uptime() -> Duration {
    var time = timespec()
    unsafe clock_gettime(CLOCK_BOOTTIME, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> Alarm {
    let components = delay.components
    let nanoseconds =
      components.seconds < 1_000_000_000
      ? components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
      : Int64.max / 4
    let scheduled = eventLoop.scheduleTask(in: .nanoseconds(nanoseconds), action)
    return Alarm { scheduled.cancel() }
  }
}
