// The playbook of a transaction: what happens, and exactly what is done about it.

import IdentityEngine
import InteractionCodeFlow
import JSON
import Prompts
import TestSupport
import Testing

private typealias Effect = Transaction.Effect

private let password: [String: AnsweredValue] = ["credentials.passcode": .value("s3cret")]

/// What a person is shown for an answer.
private func shown(_ response: IDXResponse) throws -> Prompt.Content {
  guard case .show(let content)? = Transaction.introspected(response).1.first else {
    throw Transaction.Fault.refused("no prompt")
  }
  return content
}

@Suite("A sign-in")
struct SignInTests {
  @Test("leads from a handle over the answers of a person to a code")
  func signIn() throws {
    var stage = Stage()
    #expect(stage.feed(.begun) == [.interact])

    let introspect = IDXRequest.introspect(
      InteractionHandle("handle"), origin: "https://issuer.example")
    let handle = InteractionHandle("handle")
    #expect(stage.feed(.interacted(handle)) == [])
    #expect(stage.kept == [Checkpoint(handle: handle)])
    let asked = stage.feed(.kept)
    #expect(asked == [.send(introspect, try stage.ticket())])

    let identify = try Engine.identify()
    #expect(
      try stage.respond(identify, lifetime: .seconds(7200)) == [
        .show(try shown(identify)), .wake(after: .seconds(7200)),
      ])

    let sent = stage.feed(.answered(form: "identify", values: ["identifier": .value("ann")]))
    #expect(
      sent == [
        .send(
          .submit(identify.remediations[0], body: ["identifier": "ann", "stateHandle": "02.s"]),
          try stage.ticket())
      ])

    let code = try Engine.code()
    #expect(
      try stage.respond(code, lifetime: .seconds(300), at: 10) == [
        .show(try shown(code)), .wake(after: .seconds(300)),
      ])

    _ = stage.feed(.answered(form: "challenge-authenticator", values: password), at: 20)
    #expect(
      stage.requests.last?.body == [
        "credentials": ["passcode": "s3cret"], "stateHandle": "02.s",
      ])
    let success = try Engine.success()
    #expect(
      try stage.respond(success, at: 21) == [
        .finish(.succeeded(try #require(success.success?.code)))
      ])
    #expect(stage.feed(.woken, at: 30) == [])
    #expect(stage.feed(.cancelled, at: 30) == [])
  }

  @Test("shows a wrong answer's prompt again, with the words that the engine puts to the field")
  func wrongAnswer() throws {
    var stage = try Stage.showing(try Engine.code(), lifetime: .seconds(300))
    _ = stage.feed(.answered(form: "challenge-authenticator", values: password), at: 10)
    let again = try Engine.code(said: [Engine.said("PASSCODE_INVALID", "Invalid code.")])
    let effects = try stage.respond(again, at: 11)
    // Without a lifetime of its own, what was left of the old one holds.
    #expect(effects == [.show(try shown(again)), .wake(after: .seconds(289))])
    let field = try shown(again).forms[0].fields[0]
    #expect(
      field.messages == [Message(level: .error, key: "PASSCODE_INVALID", text: "Invalid code.")])
  }

  @Test("resumed after a restart, asks where it stands and goes on from there")
  func resume() throws {
    var stage = Stage()
    let effects = stage.feed(.resumed(Checkpoint(handle: InteractionHandle("handle"))))
    #expect(
      effects == [
        .send(
          .introspect(InteractionHandle("handle"), origin: "https://issuer.example"),
          try stage.ticket())
      ])
    let code = try Engine.code()
    #expect(try stage.respond(code).first == .show(try shown(code)))
  }

  @Test("that never came to a prompt fails with the reason")
  func noPrompt() throws {
    var stage = Stage()
    _ = stage.feed(.begun)
    let fault = Transaction.Fault.refused("invalid_client: Who?")
    #expect(stage.feed(.failed(fault, nil)) == [.finish(.failed(fault))])

    var second = Stage()
    _ = second.feed(.begun)
    _ = second.feed(.interacted(InteractionHandle("handle")))
    _ = second.feed(.kept)
    #expect(
      try second.fail(.unavailable("no route")) == [.finish(.failed(.unavailable("no route")))])
  }

  @Test("ends with the engine's words, or with what it sent in place of words")
  func ends() throws {
    var stage = try Stage.showing(try Engine.identify())
    _ = stage.feed(.answered(form: "identify", values: [:]))
    let over = try Engine.over("idx.error.locked", "Locked.")
    #expect(
      try stage.respond(over) == [
        .finish(.ended([Message(level: .error, key: "idx.error.locked", text: "Locked.")]))
      ])

    let redirect = try IDXResponse(
      status: 200,
      body: JSONWriter.bytes(["version": "1.0.0", "success": ["href": "https://app.example/"]]))
    #expect(
      Transaction.introspected(redirect).1 == [
        .finish(
          .ended([Message(level: .info, text: "It goes on in a browser, at https://app.example/")]))
      ])

    let unknown = try IDXResponse(
      status: 200, body: Array(#"{"version":"1.0.0","toll":{"name":"bridge"}}"#.utf8))
    #expect(
      Transaction.introspected(unknown).1 == [
        .finish(
          .ended([
            Message(level: .info, text: #"The issuer only said: {"toll":{"name":"bridge"}}"#)
          ]))
      ])
  }

  @Test(
    "that ends for want of a managed device says what an administrator can do, and where it is set up",
    .enabled(if: Corpus.isPresent, Comment(rawValue: Corpus.absence)),
    arguments: [
      ("mdm-enrollment", "https://sampleEnrollmentlink.com"),
      ("oda-enrollment-android", "https://idx.okta1.com"),
      ("oda-enrollment-ios", "https://idx.okta1.com"),
    ])
  func deviceEnrollment(_ name: String, _ address: String) throws {
    let bytes = try #require(Corpus.found).bytes("responses/okta-signin-widget/\(name).json")
    let response = try IDXResponse(status: 200, body: bytes)
    guard case .finish(.ended(let words))? = Transaction.introspected(response).1.first else {
      Issue.record("no end")
      return
    }
    #expect(words.map(\.key) == ["remedy.unsupported"])
    #expect(words.first?.text.contains("exempt this platform") == true)
    let addresses = words.flatMap(\.links).map { $0["url"] }
    #expect(addresses == [.string(address)])
  }

  @Test("that is cancelled says farewell to the engine, once, and waits for nothing")
  func cancel() throws {
    let identify = try Engine.identify()
    var stage = try Stage.showing(identify)
    let farewell = IDXRequest.submit(
      try #require(identify.cancel), body: ["stateHandle": "02.s"])
    #expect(stage.feed(.cancelled) == [.farewell(farewell), .finish(.cancelled)])
    #expect(stage.feed(.cancelled) == [])

    var early = Stage()
    _ = early.feed(.begun)
    #expect(early.feed(.cancelled) == [.finish(.cancelled)])
    #expect(early.feed(.interacted(InteractionHandle("late"))) == [])
  }

  @Test("cancelled while an answer is under way drops what the answer brings")
  func cancelWhileSubmitting() throws {
    var stage = try Stage.showing(try Engine.code())
    _ = stage.feed(.answered(form: "challenge-authenticator", values: password))
    #expect(stage.feed(.cancelled).last == .finish(.cancelled))
    #expect(try stage.respond(try Engine.success()) == [])
  }

  @Test("expires when the engine's time is over, and not before")
  func expiry() throws {
    var stage = try Stage.showing(try Engine.identify(), lifetime: .seconds(60))
    #expect(stage.feed(.woken, at: 59) == [.wake(after: .seconds(1))])
    #expect(stage.feed(.woken, at: 60) == [.finish(.expired)])
  }

  @Test("counts a lifetime that is missing or past on arrival as five minutes")
  func oddLifetime() throws {
    for lifetime in [nil, Duration.zero, .seconds(-5)] {
      let effects = Transaction.introspected(try Engine.identify(), lifetime: lifetime).1
      #expect(effects.last == .wake(after: .seconds(300)))
    }
  }
}

@Suite("An answer that goes wrong")
struct FailedAnswerTests {
  private func answering() throws -> Stage {
    var stage = try Stage.showing(try Engine.code(), lifetime: .seconds(300))
    _ = stage.feed(.answered(form: "challenge-authenticator", values: password), at: 10)
    return stage
  }

  @Test("for too many requests leaves the prompt as it is")
  func rateLimited() throws {
    var stage = try answering()
    let fault = Transaction.Fault.rateLimited(after: .seconds(30))
    #expect(
      try stage.fail(fault, at: 12) == [.remain(fault), .wake(after: .seconds(288))])
    #expect(stage.transaction.openStep?.content == (try shown(try Engine.code())))

    // The same, told by an answer that has nothing but the message.
    _ = stage.feed(.answered(form: "challenge-authenticator", values: password), at: 20)
    #expect(
      try stage.respond(try Engine.over("tooManyRequests"), at: 22) == [
        .remain(.rateLimited(after: nil)), .wake(after: .seconds(278)),
      ])
    #expect(stage.requests.count == 3)  // the introspection and two answers: nothing repeats itself
  }

  @Test("that may have arrived is never sent again: the engine is asked where it stands")
  func unavailable() throws {
    var stage = try answering()
    let asked = try stage.fail(.unavailable("timeout"), at: 40)
    #expect(
      asked == [
        .send(
          .introspect(InteractionHandle("handle"), origin: "https://issuer.example"),
          try stage.ticket())
      ])
    let next = try Engine.identify()
    #expect(try stage.respond(next, at: 41).first == .show(try shown(next)))
    #expect(stage.requests.count { $0.name == "challenge-authenticator" } == 1)
  }

  @Test("that came to nothing is said to have, where the same is asked again")
  func cameToNothing() throws {
    var stage = try answering()
    _ = try stage.fail(.unavailable("the issuer answered 503"), at: 40)
    let effects = try stage.respond(try Engine.code(), at: 41)
    guard case .show(let content)? = effects.first else {
      Issue.record("\(effects)")
      return
    }
    #expect(content.messages.map(\.level) == [.warning])
    #expect(content.messages.first?.text.contains("the issuer answered 503") == true)
  }

  @Test("and whose fate the engine can't tell either leaves the prompt open, with the first reason")
  func unavailableTwice() throws {
    var stage = try answering()
    _ = try stage.fail(.unavailable("timeout"), at: 40)
    #expect(
      try stage.fail(.unavailable("no route"), at: 50) == [
        .remain(.unavailable("timeout")), .wake(after: .seconds(250)),
      ])
    let again = stage.feed(.answered(form: "challenge-authenticator", values: password), at: 60)
    #expect(again.count == 1)
  }

  @Test("in another shape than the engine's is told in the sender's words")
  func refused() throws {
    var stage = try answering()
    let fault = Transaction.Fault.refused("E0000011: Invalid token")
    #expect(try stage.fail(fault, at: 12) == [.remain(fault), .wake(after: .seconds(288))])
  }

  @Test("for a dead handle is asked about once, before it counts")
  func deadHandle() throws {
    var stage = try answering()
    let effects = try stage.respond(try Engine.over("idx.session.expired"), at: 12)
    guard case .send(let request, _)? = effects.first, effects.count == 1 else {
      Issue.record("\(effects)")
      return
    }
    #expect(request.name == "introspect")
    var revived = stage
    let identify = try Engine.identify()
    #expect(try revived.respond(identify, at: 13).first == .show(try shown(identify)))
    #expect(
      try stage.respond(try Engine.over("idx.session.expired"), at: 13) == [.finish(.expired)])
  }

  @Test("is the only one under way")
  func oneAtATime() throws {
    var stage = try answering()
    #expect(stage.feed(.answered(form: "challenge-authenticator", values: password)) == [])
    #expect(stage.feed(.woken, at: 11) == [])
  }

  @Test("whose form leads off the issuer's origin was not sent: nothing is asked, the prompt stays")
  func misdirected() throws {
    var stage = try answering()
    let fault = Transaction.Fault.misdirected("off its own origin")
    let effects = try stage.fail(fault, at: 11)
    #expect(effects.first == .remain(fault))
    #expect(!effects.contains { if case .send = $0 { true } else { false } })
    #expect(stage.transaction.openStep?.content.forms.first?.id == "challenge-authenticator")
  }

  @Test("for a form that is not there costs no request")
  func noSuchForm() throws {
    var stage = try Stage.showing(try Engine.code())
    #expect(stage.feed(.answered(form: "x", values: [:])) == [.remain(.refused("no such form"))])
  }
}

@Suite("A poll")
struct PollTests {
  private func polling(_ response: IDXResponse) throws -> Stage {
    var stage = try Stage.showing(response, lifetime: .seconds(300))
    _ = stage.feed(.woken, at: 2)
    return stage
  }

  @Test("waits its interval, sends its own fields, and only one is under way")
  func first() throws {
    let push = try Engine.push()
    var stage = Stage()
    _ = stage.feed(.resumed(Checkpoint(handle: InteractionHandle("handle"))))
    #expect(
      try stage.respond(push, lifetime: .seconds(300)) == [
        .show(try shown(push)), .wake(after: .seconds(2)),
      ])
    #expect(stage.feed(.woken, at: 1) == [.wake(after: .seconds(1))])
    let sent = stage.feed(.woken, at: 2)
    #expect(
      sent == [
        .send(
          .submit(push.remediations[0], body: ["autoChallenge": true, "stateHandle": "02.s"]),
          try stage.ticket()),
        .wake(after: .seconds(298)),
      ])
    #expect(stage.feed(.woken, at: 3) == [.wake(after: .seconds(297))])
  }

  @Test("that finds nothing new goes on in silence, with the handle that came")
  func unchanged() throws {
    var stage = try polling(try Engine.push())
    #expect(
      try stage.respond(try Engine.push(handle: "02.t"), at: 3) == [.wake(after: .seconds(2))])
    _ = stage.feed(.woken, at: 5)
    #expect(stage.requests.last?.body["stateHandle"] == "02.t")
  }

  @Test("that finds the challenge changed updates the prompt and takes the new interval")
  func changed() throws {
    var stage = try polling(try Engine.push())
    let next = try Engine.push(refresh: 500, number: 34)
    #expect(
      try stage.respond(next, lifetime: .seconds(300), at: 3) == [
        .update(try shown(next)), .wake(after: .milliseconds(500)),
      ])
  }

  @Test("that finds the next step shows it")
  func movedOn() throws {
    var stage = try polling(try Engine.push())
    let code = try Engine.code()
    #expect(
      try stage.respond(code, lifetime: .seconds(300), at: 3) == [
        .show(try shown(code)), .wake(after: .seconds(300)),
      ])
    var other = try polling(try Engine.push())
    let push = try Engine.push(id: "pfd2")
    #expect(try other.respond(push, at: 3).first == .show(try shown(push)))
  }

  @Test("that finds the sign-in done, ended or dead says so")
  func finished() throws {
    let push = try Engine.push()
    let success = try Engine.success()
    var done = try polling(push)
    #expect(try done.respond(success) == [.finish(.succeeded(try #require(success.success?.code)))])
    var ended = try polling(push)
    #expect(
      try ended.respond(try Engine.over("rejected", "No.")) == [
        .finish(.ended([Message(level: .error, key: "rejected", text: "No.")]))
      ])
    var dead = try polling(push)
    _ = try dead.respond(try Engine.over("idx.session.expired"))
    #expect(dead.requests.last?.name == "introspect")
  }

  @Test("that an answer overtook is dropped when it comes back")
  func overtaken() throws {
    var stage = try polling(try Engine.push())
    _ = stage.feed(
      .answered(form: "select-authenticator-authenticate", values: ["x": .value("y")]), at: 3)
    #expect(try stage.respond(try Engine.success(), to: 1, at: 4) == [])
    #expect(try stage.fail(.unavailable("reset"), to: 1, at: 4) == [])
    let code = try Engine.code()
    #expect(try stage.respond(code, to: 2, at: 5).first == .show(try shown(code)))
    #expect(try stage.respond(try Engine.push(), to: 1, at: 6) == [])
  }

  @Test("goes on after an answer that was not taken had overtaken it")
  func resumesAfterRefusal() throws {
    var stage = try polling(try Engine.push())
    _ = stage.feed(
      .answered(form: "select-authenticator-authenticate", values: ["x": .value("y")]), at: 3)
    #expect(
      try stage.fail(.rateLimited(after: nil), at: 4) == [
        .remain(.rateLimited(after: nil)), .wake(after: .seconds(2)),
      ])
    _ = stage.feed(.woken, at: 6)
    #expect(stage.requests.last?.name == "challenge-poll")

    // The same where the engine could not be asked after a poll had found the handle dead.
    _ = try stage.respond(try Engine.over("idx.session.expired"), at: 7)
    #expect(
      try stage.fail(.unavailable("no route"), at: 8) == [
        .remain(.unavailable("no route")), .wake(after: .seconds(2)),
      ])
    _ = stage.feed(.woken, at: 10)
    #expect(stage.requests.last?.name == "challenge-poll")
  }

  @Test("that fails keeps the prompt and comes back later each time; a rate limit names the time")
  func failures() throws {
    var stage = try polling(try Engine.push())
    #expect(try stage.fail(.unavailable("reset"), at: 3) == [.wake(after: .seconds(8))])
    _ = stage.feed(.woken, at: 11)
    #expect(try stage.fail(.unavailable("reset"), at: 12) == [.wake(after: .seconds(16))])
    _ = stage.feed(.woken, at: 28)
    #expect(
      try stage.fail(.rateLimited(after: .seconds(41)), at: 29) == [.wake(after: .seconds(41))])
    _ = stage.feed(.woken, at: 70)
    #expect(
      try stage.respond(try Engine.over("tooManyRequests"), at: 71) == [
        .wake(after: .seconds(60))
      ])
    #expect(stage.transaction.openStep != nil)
  }

  @Test("that leads off the issuer's origin ends the sign-in: nobody can choose another way for it")
  func misdirected() throws {
    var stage = try polling(try Engine.push())
    let fault = Transaction.Fault.misdirected("off its own origin")
    #expect(try stage.fail(fault, at: 3) == [.finish(.failed(fault))])
  }

  @Test("never runs faster than twice a second, and every four seconds where nothing is said")
  func interval() throws {
    for (refresh, wait) in [(0, 0.5), (-7, 0.5), (nil, 4.0)] {
      let effects = Transaction.introspected(try Engine.push(refresh: refresh)).1
      #expect(effects.last == .wake(after: .seconds(wait)))
    }
  }
}
