// When the broker leaves an issuer, or a person, alone.

import Foundation
import HTTPTypes
import IdentityEngineSimulator
import Prompts
import Secrets
import Testing

@testable import TokenBroker

@Suite("Leaving the issuer alone")
struct PauseTests {
  @Test("in an hour of server errors a session asks at most twenty times, whoever calls")
  func anHour() async throws {
    let world = try await World(accessLife: 60)
    try await world.signIn()
    await world.pass(.seconds(61))
    world.issuer.always("/token", .refused(500, [:], "{}"))
    let before = world.issuer.count("/token")
    for _ in 0..<720 {
      #expect(await world.get().error != nil)
      await world.pass(.seconds(5))
    }
    #expect((10...20).contains(world.issuer.count("/token") - before))
    world.issuer.always("/token", nil)
    await world.pass(.seconds(301))
    #expect(await world.get().value != nil)
    await world.end()
  }

  private static let shapes: [([(String, String)], Double)] = [
    ([("Retry-After", "100")], 100),
    ([("Retry-After", "0")], 1),
    ([("Retry-After", "100000")], 900),
    ([("Retry-After", "99999999999999999999999999")], 900),
    ([("Retry-After", "+100 s")], 100),
    ([("X-Rate-Limit-Reset", "+100")], 100),
    ([("X-Rate-Limit-Reset", "-100")], 1),
    ([("X-Rate-Limit-Reset", "+86400")], 900),
    ([("X-Rate-Limit-Limit", "0"), ("X-Rate-Limit-Reset", "+100")], 1),
    ([("Retry-After", "200"), ("X-Rate-Limit-Reset", "+100")], 200),
    ([("Retry-After", "soon"), ("X-Rate-Limit-Reset", "+100")], 100),
    ([("Retry-After", "-5")], 1),
  ]

  @Test(
    "whatever shape a limit has, nothing is asked before its time, and nobody overrides it",
    arguments: 0..<12)
  func limits(shape: Int) async throws {
    let (fields, seconds) = Self.shapes[shape]
    let world = try await World()
    try await world.signIn()
    var headers = HTTPFields()
    for (name, text) in fields {
      let moment = world.clock.trueTime.addingTimeInterval(100)
      let value =
        switch (name, text) {
        case ("Retry-After", "+100 s"): ModelIssuer.date(moment)
        case ("X-Rate-Limit-Reset", _):
          String(Int(world.clock.trueTime.timeIntervalSince1970) + (Int(text) ?? 0))
        default: text
        }
      headers.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
    }
    world.issuer.next("/token", .refused(429, headers, "{}"))
    let before = world.issuer.count("/token")
    guard case .rateLimited? = await world.force().error else {
      Issue.record("no limit")
      return
    }
    for _ in 0..<10 {
      await world.pass(.seconds((seconds - 0.5) / 10))
      guard case .rateLimited(let left?)? = await world.force().error else {
        Issue.record("force_refresh overrode the limit")
        return
      }
      #expect((1...Int(seconds) + 1).contains(left))
    }
    #expect(world.issuer.count("/token") == before + 1)
    await world.pass(.seconds(1))
    #expect(await world.force().value != nil)
    #expect(world.issuer.count("/token") == before + 2)
    await world.end()
  }

  @Test("force_refresh overrides a pause of the broker's own")
  func forced() async throws {
    let world = try await World()
    try await world.signIn()
    world.issuer.always("/token", .refused(503, [:], "{}"))
    for _ in 0..<5 { #expect(await world.force().error != nil) }
    #expect(world.issuer.count("/token") == 6)
    world.issuer.always("/token", nil)
    #expect(await world.force().value != nil)
    await world.end()
  }

  @Test("a client that the issuer refuses is left alone for five minutes")
  func rejectedClient() async throws {
    let world = try await World(accessLife: 60)
    try await world.signIn()
    await world.pass(.seconds(61))
    let words = #"{"error":"invalid_client","error_description":"no"}"#
    world.issuer.always("/token", .refused(401, [:], words))
    let before = world.issuer.count("/token")
    for _ in 0..<59 {
      #expect(await world.get().error == .clientRejected("invalid_client: no"))
      await world.pass(.seconds(5))
    }
    #expect(world.issuer.count("/token") == before + 1)
    #expect(await world.force().error != nil)
    #expect(world.issuer.count("/token") == before + 2)
    world.issuer.always("/token", nil)
    await world.pass(.seconds(300))
    #expect(await world.get().value != nil)
    await world.end()
  }

  @Test(
    "tokens that fail validation are asked for again after five minutes, or a clock that is set")
  func rejectedTokens() async throws {
    let world = try await World(accessLife: 60)
    try await world.signIn()
    await world.pass(.seconds(61))
    // Twelve hours: more than an issuer's clock is believed to be apart from ours.
    world.clock.set(by: 43200)
    let before = world.issuer.count("/token")
    for _ in 0..<20 {
      guard case .tokenRejected? = await world.get().error else {
        Issue.record("not rejected")
        return
      }
      await world.pass(.seconds(5))
    }
    #expect(world.issuer.count("/token") == before + 1)
    world.clock.setRight()
    #expect(await world.get().value != nil)
    #expect(world.issuer.count("/token") == before + 2)
    await world.end()
  }

  @Test("a sign-in whose client is refused is not begun anew by callers for five minutes")
  func rejectedSignIn() async throws {
    let world = try await World()
    let (person, _) = try await world.prompter()
    let words = #"{"error":"invalid_client","error_description":"no"}"#
    world.issuer.next("/interact", .refused(401, [:], words))
    let demand = TokenDemand(profile: "demo", interaction: .auto)
    for _ in 0..<29 {
      #expect(await world.get(demand).error == .clientRejected("invalid_client: no"))
      await world.pass(.seconds(10))
    }
    #expect(world.issuer.count("/interact") == 1)
    await world.pass(.seconds(10))
    _ = await world.get(demand)
    #expect(world.issuer.count("/interact") == 2)
    #expect(person.shownCount == 1)
    await world.end()
  }

  @Test("a sign-in that the engine refuses is not raised again by callers for half a minute")
  func refusedSignIn() async throws {
    let world = try await World()
    let (person, _) = try await world.prompter()
    let end =
      #"{"version":"1.0.0","messages":{"type":"array","value":[{"message":"No access","#
      + #""class":"ERROR"}]}}"#
    world.issuer.next("/introspect", .refused(403, [.contentType: "application/ion+json"], end))
    let demand = TokenDemand(profile: "demo", interaction: .auto)
    guard case .transactionFailed? = await world.get(demand).error else {
      Issue.record("the engine did not refuse")
      return
    }
    for left in stride(from: 30, to: 0, by: -5) {
      #expect(
        await world.get(demand).error
          == .interactionRequired(profile: "demo", retryAfter: left + 1))
      await world.pass(.seconds(5))
    }
    #expect(world.issuer.count("/interact") == 1)
    let call = await world.get(demand)
    #expect(call.result == nil)
    #expect(person.shownCount == 1)
    await world.end()
  }

  @Test("a person who asks for it signs in at once, whatever was refused before")
  func onPurpose() async throws {
    let world = try await World()
    let words = #"{"error":"invalid_client","error_description":"no"}"#
    world.issuer.next("/interact", .refused(401, [:], words))
    let (_, connection) = try await world.prompter()
    #expect(
      await world.get(TokenDemand(profile: "demo", interaction: .auto)).error
        == .clientRejected("invalid_client: no"))
    await world.broker.hangUp(connection)
    try await world.signIn()
    #expect(await world.get().value != nil)
    await world.end()
  }

  @Test("a code of a seed that was given before a restart is not given again after it")
  func codes() async throws {
    let seed = try #require(OneTimeCodes(base32: Secret(Person.ann.totpSeed ?? "")))
    let answers = UnattendedAnswers(
      identifier: "ann@example.com", codes: seed,
      fields: ["credentials.passcode": Secret(World.password)])
    let world = try await World(
      scenario: "password-totp", profiles: [World.profile(answers: answers)])
    #expect(
      await world.get(TokenDemand(profile: "demo", interaction: .auto)).value != nil)
    let step = OneTimeCodes.step(at: world.clock.now())
    for isKilled in [false, true] {
      if isKilled { try await world.crash() } else { try await world.restart() }
      #expect(await world.broker.codesUsed["demo"] == step)
    }
    let connection = world.connection()
    let login = await world.start { broker throws(BrokerError) in
      try await broker.login(
        LoginDemand(profile: "demo", force: true), World.peer, connection)
    }
    #expect(login.result == nil, "it waits for the next code")
    await world.pass(.seconds(30))
    #expect(login.value != nil)
    await world.end()
  }
}
