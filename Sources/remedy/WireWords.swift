// The broker speaks to programs: of parameters, and of calls. To a person at the command it is options
// and commands that are named, as far as the command knows them.

internal import BrokerInterface
internal import JSON
internal import JSONRPC
internal import RemedyClient

extension Failure {
  /// The same, with the option's name in the place of the parameter's.
  func asTyped(verb: String) -> Failure {
    guard case .call(.refused(var error)) = self, let (parameter, why) = error.refusedParameter
    else { return self }
    error.message = RPCError.option(parameter) + ": " + why
    error.data["hint"] = .string("remedy help \(verb)")
    return .call(.refused(error))
  }
}

extension RPCError {
  /// What is wrong with an answer, below the field that it names.
  ///
  /// - Parameter label: of a field, by its name.
  func answerWords(label: (String) -> String?) -> String {
    guard let (parameter, why) = refusedParameter, parameter.hasPrefix("fields.") else {
      return message
    }
    let name = String(parameter.dropFirst("fields.".count))
    return (label(name) ?? name) + ": " + why
  }

  /// The same for a call whose own time has passed: how long it was, and what goes on from there.
  ///
  /// - Parameters:
  ///   - command: the verb and the profile.
  ///   - seconds: what it was given.
  func timedOut(_ command: String, after seconds: Double) -> RPCError {
    guard reason == .timeout else { return self }
    let longer = Int(min(3600, max(600, seconds * 2)))
    let call = "remedy \(command) --timeout \(longer)"
    // A person's prompt outlives the call that asked for it.
    let isOpen = data["waiting_for"]?.string == "person"
    let rest = message.split(separator: ",").dropFirst().joined(separator: ",")
    var error = self
    error.message =
      "the \(JSONNumber(seconds).text) s of --timeout have passed"
      + (isOpen ? "; the sign-in is still open" : rest.isEmpty ? "" : "," + rest)
    error.data["hint"] = .string(isOpen ? call + " goes on with it" : call)
    return error
  }

  /// The parameter that the broker did not take, and why not.
  fileprivate var refusedParameter: (name: String, why: String)? {
    guard let name = data["parameter"]?.string else { return nil }
    let lead = "parameter \(name): "
    guard message.hasPrefix(lead) else { return nil }
    return (name, String(message.dropFirst(lead.count)))
  }

  fileprivate static func option(_ parameter: String) -> String {
    switch parameter {
    case "profile": "the profile"
    case "scopes": "--scope"
    default: "--" + parameter.split(separator: "_").joined(separator: "-")
    }
  }
}
