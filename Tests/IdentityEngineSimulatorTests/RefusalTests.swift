import Foundation
import Testing

@testable import IdentityEngineSimulator

@Suite("Refusals")
struct RefusalTests {
  @Test("a wrong password is said at the top, with the forms and the state kept")
  func wrongPassword() throws {
    var visitor = try Visitor("password")
    _ = try visitor.begin()
    try visitor.identify()
    let before = visitor.page
    #expect(try visitor.prove("wrong") == 401)
    #expect(visitor.topKeys == ["incorrectPassword"])
    #expect(visitor.page["remediation"] == before["remediation"])
    #expect(visitor.page["stateHandle"] == before["stateHandle"])
    #expect(visitor.page["currentAuthenticatorEnrollment"] != nil)
    #expect(try visitor.prove(Visitor.password) == 200)
  }

  @Test("a refused answer is not remembered: introspect shows the page without the message")
  func introspectAfterRefusal() throws {
    var visitor = try Visitor("password")
    let handle = try visitor.begin()
    try visitor.identify()
    try visitor.prove("wrong")
    try visitor.idx("/idp/idx/introspect", ["interactionHandle": .string(handle)])
    #expect(visitor.status == 200)
    #expect(visitor.topKeys.isEmpty)
  }

  @Test("the statuses of refusals follow the switches")
  func statuses() throws {
    var visitor = try Visitor("password") {
      $0.switches.credentialStatus = 200
      $0.switches.policyStatus = 401
    }
    _ = try visitor.begin()
    try visitor.identify()
    #expect(try visitor.prove("wrong") == 200)
    #expect(visitor.topKeys == ["incorrectPassword"])
    #expect(try visitor.act("recover") == 401)
  }

  @Test("an unknown person is said to be unknown")
  func unknownPerson() throws {
    var visitor = try Visitor("password")
    _ = try visitor.begin()
    try visitor.identify("nobody@example.com")
    #expect(visitor.status == 401)
    #expect(visitor.topKeys == ["idx.unknown.user"])
    #expect(visitor.names == ["identify"])
  }

  @Test(
    "with enumeration protection an unknown person looks like a known one with a wrong password")
  func enumerationProtection() throws {
    var known = try Visitor("password") { $0.switches.enumerationProtection = true }
    var unknown = known
    _ = try known.begin()
    _ = try unknown.begin()
    try known.identify()
    try unknown.identify("nobody@example.com")
    #expect(known.status == unknown.status)
    #expect(known.names == unknown.names)
    #expect(
      known.page.members?.members.map(\.name) == unknown.page.members?.members.map(\.name))
    #expect(
      known.page["user"]?["value"]?["profile"] == unknown.page["user"]?["value"]?["profile"])
    try known.prove("wrong")
    try unknown.prove("wrong")
    #expect(known.status == unknown.status)
    #expect(known.topKeys == ["errors.E0000004"])
    #expect(unknown.topKeys == known.topKeys)
    try unknown.prove("")
    #expect(unknown.code == nil)
  }

  @Test("with enumeration protection a code is promised to nobody, and none is sent")
  func phantomMail() throws {
    var visitor = try Visitor("identifier-first-email") {
      $0.switches.enumerationProtection = true
    }
    _ = try visitor.begin()
    try visitor.identify("nobody")
    #expect(visitor.names == ["challenge-authenticator"])
    #expect(visitor.organisation.outbox.isEmpty)
    #expect(try visitor.prove("000000") == 401)
  }

  @Test("too many wrong passwords lock the account, and then the right one is wrong too")
  func lock() throws {
    var visitor = try Visitor("password") { $0.switches.passwordAttempts = 3 }
    _ = try visitor.begin()
    try visitor.identify()
    for _ in 1...3 { try visitor.prove("wrong") }
    #expect(visitor.topKeys == ["errors.E0000004"])
    #expect(try visitor.prove(Visitor.password) == 401)
    #expect(visitor.topKeys == ["errors.E0000004"])
    visitor.organisation.change("ann@example.com", status: .active)
    #expect(try visitor.prove(Visitor.password) == 200)
  }

  @Test("a right password forgets the wrong ones before it")
  func forgets() throws {
    var visitor = try Visitor("password") { $0.switches.passwordAttempts = 3 }
    for _ in 1...3 {
      _ = try visitor.begin()
      try visitor.identify()
      try visitor.prove("wrong")
      try visitor.prove("wrong")
      #expect(try visitor.prove(Visitor.password) == 200)
    }
  }

  @Test("too many wrong codes suspend the factor, and another can be chosen")
  func suspendedFactor() throws {
    var visitor = try Visitor("choice") { $0.switches.factorAttempts = 2 }
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.prove(Visitor.password)
    try visitor.choose("Email")
    let code = visitor.lastCode
    #expect(try visitor.prove("wrong") == 401)
    #expect(try visitor.prove("wrong") == 400)
    #expect(visitor.topKeys == ["authfactor.challenge.suspended_factor"])
    #expect(try visitor.prove(code) == 400)
    try visitor.choose("Phone", extra: [("methodType", "sms")])
    #expect(try visitor.prove(visitor.lastCode) == 200)
    #expect(visitor.code != nil)
  }

  @Test("a resend waits, sends one more code, and kills the one before")
  func resend() throws {
    var visitor = try Visitor("password-email")
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.prove(Visitor.password)
    try visitor.choose("Email")
    let first = visitor.lastCode
    #expect(try visitor.act("resend") == 400)
    #expect(visitor.topKeys == ["errors.E0000118"])
    #expect(visitor.organisation.outbox.count == 1)
    visitor.now += 5
    #expect(try visitor.act("resend") == 200)
    #expect(visitor.organisation.outbox.count == 2)
    #expect(visitor.lastCode != first)
    #expect(try visitor.prove(first) == 401)
    #expect(try visitor.prove(visitor.lastCode) == 200)
  }

  @Test(
    "SMS and calls may be sent again after thirty seconds",
    arguments: [("sms", "errors.E0000109"), ("voice", "errors.E0000133")])
  func resendPhone(method: String, key: String) throws {
    var visitor = try Visitor("password-phone")
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.prove(Visitor.password)
    try visitor.choose("Phone", extra: [("methodType", .string(method))])
    visitor.now += 29
    #expect(try visitor.act("resend") == 400)
    #expect(visitor.topKeys == [key])
    visitor.now += 1
    #expect(try visitor.act("resend") == 200)
    #expect(visitor.organisation.outbox.count == 2)
  }

  @Test("a code is dead after its time")
  func oldCode() throws {
    var visitor = try Visitor("password-email") { $0.switches.codeSeconds = 60 }
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.prove(Visitor.password)
    try visitor.choose("Email")
    visitor.now += 60
    #expect(try visitor.prove(visitor.lastCode) == 401)
  }

  @Test("recovery is offered at the password, and not allowed")
  func recovery() throws {
    var visitor = try Visitor("password")
    _ = try visitor.begin()
    try visitor.identify()
    #expect(try visitor.act("recover") == 403)
    #expect(visitor.topKeys == ["oie.selfservice.reset.password.not.allowed"])
    #expect(try visitor.prove(Visitor.password) == 200)
  }

  @Test("a person who is not assigned ends at a message")
  func notAssigned() throws {
    var visitor = try Visitor("password") { $0.people[0].isAssigned = false }
    _ = try visitor.begin()
    try visitor.identify()
    #expect(try visitor.prove(Visitor.password) == 403)
    #expect(visitor.topKeys == ["idx.error.code.user_not_assigned"])
    #expect(visitor.remediations.isEmpty)
    #expect(visitor.code == nil)
  }

  @Test("a person without the factor that the policy asks for starts over")
  func unsatisfiable() throws {
    var visitor = try Visitor("password-totp") { $0.people[0].totpSeed = nil }
    _ = try visitor.begin()
    try visitor.identify()
    #expect(try visitor.prove(Visitor.password) == 403)
    #expect(visitor.topKeys == ["oie.assurance.unsatisfiable"])
    #expect(visitor.names == ["identify"])
  }
}
