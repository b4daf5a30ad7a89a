// What can go wrong between us and the broker, with the words for it.

internal import Glibc
public import JSONRPC

/// Why there is no answer from the broker.
public enum ConnectionFault: Error, Equatable, Sendable {
  /// Nobody listens at the path.
  case notRunning(path: String)
  /// The path cannot be reached: permissions, a file that is no socket, …
  case notReachable(path: String, errno: CInt)
  /// No socket can have this path: it is empty, too long or holds a NUL.
  case unusablePath(String)
  /// Another user serves the socket; `nil` where the kernel does not say who. Nothing was sent.
  case untrustedServer(path: String, uid: UInt32?)
  /// The broker hung up before it answered.
  case closed
  /// Our own deadline passed: the broker says nothing at all.
  case timedOut
  case inputOutput(errno: CInt)
  /// What came is no message of the interface; the text says what is wrong with it.
  case nonsense(String)

  /// What happened, in one line: lower case, no full stop.
  public var message: String {
    switch self {
    case .notRunning(let path): "no broker listens at \(path)"
    case .notReachable(let path, let number): "cannot connect to \(path): \(Self.words(number))"
    case .unusablePath(let path): "no socket can have the path \"\(path)\""
    case .untrustedServer(let path, let uid?):
      "\(path) is served by uid \(uid), who is not to be trusted with it; nothing was sent"
    case .untrustedServer(let path, nil):
      "the system does not say who serves \(path); nothing was sent"
    case .closed: "the broker hung up before it answered"
    case .timedOut: "the broker does not answer"
    case .inputOutput(let number): "the connection to the broker failed: \(Self.words(number))"
    case .nonsense(let what): "the broker sent what cannot be understood: \(what)"
    }
  }

  /// What to do next.
  public var hint: String? {
    switch self {
    case .notRunning(SocketPath.system):
      "systemctl --user start remedyd.socket for your own, "
        + "systemctl start remedyd.socket for the machine's"
    case .notRunning: "systemctl --user start remedyd.socket"
    case .notReachable: "look at the path, or name another one with --socket"
    case .unusablePath: "name the socket with --socket or REMEDY_SOCKET"
    case .untrustedServer(let path, _): "find out who made it: ls -l \(path)"
    case .closed, .timedOut: "the journal of remedyd has the cause"
    case .inputOutput: nil
    case .nonsense: "remedy and remedyd may be of different versions: remedy version"
    }
  }

  private static func words(_ number: CInt) -> String {
    unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
  }
}

/// How a call ends badly.
public enum CallFault: Error, Equatable, Sendable {
  /// The broker says no.
  case refused(RPCError)
  /// There is no answer.
  case connection(ConnectionFault)
}
