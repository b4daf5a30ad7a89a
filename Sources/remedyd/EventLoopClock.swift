// The broker's clock in the service: alarms of the event loop, and the kernel's two clocks.
//
// The loop's own timers stand still while the machine sleeps. What a caller waits for does not: so
// while any alarm is set, somebody looks every few seconds whether the machine has slept, and sets
// all of them by the clock that runs on.

internal import FoundationEssentials
internal import Glibc
internal import NIOCore
internal import TokenBroker

/// Time by the event loop that runs the broker.
///
/// `@unchecked Sendable`: alarms are set, cancelled and rung on the event loop only, which is the
/// broker's executor; that is checked.
final class EventLoopClock: BrokerClock, @unchecked Sendable {
  private struct Pending {
    /// By the clock that runs through suspend.
    var due: Duration
    var action: @Sendable () -> Void
    var timer: Scheduled<Void>
  }

  private static let watchEvery: Duration = .seconds(5)
  /// How much longer than the timer it may have been before that counts as sleep.
  private static let slack: Duration = .seconds(1)

  private let eventLoop: any EventLoop
  private var pending: [Int: Pending] = [:]
  private var last = 0
  private var isWatching = false

  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  func now() -> Date { Date() }

  /// Since boot, through suspend: what a caller waits for passes while the lid is closed.
  func uptime() -> Duration { Self.read(CLOCK_BOOTTIME) }

  func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> Alarm {
    eventLoop.preconditionInEventLoop()
    last += 1
    let number = last
    pending[number] = Pending(
      due: uptime() + delay, action: action, timer: timer(number, after: delay))
    watch()
    return Alarm { [weak self] in self?.cancel(number) }
  }

  private func cancel(_ number: Int) {
    eventLoop.preconditionInEventLoop()
    pending.removeValue(forKey: number)?.timer.cancel()
  }

  private func timer(_ number: Int, after delay: Duration) -> Scheduled<Void> {
    eventLoop.scheduleTask(in: Self.amount(delay)) { self.ring(number) }
  }

  private func ring(_ number: Int) {
    pending.removeValue(forKey: number)?.action()
  }

  // MARK: Sleep

  private func watch() {
    guard !isWatching, !pending.isEmpty else { return }
    isWatching = true
    let slept = Self.slept
    eventLoop.scheduleTask(in: Self.amount(Self.watchEvery)) {
      self.isWatching = false
      if Self.slept - slept > Self.slack { self.setAnew() }
      self.watch()
    }
  }

  /// Rings what was due meanwhile, in its order, and sets the rest by what is left of it.
  private func setAnew() {
    let now = uptime()
    for (number, one) in pending.sorted(by: { $0.value.due < $1.value.due }) {
      // An alarm that rang just now may have cancelled this one.
      guard pending[number] != nil else { continue }
      one.timer.cancel()
      if one.due <= now {
        ring(number)
      } else {
        pending[number]?.timer = timer(number, after: one.due - now)
      }
    }
  }

  /// How long the machine has slept since it was started.
  private static var slept: Duration { read(CLOCK_BOOTTIME) - read(CLOCK_MONOTONIC) }

  private static func read(_ clock: clockid_t) -> Duration {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  private static func amount(_ delay: Duration) -> TimeAmount {
    let components = delay.components
    return .nanoseconds(
      components.seconds < 1_000_000_000
        ? components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
        : Int64.max / 4)
  }
}
