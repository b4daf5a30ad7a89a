import BrokerInterface
import Foundation
import JSON
import JSONRPC
import RemedyClient
import Secrets
import TestSupport
import Testing

@Suite("The vault of the real broker", .serialized)
struct VaultTests {
  private static let passphrase = "correct horse, wrong stable"

  @Test(
    "a vault with a passphrase: locked at the start, open with the right one, kept by a restart")
  func passphrase() throws {
    let household = try Household(scenario: "password", preamble: "[vault]\nkey = \"passphrase\"\n")
    var client = try household.client()
    #expect(try client.call(BrokerInfo.self, NoParams()).vault == .new)
    for error in [
      household.failure(client, TokenGet.self, TokenGet.Params(profile: "demo")),
      household.failure(client, SessionLogin.self, SessionLogin.Params(profile: "demo")),
      household.failure(client, SessionLogout.self, SessionLogout.Params(profile: "demo")),
      // Who is signed in is in the vault: "nobody" would be a guess.
      household.failure(client, SessionList.self, NoParams()),
      household.failure(client, ProfileList.self, NoParams()),
    ] {
      #expect(error?.reason == .vaultUnavailable)
      #expect(error?.hint == "remedy unlock")
    }
    // An unknown profile looks as it always does.
    let unknown = household.failure(client, TokenGet.self, TokenGet.Params(profile: "nosuch"))
    #expect(unknown?.reason == .unknownProfile)
    try unlock(client)
    #expect(try client.call(BrokerInfo.self, NoParams()).vault == .open)
    try household.signIn()

    household.stopDaemon(signal: SIGKILL)
    try household.startDaemon()
    client = try household.client()
    #expect(try client.call(BrokerInfo.self, NoParams()).vault == .locked)
    let wrong = household.failure(
      client, VaultUnlock.self, VaultUnlock.Params(passphrase: Secret("no")))
    #expect(wrong?.reason == .accessDenied)
    #expect(wrong?.retryAfter == 1)
    let tooSoon = household.failure(
      client, VaultUnlock.self, VaultUnlock.Params(passphrase: Secret(Self.passphrase)))
    #expect(tooSoon?.reason == .accessDenied)
    try unlock(client)
    #expect(
      try client.call(TokenGet.self, TokenGet.Params(profile: "demo", interaction: .never))
        .tokenType == "Bearer")
    // Open stays open, whatever is given.
    _ = try client.call(VaultUnlock.self, VaultUnlock.Params(passphrase: Secret("no")))
  }

  @Test("a sign-in that a kill interrupted goes on when the vault is unlocked, and not before")
  func resumesUnlocked() throws {
    let household = try Household(scenario: "password", preamble: "[vault]\nkey = \"passphrase\"\n")
    try unlock(household.client())
    let before = try Person(household)
    _ = try household.beginLogin()
    let identify = try before.nextPrompt()
    let password = try before.step(identify, "identify", ["identifier": .string(Ann.name)])

    household.stopDaemon(signal: SIGKILL)
    try household.startDaemon()
    let after = try Person(household)
    let open = try household.client().call(PromptAttach.self, PromptAttach.Params()).prompts
    #expect(open.isEmpty)
    try unlock(household.client())
    let prompt = try after.nextPrompt()
    #expect(prompt.transaction == password.transaction)
    let outcome = try after.answer(
      prompt, "challenge-authenticator", ["credentials.passcode": .string(Ann.password)])
    #expect(outcome.outcome == .completed)
    #expect(try household.count("/v1/interact") == 1)
  }

  /// Unlocks, as soon as a passphrase is looked at.
  private func unlock(_ client: Client) throws {
    let deadline = Deadline.after(seconds: 20)
    while true {
      do throws(CallFault) {
        _ = try client.call(
          VaultUnlock.self, VaultUnlock.Params(passphrase: Secret(Self.passphrase)))
        return
      } catch {
        guard case .refused(let error) = error, error.retryAfter != nil, !deadline.hasPassed else {
          throw error
        }
      }
    }
  }

  @Test("`remedyd vault` checks a vault and changes its key, and the sessions are kept")
  func command() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    let (checked, looked) = try household.vault("check")
    #expect(checked == 0)
    #expect(looked.contains("1 sound, 0 to look at"))

    let newKey = household.folder.path + "/new.key"
    let (made, text) = try household.vault("new-key", place: [])
    #expect(made == 0)
    try text.write(toFile: newKey, atomically: true, encoding: .utf8)
    chmod(newKey, 0o600)
    let (held, why) = try household.vault("rekey", ["--to", "file:\(newKey)"])
    #expect(held == 1)
    #expect(why.contains("another remedyd (pid "), "the service holds it")
    household.stopDaemon()
    let (changed, words) = try household.vault("rekey", ["--to", "file:\(newKey)"])
    #expect(changed == 0, "\(words)")

    let (refused, whyNot) = try household.vault("check")
    #expect(refused == 1)
    #expect(whyNot.contains("is not the one that the vault"))
    try household.configure(preamble: "[vault]\nkey = \"file:\(newKey)\"\n")
    try household.startDaemon()
    #expect(
      try household.client().call(TokenGet.self, TokenGet.Params(profile: "demo")).tokenType
        == "Bearer")
  }

  @Test("a record that was put back is noticed: said, set aside, and nobody is given its token")
  func rollback() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    let state = household.folder.path + "/state/"
    let record = try #require(
      FileManager.default.contentsOfDirectory(atPath: state).first {
        $0.hasPrefix("session.") && $0.hasSuffix(".record")
      })
    let old = try Data(contentsOf: URL(fileURLWithPath: state + record))
    let client = try household.client()
    _ = try client.call(TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: true))
    household.stopDaemon()
    try old.write(to: URL(fileURLWithPath: state + record))
    let (status, words) = try household.vault("check")
    #expect(status == 1)
    #expect(words.contains("\(record): holds an older state"))
    try household.startDaemon()
    let error = household.failure(
      try household.client(), TokenGet.self, TokenGet.Params(profile: "demo"))
    #expect(error?.reason == .interactionRequired)
    #expect(FileManager.default.fileExists(atPath: state + record + ".stale"))
  }
}

extension Household {
  /// The command `remedyd vault …` on this household's vault, or with another configuration and
  /// state folder.
  func vaultCommand(_ verb: String, _ options: [String] = [], place: [String]? = nil) -> [String] {
    let here = ["--config", folder.path + "/remedy.toml", "--state", folder.path + "/state"]
    return [BuiltProgram.path("remedyd"), "vault", verb] + (place ?? here) + options
  }

  /// Runs it; its status and all that it said.
  func vault(
    _ verb: String, _ options: [String] = [], place: [String]? = nil
  ) throws -> (Int32, String) {
    let end = try FinishedProgram(
      vaultCommand(verb, options, place: place), includesErrors: true)
    return (end.status, end.words)
  }
}
