// `remedy login PROFILE`: a person signs in, now; or makes, regains or unlocks an account first.

internal import ArgumentParser
internal import BrokerInterface
internal import Prompts
internal import RemedyClient

struct Login: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sign in to a profile.",
    discussion: "Where the session is active already it is left as it is.")

  @Argument(help: "The profile.")
  var profile: String

  @Option(
    help: ArgumentHelp(
      "What to do: authenticate (the default), register, recover or unlock.",
      valueName: "flow"),
    transform: Self.flow)
  var flow = SessionLogin.Flow.authenticate

  @Option(help: ArgumentHelp("Who signs in, as the issuer names them.", valueName: "name"))
  var loginHint: String?

  @Option(
    help: ArgumentHelp(
      "A file with the token of an activation mail; - is standard input.", valueName: "file"))
  var activationToken: String?

  @Option(
    help: ArgumentHelp(
      "A file with the token of a recovery mail; - is standard input.", valueName: "file"))
  var recoveryToken: String?

  @Flag(help: "Sign in anew though the session is active.")
  var force = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How long it may take.", valueName: "seconds"),
    transform: Seconds.timeout)
  var timeout = 600.0

  @OptionGroup var global: GlobalOptions

  private static func flow(_ text: String) throws -> SessionLogin.Flow {
    guard let flow = SessionLogin.Flow(rawValue: text) else {
      let names = SessionLogin.Flow.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("Flows are: \(names)")
    }
    return flow
  }

  func validate() throws {
    if activationToken == "-", recoveryToken == "-" {
      throw ValidationError("Standard input has one token: give the other in a file.")
    }
  }

  func run() throws {
    let (result, person) = try signIn()
    if global.json {
      try Output.write(result.json)
    } else if let session = result.session {
      let name = (person ?? session.subject).map { name -> TerminalText in " as \(name)" }
      Output.say("signed in to \(profile)" + (name ?? "") + "\n")
    } else {
      for message in result.messages { Output.say("\(words: message.text)\n") }
      if result.messages.isEmpty { Output.say("done, without signing in\n") }
    }
  }

  /// - Returns: who signed in, too, where a prompt has said so.
  private func signIn() throws(Failure) -> (SessionLogin.Result, person: String?) {
    var params = SessionLogin.Params(
      profile: profile, flow: flow, loginHint: loginHint, force: force, timeout: timeout)
    if let activationToken {
      params.activationToken = try SecretFile.read(activationToken, option: "--activation-token")
    }
    if let recoveryToken {
      params.recoveryToken = try SecretFile.read(recoveryToken, option: "--recovery-token")
    }
    let client = try global.client()
    if let terminal = Terminal() {
      let conversation = PromptConversation(client: client, terminal: terminal)
      let result = try conversation.run(SessionLogin.self, params, profile: profile)
      return (result, conversation.person)
    }
    return (try signInUnasked(params, client), nil)
  }

  /// Without a terminal. `session.login` would wait for a prompter; `token.get` does not: it signs in
  /// where nobody here need be asked, and says so where somebody must.
  private func signInUnasked(
    _ params: SessionLogin.Params, _ client: Client
  ) throws(Failure) -> SessionLogin.Result {
    // Whatever is more than to sign in needs somebody to answer. So does to sign in as somebody: a
    // token is asked for without a name, and might be another's.
    let isPlain =
      flow == .authenticate && params.activationToken == nil && params.recoveryToken == nil
      && loginHint == nil
    guard isPlain, !force else { throw .noTerminal(profile: profile) }
    do {
      _ = try client.call(TokenGet.self, TokenGet.Params(profile: profile, timeout: timeout))
      return try client.call(SessionLogin.self, params)
    } catch .refused(let error) where error.reason == .interactionRequired {
      throw .noTerminal(profile: profile)
    } catch {
      throw .call(error)
    }
  }
}
