// What becomes of a session, and of who asks, where an issuer says no to one thing for good.

import Foundation
import IdentityEngineSimulator
import Prompts
import Secrets
import Synchronization
import Testing

@testable import TokenBroker

@Suite("An issuer that refuses")
struct RefusalTests {
  private static let invalidScope = #"{"error":"invalid_scope","error_description":"not yours"}"#
  private static let invalidGrant = #"{"error":"invalid_grant","error_description":"spent"}"#

  /// Has it refuse the set of `openid` alone.
  private func refuseNarrow(_ world: World) {
    world.issuer.judge { path, body in
      path.hasSuffix("/token") && body.contains("scope=openid&")
        || body.hasSuffix("scope=openid") ? .refused(400, [:], Self.invalidScope) : nil
    }
  }

  private let narrow = TokenDemand(profile: "demo", scopes: ["openid"], interaction: .never)

  @Test("one set of scopes goes on renewing the others of the session")
  func oneSet() async throws {
    let world = try await World(accessLife: 300)
    try await world.signIn()
    refuseNarrow(world)
    let subscribers = [ScriptedSubscriber(world), ScriptedSubscriber(world)]
    for (subscriber, scopes) in zip(subscribers, [nil, ["openid"]]) {
      _ = try await world.broker.subscribe(
        "demo", scopes: scopes, World.peer, world.connection(), subscriber)
    }
    let before = world.issuer.count("/token")
    await world.pass(.seconds(3600))
    #expect(subscribers[0].changes.count >= 12)
    #expect(subscribers[0].goings.isEmpty)
    #expect(subscribers[1].notices.isEmpty)
    let refused = world.issuer.count("/token") - before - subscribers[0].changes.count
    #expect((2...13).contains(refused), "asked \(refused) times for what is refused")
    // It may have been granted meanwhile.
    world.issuer.forgetFates()
    await world.pass(.seconds(301))
    #expect(!subscribers[1].changes.isEmpty)
    await world.end()
  }

  @Test("a set of scopes is left alone for five minutes, and who asks is told why")
  func pause() async throws {
    let world = try await World()
    try await world.signIn()
    refuseNarrow(world)
    let before = world.issuer.count("/token")
    for _ in 0..<59 {
      let error = await world.get(narrow).error
      #expect("\(String(describing: error))".contains("invalid_scope: not yours"))
      #expect(error?.isTheIssuersAbsence == false)
      await world.pass(.seconds(5))
    }
    #expect(world.issuer.count("/token") == before + 1)
    #expect(await world.force().value != nil, "the others do not wait")
    world.issuer.forgetFates()
    await world.pass(.seconds(5))
    #expect(await world.get(narrow).value != nil)
    await world.end()
  }

  @Test("the code of a sign-in ends that sign-in, in the issuer's words")
  func code() async throws {
    let world = try await World()
    world.issuer.next("/token", .refused(400, [:], Self.invalidGrant))
    do throws(BrokerError) {
      try await signIn(world)
      Issue.record("signed in")
    } catch {
      guard case .transactionFailed(let messages) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(messages.first?.text.contains("spent") == true)
    }
    try await world.signIn()
    #expect(await world.get().value != nil)
    await world.end()
  }

  @Test("a sign-in from its beginning ends it in the issuer's words, and is not begun anew at once")
  func beginning() async throws {
    let world = try await World()
    _ = try await world.broker.attach(
      world.connection(), World.peer, ScriptedPerson(), profiles: nil)
    world.issuer.always("/interact", .refused(400, [:], Self.invalidScope))
    let demand = TokenDemand(profile: "demo", interaction: .auto)
    guard case .transactionFailed(let messages)? = await world.get(demand).error else {
      Issue.record("not ended in words")
      return
    }
    #expect(messages.map(\.text) == ["invalid_scope: not yours"])
    #expect(
      await world.get(demand).error == .interactionRequired(profile: "demo", retryAfter: 31))
    #expect(world.issuer.count("/interact") == 1)
    await world.end()
  }

  @Test("the engine's first step ends the sign-in in its words")
  func introspection() async throws {
    let world = try await World()
    _ = try await world.broker.attach(
      world.connection(), World.peer, ScriptedPerson(), profiles: nil)
    let words = #"{"errorCode":"E0000006","errorSummary":"You may not"}"#
    world.issuer.next("/introspect", .refused(403, [:], words))
    let demand = TokenDemand(profile: "demo", interaction: .auto)
    guard case .transactionFailed(let messages)? = await world.get(demand).error else {
      Issue.record("not ended in words")
      return
    }
    #expect(messages.map(\.text) == ["E0000006: You may not"])
    await world.end()
  }

  @Test("each refresh token that it gives has a caller sign in once, and not for ever")
  func everyRefresh() async throws {
    let answers = UnattendedAnswers(
      identifier: "ann@example.com",
      fields: ["credentials.passcode": Secret(World.password)])
    let world = try await World(profiles: [World.profile(answers: answers)])
    let refreshes = Mutex(0)
    world.issuer.judge { path, body in
      guard path.hasSuffix("/token"), body.contains("refresh_token") else { return nil }
      let number = refreshes.withLock { count in
        count += 1
        return count
      }
      // Were it for ever, this test would be as well.
      return number < 5 ? .refused(400, [:], Self.invalidGrant) : .held
    }
    let call = await world.get(
      TokenDemand(profile: "demo", scopes: ["openid"], interaction: .auto))
    #expect(call.error == .interactionRequired(profile: "demo", retryAfter: nil))
    #expect(world.issuer.count("/interact") == 1)
    await world.end()
  }

  /// Ends with what the sign-in ends with.
  private func signIn(_ world: World) async throws(BrokerError) {
    do {
      try await world.signIn()
    } catch let error as BrokerError {
      throw error
    } catch {
      throw .issuerUnavailable("\(error)")
    }
  }
}
