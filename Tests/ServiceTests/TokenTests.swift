import BrokerInterface
import Foundation
import JSON
import Prompts
import RemedyClient
import Testing

@Suite("Tokens through the real broker", .serialized)
struct TokenTests {
  @Test("a held token is the same token, and the issuer is not asked")
  func held() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    let client = try household.client()
    let before = try household.count("/v1/token")
    let first = try client.call(TokenGet.self, TokenGet.Params(profile: "demo"))
    let second = try client.call(TokenGet.self, TokenGet.Params(profile: "demo"))
    #expect(first.accessToken == second.accessToken)
    #expect(try household.count("/v1/token") == before)
  }

  @Test("a session outlives the daemon, also one that is killed")
  func restart() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    for signal in [SIGTERM, SIGKILL] {
      let old = try household.client().call(TokenGet.self, TokenGet.Params(profile: "demo"))
      household.stopDaemon(signal: signal)
      try household.startDaemon()
      let client = try household.client()
      let kept = try client.call(TokenGet.self, TokenGet.Params(profile: "demo"))
      #expect(kept.accessToken == old.accessToken)
      let fresh = try client.call(
        TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: true))
      #expect(fresh.accessToken != old.accessToken)
    }
  }

  @Test("refreshing rotates the refresh token, and the next refresh uses the new one")
  func rotation() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    let client = try household.client()
    for _ in 0..<3 {
      _ = try client.call(TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: true))
      // Past the grace period: an old token would be taken for a stolen one.
      try household.advanceClock(seconds: 40)
    }
    #expect(try household.count("/v1/token") == 4)
  }

  @Test("a hundred callers of one token that has to be fetched are one request to the issuer")
  func singleFlight() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    let before = try household.count("/v1/token")
    try household.strike(["kind": "slow", "path": "/oauth2/v1/token", "delay_seconds": 2])
    try household.strike(["kind": "slow", "path": "/oauth2/default/v1/token", "delay_seconds": 2])
    var calls: [(Client, PendingCall<TokenGet>)] = []
    let clients = try (0..<10).map { _ in try household.client() }
    for client in clients {
      for _ in 0..<10 {
        let call = try client.start(
          TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: true))
        calls.append((client, call))
      }
    }
    var tokens: [TokenGet.Result] = []
    for (client, call) in calls { tokens.append(try household.finish(client, call)) }
    #expect(tokens.count == 100)
    #expect(tokens.allSatisfy { $0.accessToken == tokens.first?.accessToken })
    #expect(try household.count("/v1/token") == before + 1)
  }

  @Test(
    "a token that could not be saved is given to nobody, and the issuer is not asked again for it")
  func unsaved() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    let client = try household.client()
    let before = try household.count("/v1/token")
    try household.strike(["kind": "slow", "path": "/oauth2/v1/token", "delay_seconds": 2])
    let call = try client.start(
      TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: true))
    try household.awaitCount("/v1/token", before + 1)
    household.removeState()
    #expect(throws: CallFault.self) { _ = try household.finish(client, call) }
    for force in [true, false, true] {
      let error = household.failure(
        client, TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: force))
      #expect(error?.reason == .vaultUnavailable)
    }
    #expect(try household.count("/v1/token") == before + 1)
  }

  @Test("where the disk takes nothing, the issuer is not asked, and the held token serves")
  func noIntent() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    let client = try household.client()
    let held = try client.call(TokenGet.self, TokenGet.Params(profile: "demo"))
    household.removeState()
    let before = try household.count("/v1/token")
    let error = household.failure(
      client, TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: true))
    #expect(error?.reason == .vaultUnavailable)
    #expect(try household.count("/v1/token") == before)
    let still = try client.call(TokenGet.self, TokenGet.Params(profile: "demo"))
    #expect(still.accessToken == held.accessToken)
  }

  @Test("signing out revokes at the issuer, and nothing is held any more")
  func logout() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    let client = try household.client()
    #expect(
      try client.call(SessionLogout.self, SessionLogout.Params(profile: "demo")).revoked)
    #expect(try household.count("/v1/revoke") >= 1)
    let error = household.failure(client, TokenGet.self, TokenGet.Params(profile: "demo"))
    #expect(error?.reason == .interactionRequired)
  }

  @Test(
    "an issuer in trouble is the right error, in time",
    arguments: [
      ("rate-limit-api", Reason.rateLimited), ("server-error-html", .issuerUnavailable),
      ("server-error-json", .issuerUnavailable), ("nonsense", .issuerUnavailable),
      ("empty", .issuerUnavailable), ("reset-before", .issuerUnavailable),
      ("redirect", .issuerUnavailable),
    ])
  func trouble(kind: String, reason: Reason) throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    let client = try household.client()
    // A request that may have arrived is repeated once, in the issuer's grace.
    let times = kind == "reset-before" ? 2 : 1
    try household.strike(["kind": .string(kind), "path": "/oauth2", "count": .int(times)])
    let error = household.failure(
      client, TokenGet.self, TokenGet.Params(profile: "demo", timeout: 10, forceRefresh: true))
    #expect(error?.reason == reason)
    // The session is kept, and the next call is served.
    let token = try client.call(TokenGet.self, TokenGet.Params(profile: "demo"))
    #expect(token.accessToken.count > 100)
  }

  @Test("a refresh whose answer was lost is repeated once, and the session is kept")
  func answerLost() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    let client = try household.client()
    let before = try household.count("/v1/token")
    try household.strike(["kind": "reset", "path": "/oauth2/v1/token"])
    _ = try client.call(TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: true))
    #expect(try household.count("/v1/token") == before + 2)
    try household.advanceClock(seconds: 40)
    _ = try client.call(TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: true))
    #expect(try household.events().allSatisfy { !$0.hasSuffix("detect_reuse") })
  }

  @Test("after a failure nobody asks for a while: callers get the same error, and no request")
  func backOff() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    let client = try household.client()
    let before = try household.count("/v1/token")
    try household.strike([
      "kind": "rate-limit-api", "path": "/oauth2/v1/token", "delay_seconds": 30,
      "persistent": true,
    ])
    for _ in 0..<5 {
      let error = household.failure(
        client, TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: true))
      #expect(error?.reason == .rateLimited)
      #expect((1...31).contains(error?.retryAfter ?? 0))
    }
    #expect(try household.count("/v1/token") == before + 1)
  }

  @Test("an issuer that never answers costs no more than the call's own timeout")
  func blackHole() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    let client = try household.client()
    try household.strike(["kind": "black-hole", "path": "/oauth2"])
    let start = ContinuousClock.now
    let error = household.failure(
      client, TokenGet.self, TokenGet.Params(profile: "demo", timeout: 1, forceRefresh: true))
    #expect(error?.reason == .timeout)
    #expect(error?.data["waiting_for"] == "issuer")
    #expect(ContinuousClock.now - start < .seconds(5))
    // A held token is served meanwhile.
    _ = try client.call(TokenGet.self, TokenGet.Params(profile: "demo"))
  }

  @Test(
    "tokens that fail validation are refused, and nothing of them is kept",
    arguments: [
      "wrong-audience", "wrong-issuer", "wrong-nonce", "wrong-at-hash", "expired",
      "algorithm-none", "bad-signature", "unknown-key", "missing-id-token",
    ])
  func badTokens(kind: String) throws {
    let household = try Household(scenario: "password")
    try household.strike(["kind": .string(kind), "path": "/oauth2"])
    let person = try Person(household)
    _ = try household.beginLogin()
    let identify = try person.nextPrompt()
    let password = try person.step(identify, "identify", ["identifier": .string(Ann.name)])
    let outcome = try person.answer(
      password, "challenge-authenticator", ["credentials.passcode": .string(Ann.password)])
    #expect(outcome.outcome == .failed)
    #expect(outcome.error?.reason == .tokenRejected)
    let sessions = try household.client().call(SessionList.self, SessionList.Params()).sessions
    #expect(sessions.allSatisfy { $0.state == .signedOut })
  }
}

extension Household {
  /// Removes the state folder with all that is in it, while the broker may be removing files there.
  fileprivate func removeState() {
    let state = folder.path + "/state"
    while FileManager.default.fileExists(atPath: state) {
      try? FileManager.default.removeItem(atPath: state)
    }
  }
}
