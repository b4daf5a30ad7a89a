// How long a token is believed to live, by clocks that are set, stand still, or were wrong.

import Foundation
import Testing

@testable import TokenBroker

@Suite("How long a token is believed to live")
struct ClockTests {
  private func demand(minimum: Double) -> TokenDemand {
    TokenDemand(profile: "demo", minimumLifetime: minimum, interaction: .never)
  }

  @Test("a token is not given in the very moment in which it ends")
  func end() async throws {
    let world = try await World(accessLife: 600)
    try await world.signIn()
    world.issuer.always("/token", .unreachable)
    await world.pass(.seconds(599))
    #expect(await world.get(demand(minimum: 0)).value != nil)
    await world.pass(.seconds(1))
    #expect(await world.get(demand(minimum: 0)).error != nil)
    await world.end()
  }

  @Test(
    "a token that came while the wall clock was ahead lives no longer for that, after a restart",
    arguments: [false, true])
  func ahead(isKilled: Bool) async throws {
    let world = try await World(accessLife: 3600)
    world.clock.set(by: 500)
    try await world.signIn()
    let first = try #require(await world.get().value)
    world.clock.setRight()
    if isKilled { try await world.crash() } else { try await world.restart() }
    world.issuer.always("/token", .unreachable)
    await world.pass(.seconds(3599 - 1))
    #expect(await world.get(demand(minimum: 0)).value == first)
    await world.pass(.seconds(2))
    #expect(await world.get(demand(minimum: 0)).error != nil)
    await world.end()
  }

  @Test("a clock that is set back over a reboot makes nobody believe in an old token")
  func reboot() async throws {
    let world = try await World(accessLife: 3600)
    world.clock.set(by: 500)
    try await world.signIn()
    try await world.crash(reboot: .seconds(60))
    world.issuer.always("/token", .unreachable)
    #expect(await world.get(demand(minimum: 0)).value != nil, "nothing tells of a wrong clock yet")
    try await world.crash(reboot: .seconds(60))
    world.clock.setRight()
    world.issuer.always("/token", .unreachable)
    #expect(await world.get(demand(minimum: 0)).error != nil)
    await world.end()
  }

  @Test("a token's life counts from when it was asked for, not from when the answer came")
  func asked() async throws {
    let world = try await World(accessLife: 600)
    try await world.signIn()
    world.issuer.next("/token", .held)
    let call = await world.force()
    await world.pass(.seconds(100))
    world.issuer.release()
    await world.settle()
    let token = try #require(call.value)
    world.issuer.always("/token", .unreachable)
    await world.pass(.seconds(499))
    #expect(await world.get(demand(minimum: 0)).value == token)
    await world.pass(.seconds(1))
    #expect(await world.get(demand(minimum: 0)).error != nil)
    await world.end()
  }

  @Test("a token that is dead on arrival is asked for once more, and not given")
  func deadOnArrival() async throws {
    let world = try await World(accessLife: 60)
    try await world.signIn()
    let before = world.issuer.count("/token")
    world.issuer.next("/token", .held)
    let call = await world.force()
    // The machine slept while the answer was on its way.
    world.clock.suspend(.seconds(61))
    world.issuer.release()
    await world.settle()
    #expect(call.value != nil)
    #expect(world.issuer.count("/token") == before + 2)

    world.issuer.next("/token", .held, .held)
    let second = await world.force()
    for _ in 0..<2 {
      world.clock.suspend(.seconds(61))
      world.issuer.release()
      await world.settle()
    }
    guard case .issuerUnavailable? = second.error else {
      Issue.record("\(String(describing: second.result))")
      return
    }
    await world.end()
  }

  @Test("a sign-in whose token is dead on arrival ends in one that lives")
  func deadSignIn() async throws {
    let world = try await World(accessLife: 60)
    world.issuer.next("/token", .held)
    let (person, connection) = try await world.prompter()
    let call = await world.get(
      TokenDemand(profile: "demo", minimumLifetime: 0, interaction: .auto), on: connection)
    while let prompt = person.open, world.issuer.heldCount == 0 {
      await world.answer(prompt, on: connection, person)
    }
    world.clock.suspend(.seconds(61))
    world.issuer.release()
    await world.settle()
    #expect(call.value != nil)
    #expect(world.issuer.count("/token") == 2)
    await world.end()
  }

  @Test("a wall clock that is set during a refresh costs neither the token nor the session")
  func setMeanwhile() async throws {
    let world = try await World(accessLife: 3600)
    try await world.signIn()
    for step in [-500.0, 500, 500, -500] {
      world.issuer.next("/token", .answerLost)
      let call = await world.force()
      world.clock.set(by: step)
      await world.pass(.seconds(15))
      #expect(call.value != nil, "\(String(describing: call.error))")
    }
    world.clock.setRight()
    #expect(
      !world.issuer.organisation { $0.systemLog.contains { $0.event.hasSuffix("detect_reuse") } })
    await world.end()
  }
}
