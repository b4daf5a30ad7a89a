// How a command ends badly, and how that is said: one line for what happened, the issuer's words
// where it sent some, then what to do next.

internal import BrokerInterface
internal import JSON
internal import JSONRPC
internal import Prompts
internal import RemedyClient

/// Why a command did not do what it was asked to.
enum Failure: Error, Equatable {
  case call(CallFault)
  /// A person is needed and there is no terminal to ask one at.
  case noTerminal(profile: String)
  /// To answer prompts takes a terminal.
  case nowhereToAsk
  /// The person wanted out.
  case cancelled
  /// The terminal is gone while a prompt was open.
  case terminalGone
  /// Nobody is signed in to that profile.
  case signedOut(profile: String)
  case unknownProfile(String)
  /// The session was active, so that what was asked for beside signing in was not done.
  case alreadySignedIn(profile: String, name: String?, undone: String, again: String)
  /// The command line: what is wrong with it, and which help to read.
  case usage(message: String, help: String)
  /// A file that an option names.
  case unreadable(option: String, path: String, why: String)
  /// Standard output does not take what it should.
  case outputLost

  /// Of a sign-in that needs a person, where nobody can be asked: the broker's own words where it has
  /// some, which say what is wrong with the configured answers.
  static func unasked(_ error: RPCError, profile: String) -> Failure {
    error.message == Reason.interactionRequired.message && error.messages.isEmpty
      ? .noTerminal(profile: profile) : .call(.refused(error))
  }

  var status: Int32 {
    switch self {
    case .call(let fault): ExitStatus(fault).rawValue
    case .noTerminal, .nowhereToAsk: ExitStatus.interactionRequired.rawValue
    case .cancelled: ExitStatus.cancelled.rawValue
    case .terminalGone: 128 + Self.hangUp
    case .signedOut, .outputLost, .alreadySignedIn: ExitStatus.failed.rawValue
    case .unknownProfile: ExitStatus.accessDenied.rawValue
    case .usage, .unreadable: ExitStatus.usage.rawValue
    }
  }

  /// The number of SIGHUP.
  private static let hangUp: Int32 = 1

  /// What happened: lower case, no full stop.
  private var message: String {
    switch self {
    case .call(.refused(let error)):
      error.retryAfter.map { "\(error.message) (wait \(Int($0.rounded(.up))) s)" } ?? error.message
    case .call(.connection(let fault)): fault.message
    case .noTerminal(let profile):
      "somebody must sign in to \(profile), and there is no terminal to ask at"
    case .nowhereToAsk: "there is no terminal to answer prompts at"
    case .cancelled: "cancelled"
    case .terminalGone: "the terminal is gone"
    case .signedOut(let profile): "nobody is signed in to \(profile)"
    case .unknownProfile: Reason.unknownProfile.message
    case .alreadySignedIn(let profile, let name, let undone, _):
      "already signed in to \(profile)" + (name.map { " as \($0)" } ?? "") + "; \(undone)"
    case .usage(let message, _): message
    case .unreadable(let option, let path, let why):
      "\(option): \(path == "-" ? "standard input" : path): \(why)"
    case .outputLost: "cannot write to standard output"
    }
  }

  private var hint: String? {
    switch self {
    case .call(.refused(let error)): error.hint
    case .call(.connection(let fault)): fault.hint
    case .noTerminal(let profile): "at a terminal: remedy login \(profile)"
    case .signedOut(let profile): "remedy login \(profile)"
    case .unknownProfile: "remedy profiles"
    case .alreadySignedIn(_, _, _, let again): again
    case .usage(_, let help): help
    case .unreadable(let option, _, _): "\(option) takes a file with the token in it, or -"
    case .nowhereToAsk, .cancelled, .terminalGone, .outputLost: nil
    }
  }

  /// The reason in the JSON form: the broker's, or one of ours.
  private var reason: String {
    switch self {
    case .call(.refused(let error)): error.reason?.rawValue ?? "invalid_request"
    case .call(.connection(.notRunning)), .call(.connection(.notReachable)),
      .call(.connection(.closed)):
      "broker_not_running"
    case .call(.connection): "connection_failed"
    case .noTerminal, .nowhereToAsk: Reason.interactionRequired.rawValue
    case .cancelled: Reason.transactionCancelled.rawValue
    case .terminalGone: "terminal_gone"
    case .signedOut: "signed_out"
    case .unknownProfile: Reason.unknownProfile.rawValue
    case .alreadySignedIn: "already_signed_in"
    case .usage, .unreadable: "usage"
    case .outputLost: "output_lost"
    }
  }

  /// For people.
  func text(style: Style) -> TerminalText {
    guard case .call(.refused(let error)) = self else {
      return "remedy: \(message)\n" + hinted
    }
    // The broker's words may have the issuer's in them.
    var text: TerminalText = "remedy: \(words: message)\n"
    let lines = MessageLines(style: style).lines(of: error.messages)
    text += lines.map { $0 + "\n" }.joined(separator: "")
    return text + hinted
  }

  private var hinted: TerminalText { hint.map { "hint: \($0)\n" } ?? "" }

  /// For programs: the broker's error object, or one of the same shape.
  var json: JSONValue {
    if case .call(.refused(let error)) = self {
      return [
        "error": [
          "code": .int(error.code), "message": .string(error.message),
          "data": .object(error.data),
        ]
      ]
    }
    var data: JSONObject = ["reason": .string(reason)]
    data.append("hint", hint.map { .string($0) })
    return ["error": ["message": .string(message), "data": .object(data)]]
  }
}
