import Testing

@testable import IdentityEngineSimulator

@Suite("Duo")
struct DuoTests {
  private func hand(_ signature: String, _ visitor: inout Visitor, in form: String) throws -> Int {
    try visitor.answer(
      form, WireObject([("credentials", ["signatureData": .string(signature)])]))
  }

  @Test("gives its page a signed token, and takes what the page gives back once it is approved")
  func frame() throws {
    var visitor = try Visitor("duo")
    try visitor.passPassword()
    #expect(visitor.names == ["challenge-authenticator"])
    let data = try #require(visitor.current?["contextualData"])
    #expect(data["integrationType"] == "IFRAME")
    let token = try #require(data["signedToken"]?.text)
    #expect(token.hasPrefix("TX|") && token.contains(":APP|"))
    let application = try #require(token.split(separator: ":").last)

    #expect(try hand("AUTH|a|b:\(application)", &visitor, in: "challenge-authenticator") == 401)
    #expect(visitor.topKeys == ["oie.authenticator.duo.method.duo.verification_timeout"])
    let waiting = visitor.waiting[0]
    #expect(visitor.organisation.phone[0].authenticator == .duo)
    _ = visitor.control("pushes/\(waiting)", ["approve": true])
    let pushes = visitor.send(.get, "/simulator/pushes")
    let response = try #require(pushes.json?[0]?["response"]?.text)
    #expect(response.hasPrefix("AUTH|") && response.hasSuffix(application))
    #expect(try hand("AUTH|a|b:\(application)", &visitor, in: "challenge-authenticator") == 401)
    #expect(visitor.topKeys == ["oie.authenticator.duo.method.duo.verification_failed"])
    #expect(try hand(response, &visitor, in: "challenge-authenticator") == 200)
    #expect(visitor.code != nil)
  }

  @Test("what was denied there cannot be handed on")
  func denied() throws {
    var visitor = try Visitor("duo")
    try visitor.passPassword()
    visitor.organisation.decide(phoneRequest: visitor.waiting[0], approve: false)
    let response = try #require(visitor.organisation.phone[0].response)
    #expect(try hand(response, &visitor, in: "challenge-authenticator") == 401)
    let page = String(decoding: visitor.send(.get, "/simulator/phone").body, as: UTF8.self)
    #expect(!page.contains("AUTH|"))
  }

  @Test("of a newer organisation is a link for a browser")
  func redirect() throws {
    var visitor = try Visitor("duo-redirect")
    try visitor.passPassword()
    #expect(visitor.names == ["redirect-idp"])
    #expect(visitor.remediations[0]["relatesTo"] == ["$.currentAuthenticator"])
    #expect(visitor.current?["methods"] == [["type": "idp"]])
  }
}

@Suite("What no client has heard of")
struct UnknownTests {
  @Test("describes itself like any form, and can be answered by that")
  func step() throws {
    var visitor = try Visitor("unknown")
    try visitor.passPassword()
    #expect(visitor.names == ["verify-liveness"])
    #expect(visitor.relatesWell())
    try visitor.answer(
      "verify-liveness", WireObject([("gesture", "right"), ("phrase", "a crow")]))
    #expect(visitor.status == 401)
    try visitor.answer(
      "verify-liveness", WireObject([("gesture", "left"), ("phrase", "blue heron")]))
    #expect(
      visitor.labels(of: "select-authenticator-authenticate") == ["Email", "Quantum Badge"])
    try visitor.choose("Quantum Badge")
    #expect(visitor.current?["key"] == "quantum_badge")
    try visitor.answer(
      "challenge-authenticator", WireObject([("credentials", ["glow": "violet"])]))
    #expect(visitor.code != nil)
  }

  @Test("a policy that changes in the middle holds from the next step on")
  func policy() throws {
    var visitor = try Visitor("password")
    _ = try visitor.begin()
    try visitor.identify()
    let changed = visitor.control("policy", ["scenario": "unknown"])
    #expect(changed.status == 200)
    try visitor.prove(Visitor.password)
    #expect(visitor.names == ["verify-liveness"])
    let none = visitor.control("policy", ["scenario": "no such one"])
    #expect(none.status == 400)
    let written: WireValue = ["identification": "one-page", "requirements": []]
    let own = visitor.control("policy", written)
    #expect(own.status == 200)
    try visitor.answer(
      "verify-liveness", WireObject([("gesture", "left"), ("phrase", "blue heron")]))
    #expect(visitor.code != nil)
  }
}
