// Where things are, in the two deployments (contract, table at the top).

internal import Glibc
internal import TokenBroker

/// The paths of this run: an option first, the deployment's place second.
struct Paths {
  var config: String
  var socket: String
  var state: String

  /// Why there is no path: a variable that the user service needs is not set.
  struct Missing: Error, CustomStringConvertible {
    var variable: String
    var option: String
    var description: String {
      "\(variable) is not set, so that the place of the \(option) is not known; give --\(option)"
    }
  }

  init(mode: Mode, config: String?, socket: String?, state: String?) throws(Missing) {
    switch mode {
    case .system:
      self.config = config ?? "/etc/remedy/remedy.toml"
      self.socket = socket ?? "/run/remedy/broker.sock"
      self.state = state ?? "/var/lib/remedy"
    case .user:
      let home = Self.variable("HOME")
      let configHome = Self.variable("XDG_CONFIG_HOME") ?? home.map { $0 + "/.config" }
      let stateHome = Self.variable("XDG_STATE_HOME") ?? home.map { $0 + "/.local/state" }
      let runtime = Self.variable("XDG_RUNTIME_DIR")
      self.config = try Self.path(config, configHome, "/remedy/remedy.toml", "HOME", "config")
      self.socket = try Self.path(
        socket, runtime, "/remedy/broker.sock", "XDG_RUNTIME_DIR", "socket")
      self.state = try Self.path(state, stateHome, "/remedy", "HOME", "state")
    }
  }

  private static func path(
    _ given: String?, _ folder: String?, _ rest: String, _ variable: String, _ option: String
  ) throws(Missing) -> String {
    if let given { return given }
    guard let folder else { throw Missing(variable: variable, option: option) }
    return folder + rest
  }

  /// A variable that is set, is not empty and names an absolute path.
  private static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.hasPrefix("/") ? text : nil
  }
}
