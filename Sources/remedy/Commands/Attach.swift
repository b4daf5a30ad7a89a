// `remedy attach`: the prompts of other processes' sign-ins, and of the users whom this one answers for,
// answered at this terminal.

internal import ArgumentParser
internal import BrokerInterface

struct Attach: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answer the prompts of your sign-ins at this terminal, until Control-C.",
    discussion: "Whatever needs a person while this runs is asked here.")

  @Argument(help: "The profiles; left out, all that you may use.")
  var profiles: [String] = []

  @OptionGroup var global: GlobalOptions

  func run() throws {
    let client = try global.client()
    guard let terminal = Terminal() else { throw Failure.nowhereToAsk }
    let conversation = PromptConversation(client: client, terminal: terminal)
    let isJSON = global.json
    conversation.onEnd = { (ended) throws(Failure) in
      if isJSON { try Output.write(ended.json) }
    }
    try conversation.attend(profiles.isEmpty ? nil : profiles)
  }
}
