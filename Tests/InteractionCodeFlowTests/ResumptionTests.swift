// The playbook of runs that outlive the process, and of handles that do not outlive the engine.

import IdentityEngine
import InteractionCodeFlow
import JSON
import Prompts
import Testing

private let handle = InteractionHandle("handle")
private let byHandle = IDXRequest.introspect(handle, origin: "https://issuer.example")

@Suite("What is kept of a run")
struct CheckpointTests {
  @Test("is kept before the engine is asked anything, and again when the state handle is known")
  func order() throws {
    var transaction = Transaction(origin: "https://issuer.example")
    _ = transaction.handle(.begun, now: .zero)
    #expect(
      transaction.handle(.interacted(handle), now: .zero) == [.keep(Checkpoint(handle: handle))])
    #expect(transaction.handle(.interacted(handle), now: .zero) == [])
    guard case .send(_, let ticket)? = transaction.handle(.kept, now: .zero).first else {
      Issue.record("nothing is sent")
      return
    }
    let effects = transaction.handle(
      .responded(try Engine.identify(), ticket, lifetime: nil), now: .zero)
    #expect(
      effects.first == .keep(Checkpoint(handle: handle, stateHandle: StateHandle("02.s"))))
    #expect(transaction.handle(.kept, now: .zero) == [])
  }

  @Test("is kept once where the handle does not change, and anew where it does")
  func newest() throws {
    var stage = try Stage.showing(try Engine.identify())
    _ = stage.feed(.answered(form: "identify", values: [:]))
    _ = try stage.respond(try Engine.code())
    #expect(stage.kept.count == 1)
    _ = stage.feed(.answered(form: "challenge-authenticator", values: [:]))
    _ = try stage.respond(try Engine.push(handle: "02.t"))
    #expect(stage.kept.last?.stateHandle == StateHandle("02.t"))
    #expect(stage.kept.count == 2)
  }

  @Test("has what was done without asking, so that a restart does not do it again")
  func steps() throws {
    let offer = try Engine.answer(
      Engine.form("identify", ["name": "x"]), Engine.form("unlock-account"))
    let before = try Stage.showing(offer, for: .unlock)
    let checkpoint = try #require(before.kept.last)
    #expect(checkpoint.stepsTaken == ["unlock"])
    var after = Stage(.unlock)
    _ = after.feed(.resumed(checkpoint))
    #expect(try after.respond(offer).first == .show(Prompt.Content.shown(offer)))
  }
}

@Suite("After a restart")
struct ResumptionTests {
  private func resumed(_ stateHandle: StateHandle? = nil) -> Stage {
    var stage = Stage()
    _ = stage.feed(.resumed(Checkpoint(handle: handle, stateHandle: stateHandle)))
    return stage
  }

  @Test("the same forms are open again, under the same ids")
  func sameForms() throws {
    let push = try Engine.push()
    let before = try Stage.showing(push)
    var after = resumed(StateHandle("02.s"))
    _ = try after.respond(push)
    #expect(after.transaction.openStep?.content == before.transaction.openStep?.content)
  }

  @Test("an engine that is away is asked again, later each time, and nothing is lost")
  func away() throws {
    var stage = resumed()
    #expect(try stage.fail(.unavailable("no route")) == [.wake(after: .seconds(8))])
    let again = stage.feed(.woken, at: 8)
    #expect(again == [.send(byHandle, try stage.ticket())])
    #expect(try stage.fail(.rateLimited(after: .seconds(5)), at: 9) == [.wake(after: .seconds(5))])
    _ = stage.feed(.woken, at: 14)
    #expect(
      try stage.respond(try Engine.over("tooManyRequests"), at: 15)
        == [.wake(after: .seconds(60))])
    _ = stage.feed(.woken, at: 75)
    let code = try Engine.code()
    #expect(try stage.respond(code, at: 76).first == .show(Prompt.Content.shown(code)))
  }

  @Test("a forgotten interaction is asked about by its state handle, once")
  func byStateHandle() throws {
    var stage = resumed(StateHandle("02.s"))
    let asked = try stage.respond(try Engine.over("idx.session.expired"))
    #expect(
      asked == [
        .send(
          .introspect(StateHandle("02.s"), origin: "https://issuer.example"), try stage.ticket())
      ])
    #expect(stage.requests.last?.body == ["stateToken": "02.s"])
    #expect(try stage.respond(try Engine.over("idx.session.expired")) == [.finish(.expired)])

    var unknown = resumed()
    #expect(try unknown.fail(.invalidated("E0000011: Invalid token")) == [.finish(.expired)])
  }

  @Test("an engine that is away when it is asked by the state handle is asked so again")
  func byStateHandleAgain() throws {
    var stage = resumed(StateHandle("02.s"))
    #expect(try stage.fail(.unavailable("no route")) == [.wake(after: .seconds(8))])
    _ = stage.feed(.woken, at: 8)
    _ = try stage.respond(try Engine.over("idx.session.expired"), at: 9)
    #expect(try stage.fail(.unavailable("503"), at: 9) == [.wake(after: .seconds(8))])
    let again = stage.feed(.woken, at: 17)
    #expect(
      again == [
        .send(
          .introspect(StateHandle("02.s"), origin: "https://issuer.example"), try stage.ticket())
      ])
    #expect(
      try stage.respond(try Engine.over("tooManyRequests"), at: 26)
        == [.wake(after: .seconds(60))])
    _ = stage.feed(.woken, at: 86)
    let code = try Engine.code()
    var alive = stage
    #expect(try alive.respond(code, at: 87).first == .show(Prompt.Content.shown(code)))
    #expect(try stage.fail(.invalidated("E0000011: Invalid token")) == [.finish(.expired)])
  }

  @Test("what is refused is over")
  func refused() throws {
    var stage = resumed(StateHandle("02.s"))
    #expect(
      try stage.fail(.refused("E0000020: Bad request"))
        == [.finish(.failed(.refused("E0000020: Bad request")))])
  }
}

@Suite("A handle that the engine no longer knows")
struct InvalidatedTests {
  private let fault = Transaction.Fault.invalidated("E0000011: Invalid token")

  @Test("on an answer has the engine asked where it stands, and the run is over if nowhere")
  func answer() throws {
    var stage = try Stage.showing(try Engine.identify(), lifetime: .seconds(300))
    _ = stage.feed(.answered(form: "identify", values: [:]), at: 1)
    let effects = try stage.fail(fault, at: 2)
    #expect(effects == [.send(byHandle, try stage.ticket())])
    var alive = stage
    let code = try Engine.code()
    #expect(try alive.respond(code, at: 3).first == .show(Prompt.Content.shown(code)))
    var away = stage
    #expect(
      try away.fail(.unavailable("no route"), at: 3) == [
        .remain(fault), .wake(after: .seconds(297)),
      ])
    #expect(try stage.fail(fault, at: 3) == [.finish(.expired)])
  }

  @Test("on a poll likewise")
  func poll() throws {
    var stage = try Stage.showing(try Engine.push())
    _ = stage.feed(.woken, at: 2)
    let effects = try stage.fail(fault, at: 3)
    #expect(effects == [.send(byHandle, try stage.ticket())])
    #expect(try stage.fail(fault, at: 4) == [.finish(.expired)])
  }
}

@Suite("A run that nobody attends")
struct AttendanceTests {
  @Test("does not poll, and goes on at once when somebody comes back")
  func pauses() throws {
    var stage = try Stage.showing(try Engine.push(), lifetime: .seconds(300))
    #expect(stage.feed(.attended(false), at: 1) == [.wake(after: .seconds(299))])
    #expect(stage.feed(.attended(false), at: 1) == [])
    #expect(stage.feed(.woken, at: 2) == [.wake(after: .seconds(298))])
    #expect(stage.requests.count == 1)
    #expect(stage.feed(.attended(true), at: 50) == [.wake(after: .zero)])
    _ = stage.feed(.woken, at: 50)
    #expect(stage.requests.last?.name == "challenge-poll")
  }

  @Test("still takes what a poll brings that was under way, and still expires")
  func underWay() throws {
    var stage = try Stage.showing(try Engine.push(), lifetime: .seconds(300))
    _ = stage.feed(.woken, at: 2)
    _ = stage.feed(.attended(false), at: 3)
    var done = stage
    let success = try Engine.success()
    #expect(
      try done.respond(success, at: 4) == [
        .finish(.succeeded(try #require(success.success?.code)))
      ])
    #expect(try stage.respond(try Engine.push(), at: 4) == [.wake(after: .seconds(296))])
    #expect(stage.feed(.woken, at: 300) == [.finish(.expired)])
  }

  @Test("from the beginning shows its prompt and waits")
  func fromTheBeginning() throws {
    var stage = Stage()
    _ = stage.feed(.resumed(Checkpoint(handle: handle)))
    #expect(stage.feed(.attended(false)) == [])
    let push = try Engine.push()
    #expect(
      try stage.respond(push, lifetime: .seconds(300)) == [
        .show(Prompt.Content.shown(push)), .wake(after: .seconds(300)),
      ])
  }
}
