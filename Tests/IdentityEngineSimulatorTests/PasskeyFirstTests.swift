import TestSupport
import Testing

@testable import IdentityEngineSimulator

@Suite("A passkey and no name")
struct PasskeyFirstTests {
  private let autofill = "challenge-webauthn-autofillui-authenticator"

  @Test("is offered beside the name, with a challenge that no credential is listed for")
  func offered() throws {
    var visitor = try Visitor("passkey-autofill")
    _ = try visitor.begin()
    #expect(visitor.names == ["identify", autofill])
    #expect(visitor.remediations[1]["relatesTo"] == ["webauthnAutofillUIChallenge"])
    #expect(visitor.challengeData?["userVerification"] == "preferred")
    #expect(visitor.page["authenticatorEnrollments"] == nil)
    let fields = visitor.remediations[1]["value"]?[0]?["form"]?["value"]?.elements ?? []
    #expect(
      fields.compactMap { $0["name"]?.text }
        == ["authenticatorData", "clientData", "signatureData", "userHandle"])
    #expect(fields.last?["required"] == false)
  }

  @Test("signs its owner in, whether or not it says who that is", arguments: [true, false])
  func signIn(saysWho: Bool) throws {
    var visitor = try Visitor("passkey-autofill")
    _ = try visitor.begin()
    var key = try SoftwareAuthenticator.ann()
    let handle = saysWho ? visitor.organisation.members[0].identifier : nil
    try visitor.proveWith(&key, in: autofill, userHandle: handle)
    let tokens = visitor.exchange(try #require(visitor.code))
    let payload = try claims(of: try #require(tokens.json?["id_token"]?.text)).payload
    #expect(payload["preferred_username"] == "ann@example.com")
    #expect(payload["amr"] == ["hwk"])
  }

  @Test("is refused as somebody else's, or with a wrong signature, and the name is still there")
  func refused() throws {
    var visitor = try Visitor("passkey-button")
    _ = try visitor.begin()
    #expect(visitor.names == ["identify", "launch-passkeys-authenticator", autofill])
    var key = try SoftwareAuthenticator.ann()
    let before = visitor.challengeData
    let ben = visitor.organisation.members[1].identifier
    #expect(try visitor.proveWith(&key, in: autofill, userHandle: ben) == 401)
    #expect(visitor.topKeys == ["authfactor.webauthn.error.assertion_validation_failure"])
    #expect(visitor.challengeData != before)
    var stranger = try SoftwareAuthenticator.fresh()
    #expect(try visitor.proveWith(&stranger, in: autofill) == 401)
    try visitor.identify()
    try visitor.prove(Visitor.password)
    #expect(visitor.code != nil)
  }

  @Test("has a page of its own where the organisation wants it so")
  func launched() throws {
    var visitor = try Visitor("passkey-launch")
    _ = try visitor.begin()
    #expect(visitor.names == ["identify", "launch-webauthn-authenticator"])
    try visitor.answer("launch-webauthn-authenticator")
    #expect(visitor.names == ["challenge-authenticator"])
    var key = try SoftwareAuthenticator.ann()
    try visitor.proveWith(&key)
    #expect(visitor.code != nil)
  }

  @Test("is suggested once to whoever has none, or left for another day")
  func promoted() throws {
    var visitor = try Visitor("passkey-promotion")
    try visitor.beginWithPassword()
    #expect(visitor.names == ["enroll-authenticator-promotion", "skip"])
    #expect(visitor.activation?["hints"] == ["client-device"])
    #expect(visitor.relatesWell())
    try visitor.answer("skip")
    #expect(visitor.code != nil)
    try visitor.beginWithPassword()
    try visitor.setUp(SoftwareAuthenticator.fresh())
    #expect(visitor.code != nil)
    try visitor.beginWithPassword()
    #expect(visitor.code != nil, "it has one now")
  }
}
