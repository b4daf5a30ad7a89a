// `remedy profiles`: what the caller may use.

internal import ArgumentParser
internal import BrokerInterface

struct Profiles: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the profiles that you may use.")

  @OptionGroup var global: GlobalOptions

  func run() throws {
    let result = try global.call(ProfileList.self, ProfileList.Params())
    if global.json { return try Output.write(result.json) }
    guard !result.profiles.isEmpty else {
      return Output.say(
        "there is no profile that you may use\n"
          + "hint: remedy.toml(5) defines profiles, and each one's allow says who may use it\n")
    }
    let rows: [[TerminalText]] = result.profiles.map { profile in
      [
        "\(profile.name)", profile.session.map(\.stateWords) ?? "signed out",
        profile.owner == .service ? "service" : "caller", TerminalText(address: profile.issuer),
        "\(profile.scopes.joined(separator: " "))",
      ]
    }
    let head: [TerminalText] = ["PROFILE", "STATE", "OWNER", "ISSUER", "SCOPES"]
    try Output.write(Table.text([head] + rows))
  }
}
