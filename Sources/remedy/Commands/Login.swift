// `remedy login PROFILE`: a person signs in, now.

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

  @Option(help: ArgumentHelp("Who signs in, as the issuer names them.", valueName: "name"))
  var loginHint: String?

  @Flag(help: "Sign in anew though the session is active.")
  var force = false

  @Option(help: ArgumentHelp("How long it may take.", valueName: "seconds"))
  var timeout = 600.0

  @OptionGroup var global: GlobalOptions

  func run() throws {
    let result = try signIn()
    if global.json {
      try Output.write(result.json)
    } else if let session = result.session {
      let subject: TerminalText = session.subject.map { " as \($0)" } ?? ""
      Output.say("signed in to \(profile)" + subject + "\n")
    } else {
      for message in result.messages { Output.say("\(words: message.text)\n") }
    }
  }

  private func signIn() throws(Failure) -> SessionLogin.Result {
    let params = SessionLogin.Params(
      profile: profile, loginHint: loginHint, force: force, timeout: timeout)
    let client = try global.client()
    if let terminal = Terminal() {
      let conversation = PromptConversation<SessionLogin>(client: client, terminal: terminal)
      return try conversation.run(SessionLogin.self, params, profile: profile)
    }
    return try signInUnasked(params, client)
  }

  /// Without a terminal. `session.login` would wait for a prompter; `token.get` does not: it signs in
  /// where nobody here need be asked, and says so where somebody must.
  private func signInUnasked(
    _ params: SessionLogin.Params, _ client: Client
  ) throws(Failure) -> SessionLogin.Result {
    guard !force else { throw .noTerminal(profile: profile) }
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
