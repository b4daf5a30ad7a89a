// Signing in without a person, and above all how often a password is given that may be wrong: what
// locks an account is an answer given once too often (contract §4, bar P3).

import Foundation
import HTTPTypes
import IdentityEngineSimulator
import Prompts
import Secrets
import Testing

@testable import TokenBroker

@Suite("Signing in without a person")
struct UnattendedSignInTests {
  private static let auto = TokenDemand(
    profile: "demo", interaction: .auto, timeout: .seconds(600))

  private static func answers(
    _ password: String = "not it", codes: OneTimeCodes? = nil
  ) -> UnattendedAnswers {
    UnattendedAnswers(
      identifier: "ann@example.com", codes: codes,
      fields: ["credentials.passcode": Secret(password)])
  }

  private static func profile(_ password: String = "not it") -> Profile {
    World.profile(
      allow: [1000, 1001, 1002, 1003].map {
        AccessRule(text: "user:\($0)", terms: [.user($0)])
      }, answers: answers(password))
  }

  private static func peer(_ uid: UInt32) -> Peer { Peer(pid: 1, uid: uid, gids: [uid]) }

  private func isStopped(_ error: BrokerError?) -> Bool {
    if case .answersStopped? = error { true } else { false }
  }

  // MARK: Restarts

  @Test("a restart, of whatever kind, does not give a refused answer again")
  func restarts() async throws {
    let world = try await World(profiles: [Self.profile()])
    #expect(isStopped(await world.get(Self.auto).error))
    #expect(world.issuer.count("/challenge/answer") == 1)
    for isKilled in [false, true, true, false] {
      if isKilled { try await world.crash() } else { try await world.restart() }
      let error = await world.get(Self.auto).error
      guard case .answersStopped("demo", .refused(let messages), nil)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(messages.contains { $0.text.contains("Password is incorrect") })
    }
    #expect(world.issuer.count("/challenge/answer") == 1)
    #expect(world.issuer.count("/interact") == 1)
    await world.end()
  }

  @Test("nor where the sign-in is still open for a person to go on with")
  func openOverRestarts() async throws {
    let world = try await World(profiles: [Self.profile()])
    let wait = TokenDemand(profile: "demo", interaction: .wait, timeout: .seconds(600))
    #expect(await world.get(wait).result == nil)
    #expect(world.issuer.count("/challenge/answer") == 1)
    for _ in 0..<3 {
      try await world.crash()
      let person = ScriptedPerson()
      let open = try await world.broker.attach(
        world.connection(), World.peer, person, profiles: nil)
      #expect(open.count == 1, "the prompt is open again, and for a person")
    }
    #expect(world.issuer.count("/challenge/answer") == 1)
    await world.end()
  }

  @Test("nor one of which a kill has left it open whether it arrived", arguments: [true, false])
  func unknownFate(isAnswerLost: Bool) async throws {
    let world = try await World(profiles: [Self.profile()])
    world.issuer.next("/challenge/answer", isAnswerLost ? .answerLost : .lost)
    _ = await world.get(Self.auto)
    #expect(world.issuer.count("/challenge/answer") == 1)
    for _ in 0..<3 {
      try await world.crash()
      #expect(await world.get(Self.auto).value == nil)
    }
    #expect(world.issuer.count("/challenge/answer") == 1)
    await world.end()
  }

  @Test("after a restart with another password that one is given, and the old one's stop is over")
  func changed() async throws {
    let world = try await World(profiles: [Self.profile()])
    #expect(isStopped(await world.get(Self.auto).error))
    try await world.restart(profiles: [Self.profile(World.password)])
    #expect(await world.get(Self.auto).value != nil)
    #expect(world.issuer.count("/challenge/answer") == 2)
    await world.end()
  }

  @Test("a sign-in by hand has the answers tried again, after a restart too")
  func byHand() async throws {
    let world = try await World(profiles: [Self.profile()])
    #expect(isStopped(await world.get(Self.auto).error))
    try await world.restart()
    try await world.signIn()
    _ = try await world.broker.logout(
      "demo", localOnly: false, timeout: .seconds(30), World.peer)
    try await world.restart()
    let before = world.issuer.count("/challenge/answer")
    #expect(isStopped(await world.get(Self.auto).error))
    #expect(world.issuer.count("/challenge/answer") == before + 1)
    await world.end()
  }

  // MARK: Several owners

  @Test("however many owners ask at once, a wrong password is given once")
  func ownersRefused() async throws {
    let world = try await World(profiles: [Self.profile()])
    world.issuer.next("/challenge/answer", .held)
    var calls: [Call<String>] = []
    for uid in UInt32(1000)...1003 {
      calls.append(await world.get(Self.auto, by: Self.peer(uid)))
    }
    #expect(world.issuer.count("/identify") == 4)
    #expect(world.issuer.count("/challenge/answer") == 1)
    world.issuer.release()
    await world.settle()
    #expect(calls.allSatisfy { isStopped($0.error) }, "\(calls.map(\.error))")
    #expect(world.issuer.count("/challenge/answer") == 1)
    #expect(await world.broker.transactions.isEmpty)
    await world.end()
  }

  @Test("the right one is given for each owner in its turn")
  func ownersSignedIn() async throws {
    let world = try await World(profiles: [Self.profile(World.password)])
    world.issuer.next("/challenge/answer", .held, .held)
    var calls: [Call<String>] = []
    for uid in UInt32(1000)...1003 {
      calls.append(await world.get(Self.auto, by: Self.peer(uid)))
    }
    for count in 1...2 {
      #expect(world.issuer.count("/challenge/answer") == count)
      world.issuer.release()
      await world.settle()
    }
    #expect(calls.allSatisfy { $0.value != nil }, "\(calls.map(\.error))")
    #expect(world.issuer.count("/challenge/answer") == 4)
    await world.end()
  }

  @Test("one that is called off, or whose caller is gone, keeps nobody from its turn")
  func ownerGone() async throws {
    let world = try await World(profiles: [Self.profile(World.password)])
    world.issuer.next("/challenge/answer", .lost)
    var calls: [Call<String>] = []
    for uid in UInt32(1000)...1002 {
      calls.append(await world.get(Self.auto, by: Self.peer(uid)))
    }
    for uid in [UInt32(1001), 1000] {
      _ = try await world.broker.logout(
        "demo", localOnly: true, timeout: .seconds(30), Self.peer(uid))
      await world.settle()
    }
    #expect(calls.prefix(2).allSatisfy { $0.error == .transactionCancelled })
    #expect(calls[2].value != nil)
    await world.end()
  }

  // MARK: Codes

  @Test("a code is that of the moment by the issuer's clock", arguments: [-200.0, 200])
  func skew(wrong: Double) async throws {
    let seed = try #require(OneTimeCodes(base32: Secret(Person.ann.totpSeed ?? "")))
    let world = try await World(
      scenario: "password-totp",
      profiles: [World.profile(answers: Self.answers(World.password, codes: seed))])
    world.clock.set(by: wrong)
    let call = await world.get(Self.auto)
    #expect(call.value != nil, "\(String(describing: call.error))")
    await world.end()
  }

  /// A challenge of Okta Verify that is answered with a code, or by a push that is polled for.
  private static func challenge(number: Int) -> ModelIssuer.Fate {
    let state = #"{"name":"stateHandle","required":true,"value":"02.s","mutable":false}"#
    func form(_ name: String, _ path: String, _ more: String, _ field: String) -> String {
      #"{"rel":["create-form"],"name":"\#(name)","href":"\#(World.origin)/idp/idx/\#(path)","#
        + #""method":"POST",\#(more)"value":[\#(field)\#(state)]}"#
    }
    let code =
      #"{"name":"credentials","type":"object","form":{"value":[{"name":"totp","required":true}]}},"#
    let text =
      #"{"version":"1.0.0","stateHandle":"02.s","expiresAt":"2026-11-24T12:0\#(number % 10):00Z","#
      + #""messages":{"value":[{"message":"Attempt \#(number / 10)","class":"INFO"}]},"#
      + #""remediation":{"value":[\#(form("challenge-authenticator", "challenge/answer", "", code)),"#
      + "\(form("challenge-poll", "authenticators/poll", #""refresh":4000,"#, ""))]},"
      + #""currentAuthenticatorEnrollment":{"value":{"key":"okta_verify","type":"app","id":"e"}}}"#
    return .refused(200, [.contentType: "application/ion+json"], text)
  }

  @Test(
    "a code is waited for over polls, whether they change the prompt's end or its words",
    arguments: [1, 10])
  func polledCode(step: Int) async throws {
    let codes = OneTimeCodes(seed: Secret("12345678901234567890"))
    let world = try await World(
      profiles: [World.profile(answers: Self.answers(codes: codes))])
    let used = OneTimeCodes.step(at: world.clock.now())
    _ = await world.start { broker in broker.codesUsed["demo"] = used }
    world.issuer.next("/introspect", Self.challenge(number: 0))
    for number in 1...9 { world.issuer.next("/poll", Self.challenge(number: number * step)) }
    // What comes after it is of no concern here.
    world.issuer.next("/challenge/answer", .lost)
    let call = await world.get(Self.auto)
    await world.pass(.seconds(20))
    #expect(world.issuer.count("/poll") >= 3)
    #expect(world.issuer.count("/challenge/answer") == 0)
    await world.pass(.seconds(11))
    #expect(world.issuer.count("/challenge/answer") == 1)
    #expect(await world.broker.codesUsed["demo"] == used + 1)
    _ = call
    await world.end()
  }
}
