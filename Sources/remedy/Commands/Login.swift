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
    let client = try global.client()
    let sessions = SessionsBefore(client)
    let (result, person) = try signIn(client, after: sessions)
    let wasActive = !force && sessions.of(profile)?.isActive == true
    if wasActive, let undone {
      throw Failure.alreadySignedIn(
        profile: profile, name: name(result.session, person, client), undone: undone.what,
        again: undone.again)
    }
    if global.json {
      try Output.write(result.json)
    } else if let session = result.session {
      let name = name(session, person, client).map { name -> TerminalText in " as \(name)" }
      Output.say((wasActive ? "already " : "") + "signed in to \(profile)" + (name ?? "") + "\n")
    } else {
      for message in result.messages { Output.say("\(words: message.text)\n") }
      if result.messages.isEmpty { Output.say("done, without signing in\n") }
    }
  }

  /// What an active session leaves undone, beside signing in, and how it would be done; `nil` where
  /// nothing else was asked for.
  private var undone: (what: String, again: String)? {
    let what = FlowWords(flow).undone
    if activationToken != nil || recoveryToken != nil {
      return (what ?? "the token was not used", "the same with --force")
    }
    return what.map { ($0, "remedy login \(profile) --flow \(flow.rawValue) --force") }
  }

  /// Who is signed in: as a prompt has it, else as the broker knows them.
  private func name(
    _ session: SessionSummary?, _ person: String?, _ client: Client
  ) -> String? {
    person ?? session.flatMap { client.personName(of: $0) }
  }

  private func signIn(
    _ client: Client, after sessions: SessionsBefore
  ) throws(Failure) -> (SessionLogin.Result, person: String?) {
    do {
      return try signIn(client)
    } catch {
      guard case .call(let fault) = error else { throw error }
      throw .call(sessions.explaining(fault))
    }
  }

  /// - Returns: who signed in, too, where a prompt has said so.
  private func signIn(_ client: Client) throws(Failure) -> (SessionLogin.Result, person: String?) {
    var params = SessionLogin.Params(
      profile: profile, flow: flow, loginHint: loginHint, force: force, timeout: timeout)
    if let activationToken {
      params.activationToken = try SecretFile.read(activationToken, option: "--activation-token")
    }
    if let recoveryToken {
      params.recoveryToken = try SecretFile.read(recoveryToken, option: "--recovery-token")
    }
    if let terminal = Terminal() {
      let conversation = PromptConversation(client: client, terminal: terminal)
      conversation.flow = FlowWords(flow)
      let result = try conversation.run(
        SessionLogin.self, params, profile: profile, command: "login \(profile)")
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
      throw .unasked(error, profile: profile)
    } catch .refused(let error) {
      throw .call(.refused(error.timedOut("login \(profile)", after: timeout)))
    } catch {
      throw .call(error)
    }
  }
}
