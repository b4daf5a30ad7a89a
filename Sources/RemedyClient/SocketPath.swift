// Which broker is meant, where nobody says.

internal import Glibc

/// The socket's path.
public enum SocketPath {
  /// Where the system service listens.
  public static let system = "/run/remedy/broker.sock"

  /// The option's value, else `REMEDY_SOCKET`, else the user service's socket if there is one, else
  /// the system service's.
  ///
  /// - Parameter option: the value of `--socket`.
  public static func choose(option: String? = nil) -> String {
    choose(
      option: option,
      environment: { name in unsafe getenv(name).map { unsafe String(cString: $0) } },
      exists: isSocket)
  }

  /// The rule without the machine.
  static func choose(
    option: String?, environment: (String) -> String?, exists: (String) -> Bool
  ) -> String {
    if let option { return option }
    if let path = environment("REMEDY_SOCKET"), !path.isEmpty { return path }
    // A relative XDG_RUNTIME_DIR is to be ignored (XDG Base Directory Specification).
    if let folder = environment("XDG_RUNTIME_DIR"), folder.hasPrefix("/") {
      let path = folder + "/remedy/broker.sock"
      if exists(path) { return path }
    }
    return system
  }

  private static func isSocket(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
  }
}
