import BrokerInterface
import Foundation
import JSON
import RemedyClient
import Testing

@Suite("What one uid may take of the real broker", .serialized)
struct QuotaTests {
  @Test("one connection too many is told so, and those that are open are served on")
  func connections() throws {
    let household = try Household(
      scenario: "password", preamble: "[limits]\nconnections_per_uid = 3\n")
    var open = try (0..<3).map { _ in try household.client() }
    let refused = household.failure(
      try household.client(), BrokerInfo.self, BrokerInfo.Params())
    #expect(refused?.reason == .quotaExceeded)
    for client in open { _ = try client.call(BrokerInfo.self, BrokerInfo.Params()) }
    // Whoever leaves makes room; the broker has noticed when it answers somebody else.
    open.removeLast().close()
    _ = try open[0].call(BrokerInfo.self, BrokerInfo.Params())
    let next = try household.client()
    _ = try next.call(BrokerInfo.self, BrokerInfo.Params())
  }

  @Test("one call too many is told so, what waits costs no descriptor, who leaves makes room")
  func calls() throws {
    let household = try Household(scenario: "password")
    let pid = try #require(household.daemonPID)
    let limit = 64 * 32
    let waiting = TokenGet.Params(profile: "demo", interaction: .wait, timeout: 600)
    let crowd = try household.client()
    for _ in 0..<limit { _ = try crowd.start(TokenGet.self, waiting) }
    let other = try household.client()
    let refused = household.failure(other, TokenGet.self, waiting)
    #expect(refused?.reason == .quotaExceeded)
    #expect(refused?.message.contains("2048 calls") == true)
    // What is answered in place is answered.
    _ = try other.call(BrokerInfo.self, BrokerInfo.Params())
    let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
    #expect(open < 100)
    crowd.close()
    _ = try other.call(BrokerInfo.self, BrokerInfo.Params())
    let never = TokenGet.Params(profile: "demo", interaction: .never)
    #expect(household.failure(other, TokenGet.self, never)?.reason == .interactionRequired)
  }

  @Test("one sign-in too many is told so, and the one that is open is answered on")
  func transactions() throws {
    let household = try Household(
      scenario: "password", preamble: "[limits]\ntransactions_per_uid = 1\n"
    ) { _ in
      "[profile.other]\nissuer = \"http://127.0.0.1:9\"\nclient_id = \"0oa\"\nredirect_uri = \"http://127.0.0.1:8765/callback\""
    }
    let person = try Person(household)
    let (caller, call) = try household.beginLogin()
    let identify = try person.nextPrompt()
    let refused = household.failure(
      try household.client(), SessionLogin.self, SessionLogin.Params(profile: "other"))
    #expect(refused?.reason == .quotaExceeded)
    let password = try person.step(identify, "identify", ["identifier": .string(Ann.name)])
    try person.answer(
      password, "challenge-authenticator", ["credentials.passcode": .string(Ann.password)])
    #expect(try household.finish(caller, call).session?.state == .active)
  }
}
