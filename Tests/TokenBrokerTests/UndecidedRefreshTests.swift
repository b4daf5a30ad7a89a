// Refreshes of which it is not known how they ended, and what comes of them for the session.

import Foundation
import IdentityEngineSimulator
import Testing

@testable import TokenBroker

@Suite("A refresh that brought no answer")
struct UndecidedRefreshTests {
  @Test("of a session that has ended does not end the one after it")
  func formerSession() async throws {
    let world = try await World()
    try await world.signIn()
    world.issuer.next("/token", .answerLost)
    _ = await world.force()
    _ = await world.start { broker throws(BrokerError) in
      try await broker.logout("demo", localOnly: false, timeout: .seconds(5), World.peer)
    }
    try await world.signIn(force: true)
    // The former one's request is given up, and the issuer has revoked its refresh token.
    await world.pass(.seconds(60))
    #expect(await world.force().value != nil)
    await world.end()
  }

  @Test("is settled while the issuer's grace lasts, though nobody asks and no token is due")
  func settledInTime() async throws {
    let world = try await World()
    try await world.signIn()
    world.issuer.next("/token", .answerLost, .unreachable)
    let call = await world.force(timeout: .seconds(1))
    await world.pass(.seconds(40))
    #expect(call.error != nil)
    // The issuer has rotated at the first request: what came after it was in time, or all is lost.
    await world.pass(.seconds(600))
    #expect(await world.force().value != nil)
    await world.end()
  }

  @Test(
    "leaves a session that is not said to be renewable once the grace is over, nor to be signed in")
  func overTheGrace() async throws {
    let world = try await World(accessLife: 300)
    try await world.signIn()
    let key = SessionKey(profile: "demo", owner: .user(World.peer.uid))
    #expect(await world.broker.facts(key)?.isRefreshable == true)
    world.issuer.always("/token", .answerLost)
    _ = await world.force(timeout: .seconds(1))
    await world.pass(.seconds(60))
    #expect(await world.broker.facts(key)?.isRefreshable == false)
    await world.pass(.seconds(300))
    #expect(await world.broker.facts(key)?.state == .expired)
    // Whoever wants to sign in can, without insisting.
    world.issuer.forgetFates()
    try await world.signIn()
    #expect(await world.force().value != nil)
    await world.end()
  }
}
