// How long a test waits in all, however often it is woken meanwhile.

import Glibc

/// A moment of the monotonic clock.
public struct TimeLimit: Sendable {
  private let end: Int

  /// So many seconds from now.
  public init(seconds: Double) { end = Self.now + Int(seconds * 1000) }

  /// What is left, for `poll`; 0 where nothing is.
  public var milliseconds: CInt { CInt(clamping: max(0, end - Self.now)) }

  private static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
