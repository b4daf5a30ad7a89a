// The options that every verb takes. They may stand before the verb as well as after it.

internal import ArgumentParser
internal import BrokerInterface
internal import RemedyClient

/// `--socket` and `--json`.
struct GlobalOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The broker's socket.",
      discussion: "Else REMEDY_SOCKET, else the user service's socket if there is one, else "
        + SocketPath.system + ".", valueName: "path"))
  var socket: String?

  @Flag(help: "Print JSON, one line; errors too, on standard error.")
  var json = false

  /// Connects to the broker that is meant.
  func client() throws(Failure) -> Client {
    do {
      return try Client(path: SocketPath.choose(option: socket))
    } catch {
      throw .call(.connection(error))
    }
  }

  /// One call, without prompts.
  func call<M: Method>(_ method: M.Type, _ params: M.Params) throws(Failure) -> M.Result {
    let client = try client()
    do {
      return try client.call(method, params)
    } catch {
      throw .call(error)
    }
  }

  /// The arguments with the global options that stand before the verb moved behind it, where the
  /// parser looks for them.
  static func behindVerb(_ arguments: [String]) -> [String] {
    var globals: [String] = []
    var rest = arguments[...]
    while let first = rest.first {
      if first == "--json" || first.hasPrefix("--socket=") {
        globals.append(first)
        rest = rest.dropFirst()
      } else if first == "--socket", rest.count > 1 {
        globals += rest.prefix(2)
        rest = rest.dropFirst(2)
      } else {
        break
      }
    }
    guard let verb = rest.first, !verb.hasPrefix("-") else { return rest + globals }
    return [verb] + globals + rest.dropFirst()
  }
}
