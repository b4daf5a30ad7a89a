// Many callers, several prompters, one prompt: that one answer counts, none is lost, and nobody is
// asked more often than they must be (bars P1 to P3).

import Foundation
import IdentityEngineSimulator
import Prompts
import Secrets
import Testing

@testable import TokenBroker

@Suite("Asking persons")
struct PromptingTests {
  private static let wait = TokenDemand(
    profile: "demo", interaction: .wait, timeout: .seconds(600))

  /// How often a bar is tried, more with `REMEDY_BARS=full`.
  private static func rounds(_ few: Int, _ all: Int) -> Int {
    ProcessInfo.processInfo.environment["REMEDY_BARS"] == "full" ? all : few
  }

  @Test("P1: 100 callers, 5 prompters, and the one that answers is killed before its result")
  func killed() async throws {
    let world = try await World()
    for round in 0..<Self.rounds(15, 200) {
      let persons = (0..<5).map { _ in (ScriptedPerson(), world.connection()) }
      for (person, connection) in persons {
        _ = try await world.broker.attach(connection, World.peer, person, profiles: nil)
      }
      var calls: [Call<String>] = []
      for _ in 0..<100 { calls.append(await world.get(Self.wait)) }
      #expect(persons.allSatisfy { $0.0.shownCount == 1 }, "one prompt for all")
      let ids = Set(persons.compactMap { $0.0.open?.id })
      #expect(ids.count == 1)

      // The name is answered, and the prompter that did so dies with its answer under way.
      let (victim, itsConnection) = persons[round % 5]
      let others = persons.filter { $0.1 != itsConnection }
      let answers = world.issuer.count("/identify")
      world.issuer.next("/identify", .held)
      let prompt = try #require(victim.open)
      let answer = await world.answer(prompt, on: itsConnection)
      #expect(answer.result == nil)
      for (_, connection) in others {
        #expect(await world.answer(prompt, on: connection).error == .promptStale)
      }
      await world.broker.hangUp(itsConnection)
      world.issuer.release()
      await world.settle()
      #expect(world.issuer.count("/identify") == answers + 1, "one answer counts")
      for (person, _) in others {
        let withdrawals = person.notices.filter {
          if case .withdraw(prompt.id, .answered, _) = $0 { true } else { false }
        }
        #expect(withdrawals.count == 1)
      }

      // The others go on from there.
      let (next, connection) = others[round % 4]
      let password = try #require(next.open)
      await world.answer(password, on: connection)
      let tokens = Set(calls.compactMap(\.value))
      #expect(calls.allSatisfy { $0.value != nil }, "a call was lost in round \(round)")
      #expect(tokens.count == 1)
      for (_, connection) in persons { await world.broker.hangUp(connection) }
      _ = try await world.broker.logout(
        "demo", localOnly: false, timeout: .seconds(30), World.peer)
      await world.settle()
    }
    await world.end()
  }

  @Test("while an answer is at the issuer no other is taken, though its caller waits no longer")
  func underWay() async throws {
    let world = try await World()
    let persons = (0..<2).map { _ in (ScriptedPerson(), world.connection()) }
    for (person, connection) in persons {
      _ = try await world.broker.attach(connection, World.peer, person, profiles: nil)
    }
    let call = await world.get(Self.wait)
    let prompt = try #require(persons[0].0.open)
    world.issuer.next("/identify", .held)
    let answer = await world.answer(prompt, on: persons[0].1)
    await world.pass(.seconds(31))
    #expect(answer.error == .timeout(waitingFor: .issuer))
    #expect(await world.answer(prompt, on: persons[1].1).error == .promptStale)
    world.issuer.release()
    await world.settle()
    #expect(world.issuer.count("/identify") == 1)
    await world.answer(try #require(persons[1].0.open), on: persons[1].1)
    #expect(call.value != nil)
    await world.end()
  }

  @Test("of two answers at the same moment one counts, and the other hears that it came too late")
  func atOnce() async throws {
    let world = try await World()
    let person = ScriptedPerson()
    _ = try await world.broker.attach(world.connection(), World.peer, person, profiles: nil)
    _ = await world.get(Self.wait)
    let prompt = try #require(person.open)
    let answer = Answer(form: "identify", fields: ["identifier": "ann@example.com"])
    let calls = (0..<2).map { _ in
      let (call, connection) = (Call<AnswerOutcome>(world.clock), world.connection())
      world.broker.start { broker in
        do throws(BrokerError) {
          call.end(
            .success(
              try await broker.answer(
                prompt.id, answer, timeout: .seconds(30), World.peer, connection)))
        } catch {
          call.end(.failure(error))
        }
      }
      return call
    }
    await world.settle()
    #expect(calls.map(\.error) == [nil, .promptStale])
    #expect(world.issuer.count("/identify") == 1)
    await world.end()
  }

  @Test("a cancel while an answer is at the issuer ends the sign-in there too")
  func cancelledUnderWay() async throws {
    let world = try await World()
    let (person, connection) = try await world.prompter()
    let call = await world.get(Self.wait)
    await world.answer(try #require(person.open), on: connection, person)
    let password = try #require(person.open)
    world.issuer.next("/answer", .lost)
    let answer = await world.answer(password, on: connection)
    #expect(answer.result == nil)
    try await world.broker.cancel(password.id, World.peer)
    await world.settle()
    #expect(call.error == .transactionCancelled)
    #expect(answer.value == .failed(.transactionCancelled, profile: "demo"))
    #expect(world.issuer.count("/cancel") == 1)
    await world.end()
  }

  @Test("a caller that lets a person be asked does not join a sign-in that nobody can answer")
  func joining() async throws {
    let world = try await World()
    let waiting = await world.get(Self.wait)
    let auto = TokenDemand(profile: "demo", interaction: .auto, timeout: .seconds(600))
    #expect(
      await world.get(auto).error == .interactionRequired(profile: "demo", retryAfter: nil))
    #expect(waiting.result == nil)
    let (person, connection) = try await world.prompter()
    let joined = await world.get(auto)
    await world.answer(try #require(person.open), on: connection, person)
    await world.answer(try #require(person.open), on: connection, person)
    #expect(joined.value != nil && joined.value == waiting.value)
    await world.end()
  }

  @Test("P2: 100,000 stale and random prompt ids are all refused, and tell nobody anything")
  func stale() async throws {
    let world = try await World()
    let stranger = Peer(pid: 7, uid: 1001, gids: [])
    let spy = ScriptedPerson()
    let spying = world.connection()
    #expect(
      try await world.broker.attach(spying, stranger, spy, profiles: nil).isEmpty)
    let (person, connection) = try await world.prompter()
    let call = await world.get(Self.wait)
    let first = try #require(person.open)
    await world.answer(first, on: connection, person)
    let open = try #require(person.open)
    #expect(open.id != first.id)
    let answer = Answer(
      form: "challenge-authenticator", fields: ["credentials.passcode": "not it"])
    let count = Self.rounds(10_000, 100_000)
    let requests = world.issuer.count("")
    let accepted = await world.start { broker throws(BrokerError) in
      var accepted = 0
      for number in 0..<count {
        let random = PromptID(rawValue: Broker.unguessable())
        let (id, peer) =
          switch number % 4 {
          case 0: (first.id, World.peer)
          case 1: (random, World.peer)
          case 2: (open.id, stranger)
          default: (random, stranger)
          }
        do throws(BrokerError) {
          _ = try await broker.answer(id, answer, timeout: .seconds(30), peer, spying)
          accepted += 1
        } catch {
          if error != .promptStale { accepted += 1 }
        }
        do throws(BrokerError) {
          try broker.cancel(id, peer)
          accepted += 1
        } catch {
          if error != .promptStale { accepted += 1 }
        }
      }
      return accepted
    }
    #expect(accepted.value == 0)
    #expect(spy.notices.isEmpty)
    #expect(world.issuer.count("") == requests)
    #expect(person.open?.id == open.id, "the prompt is open as before")
    await world.answer(open, on: connection, person)
    #expect(call.value != nil)
    await world.end()
  }

  @Test("P3: 1,000 token.get in the minute after a cancel raise no more than two sign-ins")
  func cancelled() async throws {
    let world = try await World()
    let (person, connection) = try await world.prompter()
    let auto = TokenDemand(profile: "demo", interaction: .auto, timeout: .seconds(600))
    let first = await world.get(auto)
    let prompt = try #require(person.open)
    await world.answer(prompt, on: connection, person)
    try await world.broker.cancel(try #require(person.open).id, World.peer)
    await world.settle()
    #expect(first.error == .transactionCancelled)
    let answers = world.issuer.count("/identify") + world.issuer.count("/answer")
    var calls: [Call<String>] = []
    for _ in 0..<1000 {
      calls.append(await world.get(auto))
      await world.pass(.milliseconds(60))
    }
    #expect(world.issuer.count("/interact") <= 2)
    #expect(
      calls.prefix(490).allSatisfy {
        if case .interactionRequired("demo", .some) = $0.error { true } else { false }
      })
    #expect(world.issuer.count("/identify") + world.issuer.count("/answer") == answers)
    await world.end()
  }

  @Test("a first sign-in that a kill interrupts goes on from the same device")
  func device() async throws {
    let world = try await World()
    _ = await world.get(Self.wait)
    let key = SessionKey(profile: "demo", owner: .user(World.peer.uid))
    let before = try #require(await world.broker.entries[key]?.deviceToken)
    try await world.crash()
    #expect(await world.broker.transactions[key] != nil)
    #expect(await world.broker.entries[key]?.deviceToken == before)
    await world.end()
  }

  @Test("a prompter whose answer took too long is shown what comes of it, and how it ends")
  func tooLate() async throws {
    let world = try await World()
    let (person, connection) = try await world.prompter()
    let call = await world.get(Self.wait)
    for path in ["/identify", "/challenge/answer"] {
      // The answer has its effect, and the issuer does not say so.
      world.issuer.next(path, .answerLost)
      let prompt = try #require(person.open)
      let answer = await world.answer(prompt, on: connection, timeout: .seconds(10))
      await world.pass(.seconds(26))
      #expect(answer.error == .timeout(waitingFor: .issuer))
      #expect(person.open?.id != prompt.id, "the prompt is gone for this prompter too")
    }
    #expect(person.shownCount == 2)
    #expect(person.open == nil)
    #expect(call.value != nil)
    await world.end()
  }

  @Test("an answer that is lost on its way back has its result within the call all the same")
  func inTime() async throws {
    let world = try await World()
    let (person, connection) = try await world.prompter()
    let call = await world.get(Self.wait)
    world.issuer.next("/identify", .answerLost)
    let prompt = try #require(person.open)
    let answer = await world.answer(prompt, on: connection)
    await world.pass(.seconds(29))
    guard case .prompt(let next)? = answer.value else {
      Issue.record("\(String(describing: answer.result))")
      return
    }
    #expect(next.content.form("challenge-authenticator") != nil)
    #expect(call.result == nil)
    await world.end()
  }

  @Test("a prompt's end is told by the broker's clock, however far the issuer's is from it")
  func promptEnd() async throws {
    var left: [Int] = []
    for wrong in [0.0, 400, -400] {
      let world = try await World()
      world.clock.set(by: wrong)
      let (person, _) = try await world.prompter()
      _ = await world.get(Self.wait)
      let text = try #require(person.open?.content.expiresAt)
      let end = try Date(text, strategy: .iso8601)
      left.append(Int(end.timeIntervalSince(world.clock.now()).rounded()))
      await world.end()
    }
    #expect(left.allSatisfy { $0 > 0 && abs($0 - left[0]) <= 1 }, "\(left)")
  }

  @Test("polling stops when nobody waits and nobody could answer, and goes on with a prompter")
  func polling() async throws {
    let world = try await World(scenario: "push")
    let (person, connection) = try await world.prompter()
    let caller = world.connection()
    let call = await world.get(Self.wait, on: caller)
    for _ in 0..<4 {
      guard let prompt = person.open, prompt.content.form("challenge-poll") == nil else { break }
      await answerTowardsPush(world, prompt, connection, person)
    }
    let prompt = try #require(person.open)
    #expect(prompt.content.forms.contains { $0.kind == .poll }, "\(prompt.content.forms)")
    func polls() -> Int { world.issuer.count("/poll") }
    await world.pass(.seconds(20))
    let begun = polls()
    #expect(begun >= 3)

    // The caller alone is reason enough; without it and without a prompter there is none.
    await world.broker.detach(connection)
    await world.pass(.seconds(20))
    let alone = polls()
    #expect(alone > begun)
    await world.broker.hangUp(caller)
    await world.pass(.seconds(6))
    let last = polls()
    await world.pass(.seconds(60))
    #expect(polls() == last)
    #expect(call.error != nil)

    let next = ScriptedPerson()
    let back = world.connection()
    let open = try await world.broker.attach(back, World.peer, next, profiles: nil)
    #expect(open.map(\.transaction) == [prompt.transaction])
    await world.pass(.seconds(20))
    #expect(polls() > last)

    // And when nobody comes for two minutes, it is over at the issuer too.
    await world.broker.hangUp(back)
    let cancels = world.issuer.count("/cancel")
    await world.pass(.seconds(119))
    #expect(world.issuer.count("/cancel") == cancels)
    await world.pass(.seconds(2))
    #expect(world.issuer.count("/cancel") == cancels + 1)
    await world.end()
  }

  private func answerTowardsPush(
    _ world: World, _ prompt: Prompt, _ connection: ConnectionID, _ person: ScriptedPerson
  ) async {
    if prompt.content.form("identify") != nil
      || prompt.content.form("challenge-authenticator")?.fields.contains(where: {
        $0.name == "credentials.passcode"
      }) == true
    {
      await world.answer(prompt, on: connection, person)
      return
    }
    guard let form = prompt.content.forms.first(where: { $0.kind == .form }) else { return }
    var fields: [String: String] = [:]
    for field in form.fields where field.isRequired && field.value == nil {
      fields[field.name] = field.choices.first?.id
    }
    let answer = Answer(
      form: form.id, fields: .init(fields.map { .init($0.key, .string($0.value)) }))
    let call = await world.start { broker throws(BrokerError) in
      try await broker.answer(prompt.id, answer, timeout: .seconds(30), World.peer, connection)
    }
    if case .success(.prompt(let next))? = call.result { person.notify(.show(next)) }
  }
}
