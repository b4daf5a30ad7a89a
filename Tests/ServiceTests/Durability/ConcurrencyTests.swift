// Many callers at once, and callers beside things that take long.

import BrokerInterface
import Foundation
import JSON
import Prompts
import RemedyClient
import Secrets
import TestSupport
import Testing

@Suite("Concurrency at the real broker", .serialized)
struct ConcurrencyTests {
  @Test("a thousand callers of an expired token are one request to the issuer")
  func thousand() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    // It ends while nobody is there who would renew it ahead of time.
    household.stopDaemon()
    let clock = try JumpingClock(in: household.folder)
    try clock.jump()
    try household.startDaemon(environment: clock.environment)
    let before = try household.count("/v1/token")
    try household.strike(["kind": "slow", "path": "/oauth2/v1/token", "delay_seconds": 2])
    let clients = try (0..<50).map { _ in try household.client() }
    var calls: [(Client, PendingCall<TokenGet>)] = []
    for client in clients {
      for _ in 0..<20 {
        let call = try client.start(
          TokenGet.self, TokenGet.Params(profile: "demo", interaction: .never))
        calls.append((client, call))
      }
    }
    try household.awaitCount("/v1/token", before + 1)
    var tokens: Set<String> = []
    for (client, call) in calls {
      tokens.insert(try household.finish(client, call).accessToken.exposedText())
    }
    #expect(calls.count == 1000)
    #expect(tokens.count == 1)
    #expect(try household.count("/v1/token") == before + 1)
  }

  @Test("held tokens are answered while a refresh, a sign-in and a silent issuer are under way")
  func besideSlowThings() throws {
    let household = try Self.fourfold()
    for profile in ["demo", "slow", "silent"] { try household.signIn(profile: profile) }
    let client = try household.client()
    func ask() throws -> Double {
      let start = ContinuousClock.now
      _ = try client.call(TokenGet.self, TokenGet.Params(profile: "demo"))
      return (ContinuousClock.now - start) / .milliseconds(1)
    }
    let idle = try (0..<2000).map { _ in try ask() }

    try household.strike([
      "kind": "slow", "path": "/oauth2/slow/v1/token", "delay_seconds": 3,
    ])
    try household.strike(["kind": "black-hole", "path": "/oauth2/silent", "persistent": true])
    let person = try Person(household)
    let waiting = try household.client()
    _ = try waiting.start(SessionLogin.self, SessionLogin.Params(profile: "asked", timeout: 60))
    _ = try person.nextPrompt()
    let silent = try household.client()
    _ = try silent.start(
      TokenGet.self, TokenGet.Params(profile: "silent", timeout: 60, forceRefresh: true))
    let before = try household.count("/slow/v1/token")
    let slow = try household.client()
    let call = try slow.start(
      TokenGet.self, TokenGet.Params(profile: "slow", timeout: 60, forceRefresh: true))
    try household.awaitCount("/slow/v1/token", before + 1)
    let derivation = try Self.deriveKey(beside: household)
    defer { derivation.waitUntilExit() }

    var busy: [Double] = []
    while busy.count < 2000, try slow.receive(until: .after(seconds: 0)) == nil {
      busy.append(try ask())
    }
    // Were held tokens to wait for any of it, not one would have come.
    #expect(busy.count > 20)
    _ = try household.finish(slow, call)
    let ratio = Self.p99(busy) / Self.p99(idle)
    print(
      "held tokens: p99 \(Self.p99(busy)) ms beside slow things (\(busy.count) calls), "
        + "\(Self.p99(idle)) ms idle, ratio \(ratio)")
  }

  @Test("while a passphrase's key is derived, the socket answers")
  func besideDerivation() throws {
    let household = try Household(scenario: "password", preamble: "[vault]\nkey = \"passphrase\"\n")
    let unlocker = try household.client()
    let call = try unlocker.start(
      VaultUnlock.self, VaultUnlock.Params(passphrase: Secret("correct horse")))
    let client = try household.client()
    var answers = 0
    while try unlocker.receive(until: .after(seconds: 0)) == nil, answers < 1000 {
      _ = try client.call(BrokerInfo.self, NoParams())
      answers += 1
    }
    _ = try household.finish(unlocker, call)
    // The standard cost takes hundreds of answers' time.
    #expect(answers > 5)
  }

  private static func p99(_ times: [Double]) -> Double {
    let sorted = times.sorted()
    return sorted.isEmpty ? 0 : sorted[min(sorted.count * 99 / 100, sorted.count - 1)]
  }

  private static func household(_ scenario: JSONValue) throws -> Household {
    let file = URL(fileURLWithPath: "/tmp/remedy-scenario-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(JSONWriter.bytes(scenario)).write(to: file)
    return try Household(scenario: file.path)
  }

  /// A household of four sessions, each with an authorization server of its own.
  private static func fourfold() throws -> Household {
    let household = try household([
      "name": "four",
      "authorization_servers": [["id": "slow"], ["id": "silent"], ["id": "asked"]],
    ])
    household.stopDaemon()
    let config = household.folder.appendingPathComponent("remedy.toml")
    let demo = try String(contentsOf: config, encoding: .utf8)
    let others = ["slow", "silent", "asked"].map { name in
      demo.replacingOccurrences(of: "[profile.demo]", with: "[profile.\(name)]")
        .replacingOccurrences(
          of: "issuer = \"\(household.origin)\"",
          with: "issuer = \"\(household.origin)/oauth2/\(name)\"")
    }
    try ([demo] + others).joined(separator: "\n")
      .write(to: config, atomically: false, encoding: .utf8)
    try household.startDaemon()
    return household
  }

  /// Derives a passphrase's key in a process beside, on the same cores: within one broker no token is
  /// held while its vault is being opened.
  private static func deriveKey(beside household: Household) throws -> Process {
    let process = Process.apart([
      BuiltProgram.path("remedyd"), "vault", "rekey", "--config",
      household.folder.path + "/remedy.toml", "--state",
      household.folder.path + "/copy", "--to", "passphrase",
    ])
    try FileManager.default.copyItem(
      atPath: household.folder.path + "/state", toPath: household.folder.path + "/copy")
    chmod(household.folder.path + "/copy", 0o700)
    let input = Pipe()
    process.standardInput = input
    try process.run()
    input.fileHandleForWriting.write(Data("correct horse\n".utf8))
    try input.fileHandleForWriting.close()
    return process
  }
}

extension Household {
  /// Signs Ann in at a profile, by name and password.
  fileprivate func signIn(profile: String) throws {
    let person = try Person(self)
    let caller = try client()
    let call = try caller.start(
      SessionLogin.self, SessionLogin.Params(profile: profile, timeout: 60))
    let identify = try person.nextPrompt()
    let password = try person.step(identify, "identify", ["identifier": .string(Ann.name)])
    try person.answer(
      password, "challenge-authenticator", ["credentials.passcode": .string(Ann.password)])
    _ = try finish(caller, call)
  }
}
