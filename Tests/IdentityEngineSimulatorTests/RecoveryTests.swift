import Testing

@testable import IdentityEngineSimulator

@Suite("Recovery and unlocking")
struct RecoveryTests {
  private func reset(_ visitor: inout Visitor, revoking: Bool = false) throws {
    #expect(visitor.names == ["reset-authenticator"])
    #expect(visitor.page["recoveryAuthenticator"]?["value"]?["settings"] != nil)
    try visitor.answer(
      "reset-authenticator",
      WireObject([
        (
          "credentials",
          ["passcode": .string(Visitor.newPassword), "revokeSessions": .bool(revoking)]
        )
      ]))
  }

  @Test("a known person recovers by e-mail, takes a new password and has tokens")
  func recovers() throws {
    var visitor = try Visitor("recovery")
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.act("recover")
    #expect(visitor.names == ["select-authenticator-authenticate"])
    #expect(visitor.labels(of: "select-authenticator-authenticate") == ["Email", "Phone"])
    #expect(visitor.page["recoveryAuthenticator"]?["value"]?["key"] == "okta_password")
    #expect(visitor.page["authenticators"]?["value"]?[0]?["allowedFor"] == "any")
    #expect(visitor.relatesWell())
    try visitor.choose("Email")
    try visitor.prove(visitor.lastCode)
    #expect(try visitor.finish("weak", in: "reset-authenticator") == 400)
    #expect(visitor.keys(at: "passcode") == ["password.passwordRequirementsNotMet"])
    try reset(&visitor)
    #expect(visitor.code != nil)
    #expect(visitor.page["recoveryAuthenticator"] == nil)

    _ = try visitor.begin()
    try visitor.identify()
    #expect(try visitor.prove(Visitor.password) == 401)
    #expect(try visitor.prove(Visitor.newPassword) == 200)
  }

  @Test("whoever is not known yet says so first, and then has to sign in anew")
  func thenSignIn() throws {
    var visitor = try Visitor("recovery-then-sign-in")
    _ = try visitor.begin()
    try visitor.act("recover")
    #expect(visitor.names == ["identify-recovery"])
    try visitor.answer("identify-recovery", WireObject([("identifier", "nobody@example.com")]))
    #expect(visitor.status == 401)
    #expect(visitor.topKeys == ["idx.unknown.user"])
    #expect(visitor.names == ["identify-recovery"])
    try visitor.answer("identify-recovery", WireObject([("identifier", "ann@example.com")]))
    try visitor.choose("Email")
    try visitor.prove(visitor.lastCode)
    try reset(&visitor)
    #expect(visitor.status == 200)
    #expect(visitor.topKeys == ["idx.recovery.completed"])
    #expect(visitor.remediations.isEmpty)
    #expect(visitor.page["cancel"] != nil)
  }

  @Test("nobody can be told from somebody where that is forbidden")
  func phantom() throws {
    var visitor = try Visitor("recovery") { $0.switches.enumerationProtection = true }
    _ = try visitor.begin()
    try visitor.identify("nobody@example.com")
    try visitor.act("recover")
    #expect(visitor.names == ["select-authenticator-authenticate"])
    try visitor.choose("Email")
    #expect(visitor.organisation.outbox.isEmpty)
    #expect(try visitor.prove("123456") == 401)
  }

  @Test("where policy does not allow it, recovering is refused")
  func refused() throws {
    var visitor = try Visitor("password")
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.act("recover")
    #expect(visitor.status == 403)
    #expect(visitor.topKeys == ["oie.selfservice.reset.password.not.allowed"])
  }

  @Test("a reset can end the sessions that were there")
  func revoking() throws {
    var visitor = try Visitor("recovery")
    let token = try #require(try visitor.signIn()["refresh_token"]?.text)
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.act("recover")
    try visitor.choose("Phone", extra: [("methodType", "sms")])
    try visitor.prove(visitor.lastCode)
    try reset(&visitor, revoking: true)
    #expect(visitor.refresh(token).status == 400)
  }

  @Test("the token of a recovery link begins at the new password")
  func recoveryToken() throws {
    var visitor = try Visitor("recovery")
    let sent = visitor.send(
      .post, "/simulator/links", type: "application/json",
      body: #"{"identifier": "ann@example.com", "kind": "recovery"}"#)
    #expect(sent.json?["parameter"] == "recovery_token")
    let token = try #require(sent.json?["token"]?.text)
    #expect(visitor.organisation.outbox.last?.token == token)
    _ = try visitor.begin(["recovery_token": token])
    try reset(&visitor)
    #expect(visitor.code != nil)
    let unknown = visitor.send(
      .post, "/simulator/links", type: "application/json",
      body: #"{"identifier": "nobody", "kind": "recovery"}"#)
    #expect(unknown.status == 400)
  }

  @Test("an account is opened by a code, and that is the end of it")
  func unlock() throws {
    var visitor = try Visitor("unlock")
    _ = try visitor.begin()
    #expect(visitor.names == ["identify", "unlock-account"])
    try visitor.answer("unlock-account")
    #expect(visitor.names == ["select-authenticator-unlock-account"])
    #expect(visitor.relatesWell())
    #expect(visitor.labels(of: "select-authenticator-unlock-account") == ["Email", "Phone"])
    try unlock(&visitor, place: 0)
    #expect(visitor.organisation.outbox.count == 1)
    try visitor.prove(visitor.lastCode)
    #expect(visitor.status == 200)
    #expect(visitor.topKeys == ["oie.selfservice.unlock_user.success.message"])
    #expect(visitor.remediations.isEmpty)
    _ = try visitor.signIn()
  }

  @Test("or it goes on with another factor, and good news above it")
  func landing() throws {
    var visitor = try Visitor("unlock-landing")
    _ = try visitor.begin()
    try visitor.answer("unlock-account")
    try unlock(&visitor, place: 1, method: "voice")
    #expect(visitor.organisation.outbox.map(\.kind) == [.call])
    try visitor.prove(visitor.lastCode)
    #expect(visitor.topKeys == ["oie.selfservice.unlock_user.landing.to.app.success.message"])
    #expect(visitor.names == ["challenge-authenticator"])
    let answer: WireValue = ["questionKey": "disliked_food", "answer": "okra stew"]
    try visitor.answer("challenge-authenticator", WireObject([("credentials", answer)]))
    #expect(visitor.topKeys.isEmpty)
    #expect(visitor.code != nil)
    #expect(visitor.organisation.members[0].person.status == .active)
  }

  @Test("nobody is played along with as far as the code")
  func unlockNobody() throws {
    var visitor = try Visitor("unlock")
    _ = try visitor.begin()
    try visitor.answer("unlock-account")
    try unlock(&visitor, place: 0, identifier: "nobody@example.com")
    #expect(visitor.names.first == "challenge-authenticator")
    #expect(visitor.organisation.outbox.isEmpty)
    #expect(try visitor.prove("123456") == 401)
  }

  private func unlock(
    _ visitor: inout Visitor, place: Int, method: String? = nil,
    identifier: String = "ann@example.com"
  ) throws {
    let options = visitor.remediations[0]["value"]?[1]?["options"]
    let fields = options?[place]?["value"]?["form"]?["value"]
    var choice = WireObject([("id", try #require(fields?[0]?["value"]))])
    if let method {
      choice["methodType"] = .string(method)
    } else {
      choice["methodType"] = fields?[1]?["value"]
    }
    try visitor.answer(
      "select-authenticator-unlock-account",
      WireObject([
        ("identifier", .string(identifier)), ("authenticator", .object(choice)),
      ]))
  }
}
