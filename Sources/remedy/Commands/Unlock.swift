// `remedy unlock`: opens the vault of a service that waits for its passphrase.

internal import ArgumentParser
internal import BrokerInterface
internal import JSON
internal import Secrets

struct Unlock: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Give the broker the passphrase of its vault.",
    discussion: "Only where the vault's key is a passphrase. Without a terminal it is read from "
      + "standard input, one line.")

  @OptionGroup var global: GlobalOptions

  func run() throws {
    let state = try global.call(BrokerInfo.self, NoParams()).vault
    if state == .open {
      try say("open", "the vault is open\n")
      return
    }
    let passphrase = try passphrase(isNew: state == .new)
    _ = try global.call(VaultUnlock.self, VaultUnlock.Params(passphrase: passphrase))
    try say("open", "the vault is unlocked\n")
  }

  private func passphrase(isNew: Bool) throws(Failure) -> Secret {
    guard isNew else { return try SecretLine.ask("passphrase of the vault: ") }
    while true {
      let first = try SecretLine.ask("passphrase for the new vault: ")
      let isTyped = Terminal() != nil
      if first.count == 0 {
        let words = "an empty passphrase opens nothing"
        guard isTyped else { throw .usage(message: words, help: "remedy unlock") }
        Output.say("  \(words)\n")
        continue
      }
      guard isTyped else { return first }
      if try SecretLine.ask("the same again: ") == first { return first }
      Output.say("  the two are not the same\n")
    }
  }

  private func say(_ state: String, _ words: TerminalText) throws {
    if global.json {
      try Output.write(["vault": .string(state)])
    } else {
      Output.say(words)
    }
  }
}
