// `remedy token PROFILE`: the token alone on standard output, whatever it took to get it.

internal import ArgumentParser
internal import BrokerInterface
internal import RemedyClient
internal import Secrets

struct Token: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print an access token, and nothing else, on standard output.",
    discussion: "Where somebody must sign in first, the prompts are on the terminal.")

  @Argument(help: "The profile.")
  var profile: String

  @Option(
    help: ArgumentHelp(
      "A scope of the token, again for each; else the profile's.", valueName: "name"))
  var scope: [String] = []

  @Option(
    name: .customLong("min-ttl"), parsing: .unconditional,
    help: ArgumentHelp(
      "How long the token must be good for at least.", valueName: "seconds"),
    transform: Seconds.lifetime)
  var minTTL = 60.0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How long it may take.", valueName: "seconds"),
    transform: Seconds.timeout)
  var timeout = 120.0

  @Flag(help: "Get a new token from the issuer though the one held is good.")
  var forceRefresh = false

  @Option(help: ArgumentHelp("Why, for the person who is asked to sign in.", valueName: "words"))
  var reason: String?

  @Flag(help: "Ask nobody: exit 3 where somebody must sign in.")
  var nonInteractive = false

  @OptionGroup var global: GlobalOptions

  func run() throws {
    let result = try token()
    if global.json { return try Output.write(result.rendered()) }
    guard result.accessToken.isToken else {
      throw Failure.call(.connection(.nonsense("an access token with characters that none has")))
    }
    try Output.write(result.accessToken)
  }

  private func token() throws(Failure) -> TokenGet.Result {
    let params = TokenGet.Params(
      profile: profile, scopes: scope.isEmpty ? nil : scope, minTTL: minTTL,
      interaction: nonInteractive ? .never : .auto, timeout: timeout, forceRefresh: forceRefresh,
      reason: reason)
    let client = try global.client()
    if !nonInteractive, let terminal = Terminal() {
      let conversation = PromptConversation(client: client, terminal: terminal)
      return try conversation.run(
        TokenGet.self, params, profile: profile, command: "token \(profile)")
    }
    do {
      return try client.call(TokenGet.self, params)
    } catch .refused(let error) where error.reason == .interactionRequired && !nonInteractive {
      throw .unasked(error, profile: profile)
    } catch .refused(let error) {
      throw .call(.refused(error.timedOut("token \(profile)", after: timeout)))
    } catch {
      throw .call(error)
    }
  }
}

extension Secret {
  /// Whether it has only the characters that tokens are made of (RFC 6749 A.12): it may be a
  /// terminal that it is written to.
  fileprivate var isToken: Bool {
    withBytes { bytes in bytes.indices.allSatisfy { (0x20...0x7E).contains(bytes[$0]) } }
  }
}
