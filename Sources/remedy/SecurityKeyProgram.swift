// The helper for security keys, which is a program of its own: this executable is static, and the
// library for keys cannot be.
//
// 1. It is looked for in one place, `../libexec/remedy/remedy-fido2` from where this executable lies,
//    never by a search path, and taken only where nobody but root and this user could have put it there.
// 2. It gets no argument and no environment; request and PIN go through its standard input.
// 3. It is in a process group of its own, so that Control-C here is ours alone, and ends when its
//    standard input does: with us, however we end.

internal import Glibc
internal import JSON
internal import SecurityKeys

/// The helper, at work.
@safe
final class SecurityKeyProgram {
  /// Longer lines are nothing that it says.
  private static let lineLimit = 256 * 1024

  /// What it says comes out here.
  let descriptor: CInt
  private let input: CInt
  private let pid: pid_t
  private var rest: [UInt8] = []

  /// Whether security keys can be asked here.
  static var isThere: Bool { path != nil }

  private static var path: String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0, count < buffer.count else { return nil }
    let own = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let folder = own.lastIndex(of: "/").map({ own[..<$0] }) else { return nil }
    let path = folder + "/../libexec/remedy/remedy-fido2"
    return isTrusted(String(path)) ? String(path) : nil
  }

  private static func isTrusted(_ path: String) -> Bool {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return false }
    guard unsafe access(path, X_OK) == 0 else { return false }
    return status.st_mode & S_IFMT == S_IFREG && status.st_mode & 0o022 == 0
      && (status.st_uid == 0 || status.st_uid == geteuid())
  }

  /// Starts it with a request; `nil` where that cannot be done.
  ///
  /// - Parameter context: a prompt's `context.webauthn`.
  init?(context: JSONValue) {
    guard let path = Self.path, let input = Self.pipe() else { return nil }
    guard let output = Self.pipe() else {
      close(input.read)
      close(input.write)
      return nil
    }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, input.read, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output.write, 1)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF))
    var handled = sigset_t()
    unsafe sigfillset(&handled)
    unsafe posix_spawnattr_setsigdefault(&attributes, &handled)
    var pid = pid_t()
    let fault = unsafe withCStrings([path]) { argv in
      unsafe withCStrings([]) { environment in
        unsafe posix_spawn(&pid, path, &actions, &attributes, argv, environment)
      }
    }
    close(input.read)
    close(output.write)
    guard fault == 0 else {
      close(input.write)
      close(output.read)
      return nil
    }
    self.pid = pid
    self.input = input.write
    descriptor = output.read
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    tell(.request(context))
  }

  /// Ends it: its standard input is closed, and a second later it is ended by force.
  deinit {
    close(input)
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    var buffer = [UInt8](repeating: 0, count: 4096)
    while unsafe poll(&entry, 1, 1000) > 0 {
      let count = unsafe read(descriptor, &buffer, buffer.count)
      if count <= 0 { break }
    }
    kill(pid, SIGKILL)
    while waitpid(pid, nil, 0) < 0, errno == EINTR {}
    close(descriptor)
  }

  func tell(_ order: KeyOrder) {
    // One that is gone is noticed where its words are read; a pipe takes this much without waiting.
    let before = signal(SIGPIPE, SIG_IGN)
    writeAll(JSONWriter.text(order.json) + "\n", to: input)
    signal(SIGPIPE, before)
  }

  /// What it has said since; a failure at the end where it ended without a word.
  func reports() -> [KeyReport] {
    var reports: [KeyReport] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count < 0 { return reports }
      guard count > 0, rest.count < Self.lineLimit else {
        return reports + [.failure(.helperFailed)]
      }
      rest += buffer.prefix(count)
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        reports.append(KeyReport(line: Array(rest[..<end])) ?? .failure(.helperFailed))
        rest.removeSubrange(...end)
      }
    }
  }

  private static func pipe() -> (read: CInt, write: CInt)? {
    var ends: (CInt, CInt) = (-1, -1)
    let made = unsafe withUnsafeMutableBytes(of: &ends) { bytes in
      unsafe Glibc.pipe(bytes.assumingMemoryBound(to: CInt.self).baseAddress)
    }
    guard made == 0 else { return nil }
    // Not among the three that the helper's own are made of, should one of ours be closed.
    let moved = [ends.0, ends.1].map { end in
      defer { close(end) }
      return fcntl(end, F_DUPFD_CLOEXEC, 3)
    }
    return (read: moved[0], write: moved[1])
  }
}
