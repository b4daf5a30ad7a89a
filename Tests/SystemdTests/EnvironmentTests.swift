// What reads the environment of the process: the notifier against a real datagram socket, and
// descriptors passed by socket activation. Each test runs in a process of its own, so that no other
// test's thread reads an environment while it changes.

import Glibc
import Testing

@testable import Systemd

/// A manager's end of `NOTIFY_SOCKET`.
private final class NotifySocket {
  let path: String
  private let folder: String
  private let descriptor: Int32

  init() throws {
    var template = Array("/tmp/remedy-notify-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    path = "\(folder)/notify"
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0)
  }

  deinit {
    close(descriptor)
    unlink(path)
    rmdir(folder)
  }

  /// The next datagram; it is there already when the sender has returned.
  func received() -> String? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
    return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}

/// Sees to it that descriptor 3 is something, and stays it: ours, or what this process was started
/// with. A file that another thread has open there for a moment (the runtime reads some) is neither.
private func occupyDescriptor3() {
  while fcntl(0, F_DUPFD, 3) != 3 {
    var status = stat()
    let kind = fstat(3, &status) == 0 ? status.st_mode & S_IFMT : S_IFREG
    if kind != S_IFREG, kind != S_IFDIR { return }
    sched_yield()
  }
}

@Suite("Environment")
struct EnvironmentTests {
  @Test("ready, status, reloading, stopping and failed reach the manager's socket")
  func notifications() async {
    await #expect(processExitsWith: .success) {
      let manager = try NotifySocket()
      setenv("NOTIFY_SOCKET", manager.path, 1)
      let notifier = Notifier()

      #expect(notifier.ready(status: "3 sessions") == .sent)
      #expect(manager.received() == "READY=1\nSTATUS=3 sessions")
      #expect(notifier.status("4 sessions") == .sent)
      #expect(manager.received() == "STATUS=4 sessions")
      #expect(notifier.stopping(status: "stopping") == .sent)
      #expect(manager.received() == "STOPPING=1\nSTATUS=stopping")
      #expect(notifier.failed(errno: EACCES, status: "no key") == .sent)
      #expect(manager.received() == "ERRNO=13\nSTATUS=no key")

      let before = Notifier.monotonicMicroseconds()
      #expect(notifier.reloading(status: "reloading") == .sent)
      let after = Notifier.monotonicMicroseconds()
      let lines = try #require(manager.received()).split(separator: "\n")
      #expect(lines.count == 3)
      #expect(lines[0] == "RELOADING=1")
      #expect(lines[1].hasPrefix("MONOTONIC_USEC="))
      let time = try #require(UInt64(lines[1].dropFirst("MONOTONIC_USEC=".count)))
      #expect((before...after).contains(time))
      #expect(manager.received() == nil)
    }
  }

  @Test("a status cannot smuggle in a field of its own")
  func oneLine() async {
    await #expect(processExitsWith: .success) {
      let manager = try NotifySocket()
      setenv("NOTIFY_SOCKET", manager.path, 1)
      #expect(Notifier().status("a\nMAINPID=1\r\0b") == .sent)
      #expect(manager.received() == "STATUS=a MAINPID=1  b")
    }
  }

  @Test("without a manager nothing is sent, and with a dead one it is said")
  func nobody() async {
    await #expect(processExitsWith: .success) {
      unsetenv("NOTIFY_SOCKET")
      #expect(Notifier().ready(status: "") == .nobodyListens)
      setenv("NOTIFY_SOCKET", "/tmp/remedy-no-such-socket", 1)
      #expect(Notifier().ready(status: "") == .failed(errno: ENOENT))
    }
  }

  @Test("passed descriptors come with their names, once")
  func listenDescriptors() async {
    await #expect(processExitsWith: .success) {
      // The first passed descriptor is always 3.
      occupyDescriptor3()
      setenv("LISTEN_PID", String(getpid()), 1)
      setenv("LISTEN_FDS", "1", 1)
      setenv("LISTEN_FDNAMES", "remedyd.socket", 1)
      let passed = try ListenDescriptors.named()
      #expect(passed.map(\.descriptor) == [3])
      #expect(passed.map(\.name) == ["remedyd.socket"])
      #expect(fcntl(3, F_GETFD) & FD_CLOEXEC != 0)
      #expect(getenv("LISTEN_FDS") == nil)
      let again = try ListenDescriptors.named()
      #expect(again.isEmpty)
    }
  }

  @Test("descriptors for another process are not ours, and nonsense is an error")
  func foreignDescriptors() async {
    await #expect(processExitsWith: .success) {
      setenv("LISTEN_PID", "1", 1)
      setenv("LISTEN_FDS", "1", 1)
      let passed = try ListenDescriptors.named()
      #expect(passed.isEmpty)
      setenv("LISTEN_PID", String(getpid()), 1)
      setenv("LISTEN_FDS", "many", 1)
      #expect(throws: ListenDescriptors.Failure(errno: EINVAL)) { try ListenDescriptors.named() }
    }
  }

  @Test("the folder of credentials is the environment's, or none")
  func credentialsDirectory() async {
    await #expect(processExitsWith: .success) {
      unsetenv("CREDENTIALS_DIRECTORY")
      #expect(Credentials.directory == nil)
      setenv("CREDENTIALS_DIRECTORY", "/run/credentials/remedyd.service", 1)
      #expect(Credentials.directory == "/run/credentials/remedyd.service")
    }
  }

  @Test("log entries go to the journal only where standard error is the journal's own stream")
  func logOutput() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    var status = stat()
    try #require(fstat(ends[1], &status) == 0)
    let own = "\(status.st_dev):\(status.st_ino)"
    #expect(LogOutput.chosen(journalStream: own, descriptor: ends[1]) == .journal)
    #expect(LogOutput.chosen(journalStream: own + "0", descriptor: ends[1]) == .standardError)
    #expect(LogOutput.chosen(journalStream: "", descriptor: ends[1]) == .standardError)
    #expect(LogOutput.chosen(journalStream: own, descriptor: -1) == .standardError)
  }
}
