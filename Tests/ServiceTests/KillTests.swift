import BrokerInterface
import Foundation
import JSON
import RemedyClient
import TestSupport
import Testing

/// The daemon is killed (SIGKILL) somewhere in a rotating refresh, again and again: between any two
/// of its steps, and while the issuer has rotated and the answer is on its way. Nothing may be lost.
@Suite("Killed in the middle of a rotating refresh", .serialized)
struct KillTests {
  /// How many times; `REMEDY_KILL_ROUNDS` says another number.
  private static let rounds =
    ProcessInfo.processInfo.environment["REMEDY_KILL_ROUNDS"].flatMap { Int($0) } ?? 500

  @Test("no session is lost, and the issuer never sees a refresh token used twice")
  func randomMoments() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    var longest = try secondsOfARefresh(household)
    var random = SystemRandomNumberGenerator()
    var lost = 0
    for round in 0..<Self.rounds {
      let client = try household.client()
      _ = try client.start(
        TokenGet.self, TokenGet.Params(profile: "demo", interaction: .never, forceRefresh: true))
      // Not a wait for something: the moment of the kill is the test's dice.
      usleep(UInt32(Double.random(in: 0...longest * 1.2, using: &random) * 1_000_000))
      household.stopDaemon(signal: SIGKILL)
      try household.startDaemon()
      let after = try household.client()
      let started = Date()
      do throws(CallFault) {
        _ = try after.call(
          TokenGet.self,
          TokenGet.Params(profile: "demo", interaction: .never, forceRefresh: true))
      } catch {
        lost += 1
        Issue.record("round \(round): \(error)")
        try household.signIn()
      }
      longest = min(max(longest, Date().timeIntervalSince(started)), 0.1)
    }
    let reuses = try household.events().filter { $0.hasSuffix("detect_reuse") }.count
    #expect(reuses == 0)
    #expect(lost == 0)
    let state = try FileManager.default.contentsOfDirectory(
      atPath: household.folder.path + "/state")
    let broken = state.filter { $0.contains(".damaged") || $0.contains(".stale") }
    #expect(broken.isEmpty)
    print(
      "kill test: \(Self.rounds) rounds, \(lost) sessions lost, \(reuses) reuse detections, "
        + "\(broken.count) records not whole")
  }

  private func secondsOfARefresh(_ household: Household) throws -> Double {
    let client = try household.client()
    let started = Date()
    for _ in 0..<10 {
      _ = try client.call(TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: true))
    }
    return Date().timeIntervalSince(started) / 10
  }

  @Test("killed while the issuer's answer is on its way: the retry within the grace brings it back")
  func answerLost() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    let before = try household.count("/v1/token")
    try household.strike(["kind": "slow", "path": "/oauth2/v1/token", "delay_seconds": 5])
    let client = try household.client()
    _ = try client.start(TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: true))
    try household.awaitCount("/v1/token", before + 1)
    household.stopDaemon(signal: SIGKILL)
    try household.startDaemon()
    // At the start already, before anybody asks.
    try household.awaitCount("/v1/token", before + 2)
    let token = try household.client().call(
      TokenGet.self, TokenGet.Params(profile: "demo", interaction: .never, forceRefresh: true))
    #expect(token.tokenType == "Bearer")
    #expect(try household.events().allSatisfy { !$0.hasSuffix("detect_reuse") })
  }

  @Test("told to stop while the issuer's answer is on its way: it is taken in first")
  func stoppedMeanwhile() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    let before = try household.count("/v1/token")
    try household.strike(["kind": "slow", "path": "/oauth2/v1/token", "delay_seconds": 4])
    let client = try household.client()
    _ = try client.start(TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: true))
    try household.awaitCount("/v1/token", before + 1)
    household.stopDaemon(signal: SIGTERM)
    // The issuer's grace is over when the next one starts: with the old token all would be lost.
    try household.advanceClock(seconds: 40)
    try household.startDaemon()
    _ = try household.client().call(
      TokenGet.self, TokenGet.Params(profile: "demo", interaction: .never, forceRefresh: true))
    #expect(try household.events().allSatisfy { !$0.hasSuffix("detect_reuse") })
  }
}

extension Household {
  /// The names in the issuer's log of events, oldest first.
  func events() throws -> [String] {
    try log().compactMap { $0["event"]?.string }
  }

  /// Waits until the issuer has had so many requests at paths that end so.
  func awaitCount(_ ending: String, _ expected: Int, seconds: Double = 20) throws {
    let deadline = Deadline.after(seconds: seconds)
    while try count(ending) < expected {
      if deadline.hasPassed { throw Trouble("the issuer was not asked \(expected) times") }
    }
  }
}
