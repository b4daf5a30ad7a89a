// The playbook of runs that are for something else than signing in, and of what is done without
// asking anybody.

import IdentityEngine
import InteractionCodeFlow
import JSON
import Prompts
import Testing

/// Answers that offer a way on that needs nobody.
extension Engine {
  fileprivate static func offering() throws -> IDXResponse {
    try answer(
      form("identify", ["name": "identifier", "required": true]), form("select-enroll-profile"),
      form("unlock-account"))
  }

  fileprivate static func password() throws -> IDXResponse {
    try answer(
      current: [
        "key": "okta_password",
        "recover": form("recover"),
      ],
      form(
        "challenge-authenticator",
        ["name": "credentials", "form": ["value": [["name": "passcode"]]]]))
  }

  fileprivate static func identifyForRecovery(
    said: [JSONValue] = [], _ more: JSONValue...
  ) throws -> IDXResponse {
    var fields: [JSONValue] = [["name": "identifier", "required": true]]
    fields += more
    var form = form("identify-recovery").object ?? [:]
    form["value"] = .array(
      fields + [["name": "stateHandle", "value": "02.s", "visible": false, "mutable": false]])
    return try answer(said: said, .object(form))
  }

  fileprivate static func probe(_ names: String...) throws -> IDXResponse {
    var object: JSONObject = [
      "version": "1.0.0", "stateHandle": "02.s",
      "remediation": ["value": .array(names.map { form($0, refresh: 2000) })],
    ]
    object["authenticatorChallenge"] = [
      "value": ["challengeMethod": "LOOPBACK", "cancel": form("cancel-polling")]
    ]
    return try IDXResponse(status: 200, body: JSONWriter.bytes(.object(object)))
  }
}

@Suite("What needs nobody")
struct AutomaticStepTests {
  @Test(
    "is done without asking, by what the run is for",
    arguments: [(Purpose.register, "select-enroll-profile"), (.unlock, "unlock-account")])
  func begins(purpose: Purpose, name: String) throws {
    let offer = try Engine.offering()
    let stage = try Stage.showing(offer, for: purpose)
    #expect(stage.requests.map(\.name) == ["introspect", name])
    #expect(stage.requests.last?.body == ["stateHandle": "02.s"])
    for other in Purpose.allCases where other != purpose {
      let names = try Stage.showing(offer, for: other).requests.map(\.name)
      #expect(!names.contains(name))
    }
  }

  @Test("is done once: what is offered again is a person's to choose")
  func once() throws {
    let offer = try Engine.offering()
    var stage = try Stage.showing(offer, for: .register)
    #expect(
      try stage.respond(offer, lifetime: .seconds(60)) == [
        .show(Prompt.Content.shown(offer)), .wake(after: .seconds(60)),
      ])
    _ = stage.feed(.answered(form: "identify", values: ["identifier": .value("ann")]))
    #expect(try stage.respond(offer).first == .show(Prompt.Content.shown(offer)))
    #expect(stage.requests.map(\.name) == ["introspect", "select-enroll-profile", "identify"])
  }

  @Test("is asked of a person where it wants a word that nobody has said")
  func asksFirst() throws {
    let offer = try Engine.answer(
      Engine.form("unlock-account", ["name": "identifier", "required": true]))
    let stage = try Stage.showing(offer, for: .unlock)
    #expect(stage.requests.count == 1)
    #expect(stage.transaction.openStep?.content.forms.map(\.id) == ["unlock-account"])
  }

  @Test("is not done where the engine has something to say: words are for a person")
  func words() throws {
    let offer = try Engine.answer(
      said: [Engine.said("idx.error.registration.unavailable", "Not now.")],
      Engine.form("select-enroll-profile"))
    #expect(try Stage.showing(offer, for: .register).requests.count == 1)
  }

  @Test("and does not work is asked of a person after all", arguments: [true, false])
  func fails(isAway: Bool) throws {
    let offer = try Engine.offering()
    var stage = try Stage.showing(offer, for: .register, lifetime: .seconds(60))
    let expected: [Transaction.Effect] = [
      .show(Prompt.Content.shown(offer)), .wake(after: .seconds(59)),
    ]
    if isAway {
      #expect(try stage.fail(.unavailable("no route"), at: 1).count == 1)
      #expect(try stage.fail(.unavailable("no route"), at: 1) == expected)
    } else {
      #expect(try stage.fail(.rateLimited(after: .seconds(9)), at: 1) == expected)
    }
    _ = stage.feed(.answered(form: "select-enroll-profile", values: [:]), at: 2)
    #expect(stage.requests.last?.name == "select-enroll-profile")
  }

  @Test("a probe for Okta Verify is left for the page behind it, whatever the run is for")
  func probe() throws {
    var stage = try Stage.showing(try Engine.probe("device-challenge-poll"))
    #expect(stage.requests.last?.name == "cancel-polling")
    let identify = try Engine.identify()
    #expect(try stage.respond(identify).first == .show(Prompt.Content.shown(identify)))
    // Okta Verify that a person has chosen is not left by itself.
    let chosen = try Stage.showing(try Engine.probe("challenge-poll"))
    #expect(chosen.requests.count == 1)
    let beside = try Stage.showing(try Engine.probe("device-challenge-poll", "identify"))
    #expect(beside.requests.count == 1)
  }

  @Test("Apple's extension is left where the engine offers to leave it")
  func extensionLeft() throws {
    let both = try Engine.answer(
      Engine.form("device-apple-sso-extension"), Engine.form("cancel-transaction"))
    #expect(try Stage.showing(both).requests.last?.name == "cancel-transaction")
    let alone = try Engine.answer(Engine.form("device-apple-sso-extension"))
    #expect(try Stage.showing(alone).requests.count == 1)
  }
}

@Suite("A recovery")
struct RecoveryTests {
  @Test("asks who it is for, presses the password's recover, and says again who it is for")
  func recover() throws {
    var stage = try Stage.showing(try Engine.identify(), for: .recover)
    _ = stage.feed(.answered(form: "identify", values: ["identifier": .value("ann")]))
    _ = try stage.respond(try Engine.password())
    #expect(stage.requests.last?.name == "recover")
    #expect(stage.requests.last?.body == ["stateHandle": "02.s"])
    _ = try stage.respond(try Engine.identifyForRecovery())
    #expect(stage.requests.last?.name == "identify-recovery")
    #expect(stage.requests.last?.body == ["identifier": "ann", "stateHandle": "02.s"])
    // The engine knows nobody of that name: now a person says it.
    let unknown = try Engine.identifyForRecovery(said: [Engine.said("idx.unknown.user", "Who?")])
    #expect(try stage.respond(unknown).first == .show(Prompt.Content.shown(unknown)))
  }

  @Test("takes the caller's hint for who it is for")
  func hint() throws {
    let stage = try Stage.showing(
      try Engine.identifyForRecovery(), for: .recover, loginHint: "bob")
    #expect(stage.requests.last?.body["identifier"] == "bob")
    let nobody = try Stage.showing(try Engine.identifyForRecovery(), for: .recover)
    #expect(nobody.requests.count == 1)
  }

  @Test("has a person solve what else the page asks")
  func captcha() throws {
    let captcha = try Engine.identifyForRecovery(["name": "captchaVerify", "hint": "captcha"])
    #expect(
      try Stage.showing(captcha, for: .recover, loginHint: "bob").requests.count == 1)
  }

  @Test("does not press recover where a new password is being set, nor in a mere sign-in")
  func notWhileSetting() throws {
    let setting = try Engine.answer(
      current: ["key": "okta_password", "recover": Engine.form("recover")],
      Engine.form("reset-authenticator", ["name": "passcode"]))
    #expect(try Stage.showing(setting, for: .recover).requests.count == 1)
    #expect(try Stage.showing(try Engine.password()).requests.count == 1)
  }
}

@Suite("Good news at the end")
struct GoodNewsTests {
  private func ending(
    _ purpose: Purpose, _ messages: JSONValue...
  ) throws -> Transaction.Outcome? {
    var stage = Stage(purpose)
    _ = stage.feed(.resumed(Checkpoint(handle: InteractionHandle("handle"))))
    var object: JSONObject = ["version": "1.0.0"]
    object["messages"] = ["value": .array(messages)]
    let response = try IDXResponse(status: 200, body: JSONWriter.bytes(.object(object)))
    guard case .finish(let outcome)? = try stage.respond(response).first else { return nil }
    return outcome
  }

  private let done = Engine.said("idx.recovery.completed", "Sign in now.", level: "INFO")

  @Test(
    "is what was asked for, where more than a sign-in was asked for",
    arguments: [Purpose.register, .recover, .unlock])
  func good(purpose: Purpose) throws {
    #expect(
      try ending(purpose, done)
        == .accomplished([
          Message(level: .info, key: "idx.recovery.completed", text: "Sign in now.")
        ]))
  }

  @Test("is no sign-in")
  func signIn() throws {
    #expect(
      try ending(.authenticate, done)
        == .ended([Message(level: .info, key: "idx.recovery.completed", text: "Sign in now.")]))
  }

  @Test("is none where an error stands beside it, or where the engine does not say that it is")
  func bad() throws {
    for other in [
      Engine.said("bad", "But.", level: "ERROR"), Engine.said("b", "B", level: "WARNING"),
    ] {
      guard case .ended? = try ending(.recover, done, other) else {
        Issue.record("taken for good news")
        continue
      }
    }
    guard case .ended? = try ending(.recover, Engine.said("x", "Stale.", level: nil)) else {
      Issue.record("taken for good news")
      return
    }
  }
}
