// The playbook of a detour through a browser.

import IdentityEngine
import InteractionCodeFlow
import JSON
import Prompts
import Testing

@Suite("A browser that comes back")
struct CallbackTests {
  private let introspect = IDXRequest.introspect(
    InteractionHandle("handle"), origin: "https://issuer.example")

  private func offering() throws -> Stage {
    try Stage.showing(
      try Engine.answer(
        Engine.form("identify", ["name": "identifier"]),
        ["name": "redirect-idp", "href": "https://issuer.example/sso/idps/1", "method": "GET"]),
      lifetime: .seconds(300))
  }

  @Test("with a code ends the run, whatever is under way")
  func code() throws {
    let code = InteractionCode("c0de")
    var waiting = try offering()
    #expect(waiting.feed(.returned(.code(code))) == [.finish(.succeeded(code))])

    var answering = try offering()
    _ = answering.feed(.answered(form: "identify", values: [:]))
    #expect(answering.feed(.returned(.code(code))) == [.finish(.succeeded(code))])
    #expect(try answering.respond(try Engine.code()) == [])

    var asking = try offering()
    _ = asking.feed(.answered(form: "redirect-idp", values: [:]))
    #expect(asking.feed(.returned(.code(code))) == [.finish(.succeeded(code))])
  }

  @Test("before the first prompt or after the end changes nothing")
  func outOfTurn() throws {
    var early = Stage()
    #expect(early.feed(.returned(.code(InteractionCode("c0de")))) == [])
    _ = early.feed(.begun)
    #expect(early.feed(.returned(.interactionRequired)) == [])
    var over = try offering()
    _ = over.feed(.cancelled)
    #expect(over.feed(.returned(.code(InteractionCode("c0de")))) == [])
  }

  @Test("to find that more is needed has the engine asked what that is")
  func interactionRequired() throws {
    var stage = try offering()
    let effects = stage.feed(.returned(.interactionRequired))
    #expect(effects == [.send(introspect, try stage.ticket())])
    let code = try Engine.code()
    #expect(
      try stage.respond(code, lifetime: .seconds(300)) == [
        .show(Prompt.Content.shown(code)), .wake(after: .seconds(300)),
      ])
  }

  @Test("overtakes an answer that is under way: what the engine says now counts")
  func overtakes() throws {
    var stage = try offering()
    _ = stage.feed(.answered(form: "identify", values: [:]))
    _ = stage.feed(.returned(.interactionRequired))
    #expect(try stage.respond(try Engine.identify(), to: 1) == [])
    let code = try Engine.code()
    #expect(try stage.respond(code).first == .show(Prompt.Content.shown(code)))
  }

  @Test("is taken for done where a person says so: nothing is fetched, the engine is asked")
  func saidToBeDone() throws {
    var stage = try offering()
    let effects = stage.feed(.answered(form: "redirect-idp", values: [:]))
    #expect(effects == [.send(introspect, try stage.ticket())])
    let success = try Engine.success()
    #expect(
      try stage.respond(success) == [.finish(.succeeded(try #require(success.success?.code)))])
  }

  private static let mail: [JSONValue] = [["key": "okta_email"], ["type": "email"]]

  @Test("out of a mail with a code answers the mail's challenge", arguments: mail)
  func oneTimeCode(_ authenticator: JSONValue) throws {
    var stage = try Stage.showing(try Engine.code(current: authenticator))
    _ = stage.feed(.returned(.otp("123456")))
    #expect(
      stage.requests.last?.body == ["credentials": ["passcode": "123456"], "stateHandle": "02.s"])

    // Where no challenge is open any more, the engine is asked what is.
    var other = try offering()
    let effects = other.feed(.returned(.otp("123456")))
    #expect(effects == [.send(introspect, try other.ticket())])

    var answering = try Stage.showing(try Engine.code(current: authenticator))
    _ = answering.feed(
      .answered(
        form: "challenge-authenticator", values: ["credentials.passcode": .value("654321")]))
    #expect(answering.feed(.returned(.otp("123456"))) == [])
  }

  @Test(
    "out of a mail with a code costs no attempt at another challenge",
    arguments: [
      ["key": "okta_password", "type": "email"], ["type": "password"], nil,
    ] as [JSONValue?])
  func oneTimeCodeElsewhere(_ authenticator: JSONValue?) throws {
    var stage = try Stage.showing(try Engine.code(current: authenticator))
    let effects = stage.feed(.returned(.otp("123456")))
    #expect(effects == [.send(introspect, try stage.ticket())])
  }

  @Test("is all that becomes of a link: nothing is fetched, the engine is asked")
  func links() throws {
    for name in ["piv-idp", "success-redirect", "device-apple-sso-extension", "unheard-of"] {
      var stage = try Stage.showing(
        try Engine.answer(
          Engine.form("identify", ["name": "identifier"]),
          [
            "name": .string(name), "href": "https://issuer.example/sso/x", "method": "GET",
            "rel": ["create-form"],
          ]))
      let effects = stage.feed(.answered(form: name, values: [:]))
      #expect(effects == [.send(introspect, try stage.ticket())], "\(name)")
    }
  }

  @Test("with an error says it for as long as the prompt is open, whatever a poll changes")
  func wordsOverPolls() throws {
    var stage = try Stage.showing(try Engine.push(number: "1"))
    let words = Message(level: .error, key: "access_denied", text: "Ann said no.")
    _ = stage.feed(.returned(.failed(error: "access_denied", description: "Ann said no.")))
    _ = try stage.respond(try Engine.push(number: "1"))
    for (number, second) in [("2", 10.0), ("3", 20.0)] as [(JSONValue, Double)] {
      _ = stage.feed(.woken, at: second)
      let effects = try stage.respond(try Engine.push(number: number), at: second)
      guard case .update(let content)? = effects.first else {
        Issue.record("no update: \(effects)")
        return
      }
      #expect(content.messages == [words])
      #expect(content.context["number_challenge"] == number)
    }
  }

  @Test("with an error says it at the top of what the engine asks next")
  func failed() throws {
    var stage = try offering()
    let failure = Callback.failed(error: "access_denied", description: "Ann said no.")
    let words = Message(level: .error, key: "access_denied", text: "Ann said no.")
    let effects = stage.feed(.returned(failure), at: 1)
    #expect(effects == [.send(introspect, try stage.ticket())])

    var goesOn = stage
    var next = Prompt.Content.shown(try Engine.identify())
    next.messages = [words]
    #expect(
      try goesOn.respond(try Engine.identify(), lifetime: .seconds(60), at: 2) == [
        .show(next), .wake(after: .seconds(60)),
      ])

    var ends = stage
    #expect(
      try ends.respond(try Engine.over("idx.over"), at: 2) == [
        .finish(.ended([words, Message(level: .error, key: "idx.over", text: "Over.")]))
      ])
    var dies = stage
    #expect(
      try dies.respond(try Engine.over("idx.session.expired"), at: 2) == [.finish(.ended([words]))])

    // The engine is away: what was open is open again, with the words.
    var alone = stage
    var again = try #require(stage.transaction.openStep?.content)
    again.messages = [words]
    #expect(
      try alone.fail(.unavailable("no route"), at: 2) == [
        .show(again), .wake(after: .seconds(298)),
      ])
  }

  @Test("with an error that nobody describes says the error itself")
  func undescribed() throws {
    var stage = try offering()
    _ = stage.feed(.returned(.failed(error: "server_error", description: nil)))
    guard case .show(let content)? = try stage.respond(try Engine.identify()).first else {
      Issue.record("no prompt")
      return
    }
    #expect(
      content.messages == [Message(level: .error, key: "server_error", text: "server_error")])
  }
}
