// The socket: connect, send all, wait, receive. Every call that can be interrupted is repeated,
// every wait ends at its deadline, and a broken pipe is an error and not a signal.

internal import Glibc

/// A connection to a broker that is who it must be.
final class Connection {
  let descriptor: CInt
  let buffer = ReceiveBuffer()

  /// Connects, and checks who serves before anything is sent.
  ///
  /// - Throws: `ConnectionFault`; the socket is closed again then.
  init(path: String, deadline: Deadline) throws(ConnectionFault) {
    let descriptor = socket(
      AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw .inputOutput(errno: errno) }
    do {
      try Self.connect(descriptor, path: path, deadline: deadline)
      try Self.checkServer(of: descriptor, path: path)
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }

  // MARK: Connecting

  private static func connect(
    _ descriptor: CInt, path: String, deadline: Deadline
  ) throws(ConnectionFault) {
    var address = try address(of: path)
    // A Unix socket whose backlog is full makes connect(2) wait, for as long as a send may take.
    let milliseconds = deadline.pollMilliseconds
    if milliseconds >= 0 {
      var limit = timeval(
        tv_sec: Int(milliseconds) / 1000, tv_usec: max(1, Int(milliseconds) % 1000 * 1000))
      unsafe setsockopt(
        descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
    while true {
      let status = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
          unsafe Glibc.connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      if status == 0 { return }
      switch errno {
      case EINTR where !deadline.hasPassed: continue
      case EINTR, EAGAIN: throw .timedOut
      case ENOENT, ECONNREFUSED: throw .notRunning(path: path)
      default: throw .notReachable(path: path, errno: errno)
      }
    }
  }

  private static func address(of path: String) throws(ConnectionFault) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let fits = unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
      guard !bytes.isEmpty, bytes.count < place.count, !bytes.contains(0) else { return false }
      unsafe place.copyBytes(from: bytes)
      return true
    }
    guard fits else { throw .unusablePath(path) }
    return address
  }

  private static func checkServer(
    of descriptor: CInt, path: String
  ) throws(ConnectionFault) {
    guard let uid = ServerIdentity.uid(of: descriptor) else {
      throw .untrustedServer(path: path, uid: nil)
    }
    guard
      ServerIdentity.isTrusted(
        uid: uid, path: path, ownUID: geteuid(), serviceUID: ServerIdentity.serviceUID)
    else { throw .untrustedServer(path: path, uid: uid) }
  }

  // MARK: Sending

  /// Sends all the bytes and wipes them: there may be a password in them.
  ///
  /// - Throws: `closed`, `timedOut` or `inputOutput`.
  func send(_ message: consuming [UInt8], until deadline: Deadline) throws(ConnectionFault) {
    var bytes = message
    defer { unsafe explicit_bzero(&bytes, bytes.count) }
    var sent = 0
    while sent < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { bytes in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[sent...])
        return unsafe Glibc.send(
          descriptor, rest.baseAddress, rest.count,
          CInt(MSG_NOSIGNAL | MSG_DONTWAIT))
      }
      if count >= 0 {
        sent += count
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        guard try wait(for: POLLOUT, until: deadline) else { throw .timedOut }
      case EPIPE, ECONNRESET: throw .closed
      default: throw .inputOutput(errno: errno)
      }
    }
  }

  // MARK: Receiving

  /// Waits until a whole line is in the buffer.
  ///
  /// - Returns: whether one is, or the deadline has passed.
  /// - Throws: `closed`, `nonsense` or `inputOutput`.
  func waitForLine(until deadline: Deadline) throws(ConnectionFault) -> Bool {
    while !buffer.hasLine {
      guard !buffer.isOverLong else { throw .nonsense("a message without an end") }
      let count = buffer.receive(from: descriptor)
      if count > 0 { continue }
      guard count < 0 else { throw .closed }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        guard try wait(for: POLLIN, until: deadline) else { return false }
      case ECONNRESET, EPIPE: throw .closed
      default: throw .inputOutput(errno: errno)
      }
    }
    return true
  }

  private func wait(for events: CInt, until deadline: Deadline) throws(ConnectionFault) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    while true {
      let count = unsafe poll(&entry, 1, deadline.pollMilliseconds)
      if count > 0 { return true }
      if count == 0 {
        if deadline.hasPassed { return false }
      } else if errno != EINTR {
        throw .inputOutput(errno: errno)
      }
    }
  }
}
