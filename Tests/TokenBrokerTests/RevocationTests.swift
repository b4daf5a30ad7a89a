// Signing out, and that the issuer hears of it, sooner or later.

import Foundation
import HTTPTypes
import IdentityEngineSimulator
import Secrets
import Testing

@testable import TokenBroker

@Suite("Signing out")
struct RevocationTests {
  private func logout(
    _ world: World, localOnly: Bool = false, timeout: Duration = .seconds(30)
  ) async -> Call<LogoutOutcome> {
    await world.start { broker throws(BrokerError) in
      try await broker.logout("demo", localOnly: localOnly, timeout: timeout, World.peer)
    }
  }

  /// Whether the issuer still takes that access token.
  private func isLive(_ token: String, _ world: World) -> Bool {
    var headers = HTTPFields()
    headers[.authorization] = "Bearer " + token
    let now = world.clock.trueTime
    return world.issuer.organisation {
      $0.respond(
        to: SimulatedRequest(method: .get, target: "/oauth2/v1/userinfo", headers: headers),
        now: now
      ).status == 200
    }
  }

  @Test("revokes the refresh token and the access tokens at the issuer")
  func revokes() async throws {
    let world = try await World()
    try await world.signIn()
    let token = try #require(await world.get().value)
    #expect(isLive(token, world))
    #expect(await logout(world).value == LogoutOutcome(isRevoked: true, isQueued: false))
    #expect(!isLive(token, world))
    #expect(world.issuer.count("/revoke") == 2)
    #expect(await world.get().error == .interactionRequired(profile: "demo", retryAfter: nil))
    #expect(await logout(world).value == LogoutOutcome(isRevoked: false, isQueued: false))
    try await world.restart()
    #expect(await world.get().error == .interactionRequired(profile: "demo", retryAfter: nil))
    await world.pass(.seconds(3600))
    #expect(world.issuer.count("/revoke") == 2)
    await world.end()
  }

  @Test("only here leaves the issuer unasked, for good")
  func localOnly() async throws {
    let world = try await World()
    try await world.signIn()
    let token = try #require(await world.get().value)
    let outcome = await logout(world, localOnly: true).value
    #expect(outcome == LogoutOutcome(isRevoked: false, isQueued: false))
    try await world.restart()
    await world.pass(.seconds(1800))
    #expect(world.issuer.count("/revoke") == 0)
    #expect(isLive(token, world))
    #expect(await world.get().error != nil)
    await world.end()
  }

  @Test("an issuer that is away is told when it is back", arguments: [false, true])
  func queued(isKilled: Bool) async throws {
    let world = try await World()
    try await world.signIn()
    let token = try #require(await world.get().value)
    world.issuer.always("/revoke", .unreachable)
    #expect(await logout(world).value == LogoutOutcome(isRevoked: false, isQueued: true))
    await world.pass(.seconds(600))
    let tries = world.issuer.times("/revoke")
    let pauses = zip(tries, tries.dropFirst()).map { ($1 - $0) / .seconds(1) }
    #expect((6...12).contains(tries.count), "\(pauses)")
    #expect(pauses.allSatisfy { (1...301).contains($0) }, "\(pauses)")
    if isKilled { try await world.crash() } else { try await world.restart() }
    world.issuer.always("/revoke", .unreachable)
    await world.pass(.seconds(60))
    #expect(isLive(token, world))
    world.issuer.always("/revoke", nil)
    await world.pass(.seconds(301))
    #expect(!isLive(token, world))
    let told = world.issuer.count("/revoke")
    try await world.restart()
    await world.pass(.seconds(3600))
    #expect(world.issuer.count("/revoke") == told, "it is told once")
    await world.end()
  }

  @Test("killed at any moment of a logout, the tokens are revoked in the end")
  func killed() async throws {
    for held in [true, false] {
      let world = try await World()
      try await world.signIn()
      let token = try #require(await world.get().value)
      if held {
        world.issuer.next("/revoke", .lost)
      } else {
        world.issuer.next("/revoke", .answerLost)
      }
      let call = await logout(world)
      #expect(call.result == nil)
      try await world.crash()
      await world.pass(.seconds(60))
      #expect(!isLive(token, world))
      #expect(await world.get().error == .interactionRequired(profile: "demo", retryAfter: nil))
      await world.end()
    }
  }

  @Test("a logout takes no longer than its timeout, and the rest goes on behind it")
  func timeout() async throws {
    let world = try await World()
    try await world.signIn()
    world.issuer.next("/revoke", .lost)
    let call = await logout(world, timeout: .seconds(5))
    await world.pass(.seconds(4.9))
    #expect(call.result == nil)
    await world.pass(.seconds(0.2))
    #expect(call.value == LogoutOutcome(isRevoked: false, isQueued: true))
    await world.pass(.seconds(60))
    #expect(world.issuer.count("/revoke") == 3)
    await world.end()
  }

  @Test("a refresh token is given up after thirty days, an access token when it ends")
  func givenUp() async throws {
    let world = try await World(accessLife: 600)
    try await world.signIn()
    world.issuer.always("/revoke", .unreachable)
    _ = await logout(world)
    let key = SessionKey(profile: "demo", owner: .user(1000))
    #expect(await world.broker.revocations[key]?.pending.count == 2)
    await world.pass(.seconds(901))
    #expect(await world.broker.revocations[key]?.pending.count == 1)
    try await world.restart()
    world.clock.pass(.seconds(30 * 86400 - 1000))
    await world.settle()
    #expect(await world.broker.revocations[key]?.pending.count == 1)
    await world.pass(.seconds(400))
    #expect(await world.broker.revocations[key] == nil)
    let tries = world.issuer.count("/revoke")
    try await world.restart()
    await world.pass(.seconds(3600))
    #expect(world.issuer.count("/revoke") == tries)
    await world.end()
  }

  @Test("an issuer that will not is not asked again, one that limits is obeyed")
  func refused() async throws {
    let world = try await World()
    try await world.signIn()
    let words = #"{"error":"unsupported_token_type","error_description":"no"}"#
    world.issuer.always("/revoke", .refused(400, [:], words))
    #expect(await logout(world).value == LogoutOutcome(isRevoked: false, isQueued: false))
    await world.pass(.seconds(3600))
    #expect(world.issuer.count("/revoke") == 2)

    try await world.signIn()
    world.issuer.always("/revoke", nil)
    world.issuer.next("/revoke", .refused(429, [.retryAfter: "100"], "{}"))
    #expect(await logout(world).value == LogoutOutcome(isRevoked: false, isQueued: true))
    await world.pass(.seconds(99))
    #expect(world.issuer.count("/revoke") == 3)
    await world.pass(.seconds(2))
    #expect(world.issuer.count("/revoke") == 5)
    await world.end()
  }

  @Test("a logout that a full disk did not take is written when there is room, asked for or not")
  func diskFull() async throws {
    let world = try await World()
    try await world.signIn()
    let obstacles = ["session", "revocation"].map {
      world.folder.appendingPathComponent("\($0).1000.demo.record.new")
    }
    for obstacle in obstacles {
      try FileManager.default.createDirectory(at: obstacle, withIntermediateDirectories: false)
    }
    let call = await logout(world, localOnly: true)
    if case .vaultUnavailable? = call.error {} else { Issue.record("\(call.result as Any)") }
    let before = world.loop.count
    await world.pass(.seconds(60))
    #expect(world.loop.count - before < 1000, "it spins")
    for obstacle in obstacles { try FileManager.default.removeItem(at: obstacle) }
    await world.pass(.seconds(10))
    try await world.crash()
    #expect(await world.get().error == .interactionRequired(profile: "demo", retryAfter: nil))
    #expect(await world.get().error == .interactionRequired(profile: "demo", retryAfter: nil))
    // And the next sign-in is not taken for something unsaved.
    try await world.signIn()
    let writes = world.loop.count
    await world.pass(.seconds(60))
    #expect(world.loop.count - writes < 100)
    await world.end()
  }

  @Test("a logout ends a sign-in whose code is being redeemed, and gives back what that brings")
  func whileRedeeming() async throws {
    let world = try await World()
    let (person, connection) = try await world.prompter()
    let call = await world.get(TokenDemand(profile: "demo", interaction: .wait))
    await world.answer(try #require(person.open), on: connection, person)
    world.issuer.next("/token", .held)
    await world.answer(try #require(person.open), on: connection, person)
    #expect(world.issuer.heldCount == 1)
    #expect(await logout(world).value == LogoutOutcome(isRevoked: false, isQueued: false))
    #expect(call.error == .transactionCancelled)
    world.issuer.release()
    await world.settle()
    #expect(await world.get().error == .interactionRequired(profile: "demo", retryAfter: nil))
    #expect(world.issuer.count("/revoke") == 2)
    await world.end()
  }

  @Test("a session that another one replaces is revoked")
  func replaced() async throws {
    let world = try await World()
    try await world.signIn()
    let first = try #require(await world.get().value)
    try await world.signIn(force: true)
    let second = try #require(await world.get().value)
    #expect(first != second)
    #expect(!isLive(first, world))
    #expect(isLive(second, world))
    #expect(await world.force().value != nil)
    await world.end()
  }

  @Test("tokens that come when somebody has signed out meanwhile are revoked too")
  func late() async throws {
    let world = try await World()
    try await world.signIn()
    world.issuer.next("/token", .held)
    let forced = await world.force()
    #expect(await logout(world).value?.isRevoked == true)
    world.issuer.release()
    await world.settle()
    #expect(forced.error != nil)
    #expect(world.issuer.count("/revoke") == 4)
    await world.end()
  }
}
