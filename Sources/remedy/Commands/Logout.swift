// `remedy logout PROFILE`: the tokens are revoked at the issuer and forgotten here.

internal import ArgumentParser
internal import BrokerInterface
internal import RemedyClient

struct Logout: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sign out of a profile, at the issuer too.")

  @Argument(help: "The profile.")
  var profile: String

  @Flag(help: "Leave the issuer unasked: its tokens stay good until they end.")
  var localOnly = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How long it may take.", valueName: "seconds"),
    transform: Seconds.timeout)
  var timeout = 30.0

  @OptionGroup var global: GlobalOptions

  func run() throws {
    let client = try global.client()
    // Asked for before: afterwards there is none either way.
    let sessions = SessionsBefore(client)
    let result: SessionLogout.Result
    do throws(CallFault) {
      result = try client.call(
        SessionLogout.self,
        SessionLogout.Params(profile: profile, localOnly: localOnly, timeout: timeout))
    } catch {
      throw Failure.call(sessions.explaining(error))
    }
    if global.json {
      try Output.write(result.json)
    } else if !result.revoked, !result.queued, let before = sessions.of(profile),
      !before.isHeld
    {
      let more: TerminalText =
        before.isUnderWay ? "; the sign-in under way is cancelled" : ""
      Output.say("nobody is signed in to \(profile)" + more + "\n")
    } else {
      let more: TerminalText =
        if result.revoked {
          ""
        } else if result.queued {
          " here; the issuer will be told when it can be reached"
        } else {
          " here; the issuer has not revoked the tokens"
        }
      Output.say("signed out of \(profile)" + more + "\n")
    }
  }
}
