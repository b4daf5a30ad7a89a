// Until when something may take, on a clock that nobody sets.

internal import Glibc

/// A moment on `CLOCK_MONOTONIC`.
public struct Deadline: Sendable, Comparable {
  /// Nanoseconds on the clock.
  private let moment: Int64

  /// Wait for ever.
  public static let never = Deadline(moment: .max)

  /// Do not wait.
  public static let now = Deadline(moment: .min)

  /// So many seconds from now; what lies beyond the clock is `never`.
  public static func after(seconds: Double) -> Deadline {
    guard seconds < 1e9 else { return .never }
    let (sum, overflows) = clock().addingReportingOverflow(Int64(max(0, seconds) * 1e9))
    return overflows ? .never : Deadline(moment: sum)
  }

  /// Whether the moment is there or gone.
  public var hasPassed: Bool {
    self == .now || (self != .never && Self.clock() >= moment)
  }

  public static func < (left: Deadline, right: Deadline) -> Bool {
    left.moment < right.moment
  }

  /// What is left, as `poll(2)` takes it: rounded up, so that it never wakes before the deadline;
  /// -1 for ever.
  var pollMilliseconds: CInt {
    if self == .never { return -1 }
    if self == .now { return 0 }
    let left = moment - Self.clock()
    guard left > 0 else { return 0 }
    return CInt(clamping: (left + 999_999) / 1_000_000)
  }

  private static func clock() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
