// Signals while the terminal is ours.
//
// A handler may do next to nothing, and what it reads must not be half written. So what it needs
// lies in one block of plain memory, which is complete before the first handler is set:
//
// 1. SIGTERM, SIGHUP, SIGQUIT: the handler itself puts the terminal back and ends the process with
//    128 + the number, wherever the program was.
// 2. SIGINT, SIGTSTP, SIGCONT: the handler writes the number into a pipe, which the prompt loop polls
//    together with terminal and broker.
// 3. Without a guarded terminal all of them do what they do by default, and SIGINT ends the process.

internal import Glibc

/// The handlers of this process, and what they need.
@safe
enum TerminalSignals {
  @unsafe
  private struct State {
    var descriptor: CInt = -1
    var saved = termios()
    var pipe: (read: CInt, write: CInt) = (-1, -1)
  }

  /// Never freed: a handler may run until the process is gone.
  nonisolated(unsafe) private static let state: UnsafeMutablePointer<State> = {
    let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
    unsafe state.initialize(to: State())
    var ends: (CInt, CInt) = (-1, -1)
    let made = unsafe withUnsafeMutableBytes(of: &ends) { bytes in
      unsafe pipe(bytes.assumingMemoryBound(to: CInt.self).baseAddress)
    }
    if made == 0 {
      for end in [ends.0, ends.1] {
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
      }
      unsafe state.pointee.pipe = (read: ends.0, write: ends.1)
    }
    return unsafe state
  }()

  private static let ending = [SIGTERM, SIGHUP, SIGQUIT]
  private static let reported = [SIGINT, SIGTSTP, SIGCONT]

  /// Readable when a signal came that the prompt loop minds.
  static var descriptor: CInt { unsafe state.pointee.pipe.read }

  /// The signals that came.
  static func received() -> [CInt] {
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe read(descriptor, bytes.baseAddress, bytes.count)
    }
    return buffer.prefix(max(0, count)).map { CInt($0) }
  }

  /// Remembers how the terminal is, sets the handlers and turns echo and lines off.
  ///
  /// - Returns: whether the terminal could be asked at all.
  static func guardTerminal(_ descriptor: CInt) -> Bool {
    var saved = termios()
    guard unsafe tcgetattr(descriptor, &saved) == 0 else { return false }
    unsafe state.pointee.saved = saved
    unsafe state.pointee.descriptor = descriptor
    for signal in ending { set(signal) { TerminalSignals.restoreAndEnd($0) } }
    for signal in reported { set(signal) { TerminalSignals.report($0) } }
    var keys = saved
    keys.c_lflag &= ~tcflag_t(ICANON | ECHO | ECHONL)
    keys.c_lflag |= tcflag_t(ISIG)
    keys.c_iflag |= tcflag_t(ICRNL)
    // VMIN and VTIME: a read gives what there is, and waits for one byte.
    keys.c_cc.6 = 1
    keys.c_cc.5 = 0
    while unsafe tcsetattr(descriptor, TCSAFLUSH, &keys) != 0 {
      guard errno == EINTR else { break }
    }
    return true
  }

  /// Puts the terminal back, then the default handlers.
  static func releaseTerminal() {
    let descriptor = unsafe state.pointee.descriptor
    while unsafe tcsetattr(descriptor, TCSAFLUSH, &state.pointee.saved) != 0 {
      guard errno == EINTR else { break }
    }
    for number in ending + reported { signal(number, SIG_DFL) }
    unsafe state.pointee.descriptor = -1
  }

  private static func set(_ number: CInt, _ handler: @convention(c) @escaping (CInt) -> Void) {
    var action = sigaction()
    unsafe action.__sigaction_handler.sa_handler = handler
    _ = unsafe sigaction(number, &action, nil)
  }

  // Both run inside a signal handler: system calls on plain memory, nothing else.

  private static func restoreAndEnd(_ number: CInt) {
    let descriptor = unsafe state.pointee.descriptor
    if descriptor >= 0 { _ = unsafe tcsetattr(descriptor, TCSANOW, &state.pointee.saved) }
    _exit(128 + number)
  }

  private static func report(_ number: CInt) {
    let before = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = unsafe write(state.pointee.pipe.write, &byte, 1)
    errno = before
  }
}
