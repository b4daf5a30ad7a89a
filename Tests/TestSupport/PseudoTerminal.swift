// A process at a terminal of its own: what a person would see of it, and the keys to press.

import Glibc

/// A child process whose controlling terminal, if it has one, is ours to read and write.
public final class PseudoTerminal {
  /// What the process writes comes out here; what is typed goes in.
  public let master: CInt
  /// Readable, at its end, when the process and all its children are gone.
  public let ending: CInt
  private let slave: CInt
  /// The process; 0 when its end was asked for.
  public private(set) var pid: pid_t = 0
  private let modesBefore: termios

  /// TIOCSPTLCK and TIOCGPTN of asm-generic/ioctls.h.
  private static let setLock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430

  /// Starts the program.
  ///
  /// - Parameter hasTerminal: without it the process has no controlling terminal, and its output
  ///   goes to the same place by another way.
  public init(_ arguments: [String], environment: [String], hasTerminal: Bool) throws {
    // What posix_openpt, unlockpt and ptsname do; the module shows none of the three.
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var locked: CInt = 0
    var number: CInt = -1
    guard master >= 0, ioctl(master, Self.setLock, &locked) == 0,
      ioctl(master, Self.getNumber, &number) == 0
    else { throw Trouble("no pseudo-terminal: errno \(errno)") }
    let path = "/dev/pts/\(number)"
    slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
    var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    _ = fcntl(master, F_SETFL, O_NONBLOCK)
    var modes = termios()
    tcgetattr(slave, &modes)
    modesBefore = modes

    var ends: [CInt] = [-1, -1]
    pipe(&ends)
    ending = ends[0]
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[1]) }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if hasTerminal {
      posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
      posix_spawn_file_actions_adddup2(&actions, 0, 1)
      posix_spawn_file_actions_adddup2(&actions, 0, 2)
    } else {
      // The slave side, inherited rather than opened: no controlling terminal comes with it.
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_adddup2(&actions, slave, 1)
      posix_spawn_file_actions_adddup2(&actions, slave, 2)
    }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 9)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // POSIX_SPAWN_SETSID (0x80, which the module does not show) and default signals.
    posix_spawnattr_setflags(
      &attributes, Int16(0x80 | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    let argv = arguments.map { strdup($0) } + [nil]
    let envp = environment.map { strdup($0) } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    let fault = posix_spawn(&pid, arguments[0], &actions, &attributes, argv, envp)
    guard fault == 0 else { throw Trouble("cannot start \(arguments[0]): errno \(fault)") }
  }

  deinit {
    if pid > 0 {
      kill(-pid, SIGKILL)
      _ = try? exitStatus()
    }
    close(slave)
    close(master)
    close(ending)
  }

  /// Sends it to the process itself.
  public func send(signal: CInt) {
    kill(pid, signal)
  }

  /// Presses these keys.
  public func type(_ text: String) { type(Array(text.utf8)) }

  /// Sends these bytes, as a keyboard would.
  public func type(_ bytes: [UInt8]) {
    _ = write(master, bytes, bytes.count)
  }

  /// What the process has written and nobody has read yet.
  public func read() -> [UInt8] {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = Glibc.read(master, &buffer, buffer.count)
      guard count > 0 else { return all }
      all += buffer[..<count]
    }
  }

  /// Whether the terminal is as it was before the process started.
  public var isRestored: Bool {
    var modes = termios()
    tcgetattr(slave, &modes)
    return modes.c_lflag == modesBefore.c_lflag && modes.c_iflag == modesBefore.c_iflag
      && modes.c_oflag == modesBefore.c_oflag
  }

  /// The exit status, or 1000 and the number of the signal that killed the process. To be asked
  /// when `ending` says that it is gone.
  public func exitStatus() throws -> Int32 {
    var status: Int32 = 0
    guard pid > 0, waitpid(pid, &status, 0) == pid else { throw Trouble("no such process") }
    pid = 0
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : 1000 + status & 0x7F
  }
}
