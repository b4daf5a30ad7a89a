// In which order a refresh asks, writes and answers, so that no moment is one in which something is
// lost or somebody waits for nothing.

import Foundation
import IdentityEngineSimulator
import Prompts
import Secrets
import Testing

@testable import TokenBroker

@Suite("The order of a refresh")
struct RefreshOrderTests {
  @Test("a new refresh token is on disk before keys are fetched to check the ID token with")
  func newToken() async throws {
    let world = try await World()
    try await world.signIn()
    let held = await world.get().value
    // The next process knows no keys yet.
    try await world.restart()
    world.issuer.always("/keys", .lost)
    let call = await world.force(timeout: .seconds(10))
    #expect(await world.get().value == held, "what is held is given meanwhile")
    await world.pass(.seconds(11))
    #expect(call.error == .timeout(waitingFor: .issuer))
    // Off for longer than the issuer's grace: with the old one all would be lost.
    try await world.crash(reboot: .seconds(60))
    world.issuer.forgetFates()
    #expect(await world.force().value != nil)
    await world.end()
  }

  @Test("metadata is there before the refresh is begun: the time it takes is not the grace's")
  func metadata() async throws {
    let world = try await World()
    try await world.signIn()
    try await world.restart()
    world.issuer.next("/.well-known/openid-configuration", .held)
    world.issuer.next("/token", .answerLost)
    let call = await world.force()
    await world.pass(.seconds(25))
    #expect(world.issuer.heldCount == 1)
    world.issuer.release()
    await world.pass(.seconds(60))
    #expect(call.value != nil, "\(String(describing: call.error))")
    await world.end()
  }

  @Test("a token that lives is given where the session has none of the new kind")
  func otherBinding() async throws {
    let world = try await World(accessLife: 600)
    try await world.signIn()
    let held = await world.get().value
    world.profiles[0].bindsTokens = true
    try await world.restart()
    await world.pass(.seconds(400))
    let demand = TokenDemand(
      profile: "demo", minimumLifetime: 300, interaction: .never)
    #expect(held != nil)
    #expect(await world.get(demand).value == held)
    await world.end()
  }

  @Test("a token that lives is given where the disk does not take that one more is asked for")
  func fullDisk() async throws {
    let world = try await World(accessLife: 600)
    try await world.signIn()
    let held = await world.get().value
    await world.pass(.seconds(400))
    let obstacle = world.folder.appendingPathComponent("session.1000.demo.record.new")
    try FileManager.default.createDirectory(at: obstacle, withIntermediateDirectories: false)
    let demand = TokenDemand(
      profile: "demo", minimumLifetime: 300, interaction: .never)
    #expect(held != nil)
    #expect(await world.get(demand).value == held)
    guard case .vaultUnavailable? = await world.force().error else {
      Issue.record("who insists hears why there is none")
      return
    }
    await world.end()
  }

  @Test("who has hung up while another refresh was under way has none begun")
  func hungUp() async throws {
    let world = try await World()
    try await world.signIn()
    let before = world.issuer.count("/token")
    world.issuer.next("/token", .held)
    _ = await world.force()
    let connection = world.connection()
    let call = await world.get(
      TokenDemand(profile: "demo", scopes: ["openid"], interaction: .never), on: connection)
    await world.broker.hangUp(connection)
    await world.settle()
    #expect(call.error == .transactionCancelled)
    world.issuer.release()
    await world.settle()
    #expect(world.issuer.count("/token") == before + 1)
    await world.end()
  }

  @Test("while the service waits for its last refresh, neither another nor a sign-in is begun")
  func stopping() async throws {
    let world = try await World()
    try await world.signIn()
    let asked = (world.issuer.count("/token"), world.issuer.count("/interact"))
    world.issuer.next("/token", .held)
    let last = await world.force()
    _ = await world.start { broker in await broker.finishRefreshes() }
    let other = await world.get(
      TokenDemand(profile: "demo", scopes: ["openid"], interaction: .wait))
    world.issuer.release()
    await world.settle()
    #expect(last.value != nil)
    #expect(other.error == .issuerUnavailable("the service is being stopped"))
    #expect(world.issuer.count("/token") == asked.0 + 1)
    #expect(world.issuer.count("/interact") == asked.1)
    await world.end()
  }
}
