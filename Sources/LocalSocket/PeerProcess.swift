// What runs at the other end: executable and unit, for people to read and for rules that name
// them. Both are read through a pid, and pids are used again; so a descriptor for the process is
// taken first, and asked last whether the process is still the one it was.

internal import CLinux
internal import Glibc

/// What was read of a process that was alive all the while.
public struct ProcessFacts: Sendable, Equatable {
  /// The path of the executable; `nil` where the kernel does not show it, as for another user's
  /// process without CAP_SYS_PTRACE.
  public var exe: String?
  /// The unit of the system's service manager.
  public var unit: String?
  /// The unit of the user's service manager, where the process runs under one.
  public var userUnit: String?

  /// Made of its parts; what is left out has the value that stands here.
  public init(exe: String? = nil, unit: String? = nil, userUnit: String? = nil) {
    self.exe = exe
    self.unit = unit
    self.userUnit = userUnit
  }
}

/// A hold on the process that made a connection. Reading through it touches the file system: not
/// for the event loop.
public final class PeerProcess: Sendable {
  private let pid: Int32
  private let pidfd: CInt

  /// - Parameters:
  ///   - socket: the accepted connection.
  ///   - acceptedAt: nanoseconds since boot at which it was accepted.
  ///   - asksSocket: `false` as on a kernel before 6.5, which hands out no descriptor for the peer.
  init?(
    socket: CInt, peer: PeerCredentials, acceptedAt: Int64, asksSocket: Bool = true
  ) {
    pid = peer.pid
    let fromSocket = asksSocket ? remedy_peer_pidfd(socket) : -1
    if fromSocket >= 0 {
      pidfd = fromSocket
      return
    }
    if asksSocket, errno != ENOPROTOOPT { return nil }
    // By number: whoever has it now must have had it when the connection was accepted.
    pidfd = remedy_pidfd_open(peer.pid)
    guard pidfd >= 0 else { return nil }
    guard let start = Self.startTime(of: peer.pid), start <= acceptedAt else { return nil }
  }

  deinit {
    if pidfd >= 0 { close(pidfd) }
  }

  /// Reads executable and unit; `nil` when the process has ended, so that what was read may be
  /// another's.
  public func facts() -> ProcessFacts? {
    let exe = Self.link("/proc/\(pid)/exe")
    let group = ControlGroup(procText: Self.text("/proc/\(pid)/cgroup") ?? "")
    guard remedy_pidfd_has_exited(pidfd) == 0 else { return nil }
    return ProcessFacts(exe: exe, unit: group.unit, userUnit: group.userUnit)
  }

  /// Nanoseconds since boot, rounded down to a clock tick (proc_pid_stat(5), field 22).
  private static func startTime(of pid: Int32) -> Int64? {
    // The second field is the program's name, with any characters between its parentheses.
    guard let text = text("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else {
      return nil
    }
    let fields = text[text.index(after: end)...].split(separator: " ")
    let ticksPerSecond = Int64(sysconf(CInt(_SC_CLK_TCK)))
    guard fields.count > 19, let ticks = Int64(fields[19]), ticksPerSecond > 0 else { return nil }
    let (nanoseconds, overflows) = ticks.multipliedReportingOverflow(
      by: 1_000_000_000 / ticksPerSecond)
    return overflows ? nil : nanoseconds
  }

  private static func link(_ path: String) -> String? {
    var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe bytes.withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return -1 }
      return unsafe readlink(path, start.assumingMemoryBound(to: CChar.self), buffer.count)
    }
    return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
  }

  private static func text(_ path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 8192)
    let count = unsafe read(descriptor, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
  }
}
