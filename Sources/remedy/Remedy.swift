// The command: what was typed, to a verb; how it went, to an exit status.
//
// `remedy token PROFILE` is what scripts call in loops. It is recognised by hand before the option
// parser is touched, which would take more time than everything else together.

internal import ArgumentParser
internal import BrokerInterface
internal import Glibc
internal import RemedyClient

@main
enum Remedy {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    exit(heldToken(arguments) ?? run(GlobalOptions.behindVerb(arguments)))
  }

  /// Prints a token that nobody need be asked for; `nil` where that is not what was typed, or where
  /// somebody has to be asked.
  private static func heldToken(_ arguments: [String]) -> Int32? {
    guard arguments.count == 2, arguments[0] == "token", !arguments[1].hasPrefix("-") else {
      return nil
    }
    let params = TokenGet.Params(profile: arguments[1], interaction: .never)
    let failure: Failure
    switch TokenFastPath.writeToken(params, path: SocketPath.choose()) {
    case .written: return ExitStatus.done.rawValue
    case .refused(let error) where error.reason == .interactionRequired: return nil
    case .refused(let error): failure = .call(.refused(error))
    case .failed(let fault): failure = .call(.connection(fault))
    case .notWritten: failure = .outputLost
    }
    Output.say(failure.asTyped(verb: "token"), asJSON: false)
    return failure.status
  }

  private static func run(_ arguments: [String]) -> Int32 {
    forbidCores()
    let wantsJSON = arguments.prefix { $0 != "--" }.contains("--json")
    guard let verb = arguments.first, verb != "--json", !verb.hasPrefix("--socket") else {
      writeAll(Verbs.helpMessage() + "\n", to: STDERR_FILENO)
      return ExitStatus.usage.rawValue
    }
    do {
      try Verbs.check(arguments)
      var command = try Verbs.parseAsRoot(arguments)
      try command.run()
      return ExitStatus.done.rawValue
    } catch let failure as Failure {
      Output.say(wantsJSON ? failure : failure.asTyped(verb: verb), asJSON: wantsJSON)
      return failure.status
    } catch {
      return answer(parser: error, verb: verb, asJSON: wantsJSON)
    }
  }

  /// What the parser stops for: help and the like that was asked for, or a fault in what was typed.
  private static func answer(parser error: any Error, verb: String, asJSON: Bool) -> Int32 {
    if Verbs.exitCode(for: error).isSuccess {
      let isWritten = writeAll(Verbs.fullMessage(for: error) + "\n", to: STDOUT_FILENO)
      return (isWritten ? ExitStatus.done : .failed).rawValue
    }
    let words = Verbs.message(for: error)
    let message = words.prefix(1).lowercased() + words.dropFirst()
    let failure = Failure.usage(
      message: message.hasSuffix(".") ? String(message.dropLast()) : message,
      help: Verbs.names.contains(verb) ? "remedy help \(verb)" : "remedy help")
    Output.say(failure, asJSON: asJSON)
    return failure.status
  }

  /// A crash must not leave a password in a file.
  private static func forbidCores() {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
  }
}

/// The verbs.
struct Verbs: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remedy",
    abstract: "Tokens from the Remedy broker: sign in once, use them everywhere.",
    discussion: "Exit status: 0 done, 1 failed, 2 usage, 3 somebody must sign in, 4 access denied, "
      + "5 issuer unavailable, 6 cancelled, 7 broker not running. See remedy(1).",
    version: "remedy " + RemedyVersion.current,
    subcommands: [
      Login.self, Token.self, Status.self, Logout.self, Profiles.self, Attach.self, Unlock.self,
      Version.self,
    ])
  static let names = configuration.subcommands.map { "\($0)".lowercased() } + ["help"]

  /// The parser takes a word that is no verb for a value of its own, and help about one for help.
  static func check(_ arguments: [String]) throws(Failure) {
    let words = arguments.first == "help" ? arguments.dropFirst().prefix(1) : arguments.prefix(1)
    guard let word = words.first, !word.hasPrefix("-"), !names.contains(word) else { return }
    let like = names.first { TypingDistance.isSlip(word, for: $0) }
    throw .usage(
      message: "there is no verb '\(word)'" + (like.map { "; did you mean \($0)?" } ?? ""),
      help: "remedy help")
  }
}
