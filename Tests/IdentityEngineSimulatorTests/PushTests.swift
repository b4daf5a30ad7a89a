import Foundation
import HTTPTypes
import Testing

@testable import IdentityEngineSimulator

@Suite("A push")
struct PushTests {
  @Test("the push is on the phone at once, and polls show the same page until it is approved")
  func approve() throws {
    var visitor = try Visitor("push")
    try visitor.passPassword()
    #expect(visitor.names == ["challenge-poll", "select-authenticator-authenticate"])
    #expect(visitor.remediations.first?["refresh"] == 4000)
    #expect(visitor.remediations.first?["relatesTo"] == ["$.currentAuthenticator"])
    #expect(visitor.current?["methods"] == [["type": "push"]])
    #expect(visitor.organisation.outbox.map(\.kind) == [.push])
    let page = visitor.page
    try visitor.answer("challenge-poll")
    #expect(visitor.page == page)
    #expect(visitor.organisation.decide(phoneRequest: 1, approve: true) == true)
    try visitor.answer("challenge-poll")
    #expect(visitor.code != nil)
    let tokens = visitor.exchange(try #require(visitor.code)).json
    let amr = try claims(of: try #require(tokens?["id_token"]?.text)).payload["amr"]
    #expect(amr == ["mfa", "pwd", "swk"])
  }

  @Test("introspect sees an approval as well as a poll does")
  func introspect() throws {
    var visitor = try Visitor("push")
    let handle = try visitor.begin()
    try visitor.identify()
    try visitor.prove(Visitor.password)
    visitor.organisation.decide(phoneRequest: 1, approve: true)
    for _ in 1...2 {
      #expect(try visitor.idx("/idp/idx/introspect", ["interactionHandle": .string(handle)]) == 200)
      #expect(visitor.code != nil)
    }
  }

  @Test("polls add nothing to the life of a transaction")
  func lifetime() throws {
    var visitor = try Visitor("push")
    try visitor.passPassword()
    let expiry = visitor.page["expiresAt"]
    visitor.now += 240
    try visitor.answer("challenge-poll")
    #expect(visitor.page["expiresAt"] == expiry)
    visitor.now += 61
    #expect(try visitor.answer("challenge-poll") == 401)
    #expect(visitor.topKeys == ["idx.session.expired"])
  }

  @Test("a rejected push is told as such, and is sent again by its own remediation")
  func reject() throws {
    var visitor = try Visitor("push")
    try visitor.passPassword()
    visitor.organisation.decide(phoneRequest: 1, approve: false)
    #expect(try visitor.answer("challenge-poll") == 200)
    #expect(visitor.topKeys == ["api.authn.poll.error.push_rejected"])
    #expect(visitor.names == ["resend", "select-authenticator-authenticate"])
    let nested = visitor.remediations.first?["value"]?[0]?["value"]?["form"]?["value"]
    #expect(nested?[1]?["value"] == "push")
    let fixed: WireValue = [
      "id": nested?[0]?["value"] ?? .null, "methodType": "push",
    ]
    try visitor.answer("resend", WireObject([("authenticator", fixed)]))
    #expect(visitor.names.first == "challenge-poll")
    #expect(visitor.topKeys == [])
    #expect(visitor.waiting == [2])
    visitor.organisation.decide(phoneRequest: 2, approve: true)
    try visitor.answer("challenge-poll")
    #expect(visitor.code != nil)
  }

  @Test("choosing again and the action that resends each send another, and the old one is dead")
  func again() throws {
    var visitor = try Visitor("push")
    try visitor.passPassword()
    try visitor.act("resend")
    try visitor.choose("Okta Verify", extra: [("methodType", "push")])
    #expect(visitor.organisation.outbox.count == 3)
    #expect(visitor.waiting == [3])
    #expect(visitor.organisation.decide(phoneRequest: 1, approve: true) == false)
    let href = try #require(visitor.page["cancel"]?["href"]?.text)
    try visitor.idx(href, ["stateHandle": .string(visitor.stateHandle)])
    #expect(visitor.waiting == [])
  }

  @Test("the number to choose comes with a later poll; any other number is a rejection")
  func numberChallenge() throws {
    var visitor = try Visitor("push-number-challenge")
    try visitor.passPassword()
    #expect(visitor.current?["contextualData"] == nil)
    try visitor.answer("challenge-poll")
    let answer = try #require(visitor.current?["contextualData"]?["correctAnswer"]?.text)
    let choices = try #require(visitor.organisation.phone.last?.choices)
    #expect(Set(choices).count == 3)
    #expect(choices.contains(answer))
    #expect(visitor.organisation.decide(phoneRequest: 1, approve: true) == false)
    let wrong = try #require(choices.first { $0 != answer })
    #expect(visitor.organisation.decide(phoneRequest: 1, approve: true, choosing: wrong) == true)
    try visitor.answer("challenge-poll")
    #expect(visitor.topKeys == ["api.authn.poll.error.push_rejected"])
    try visitor.act("resend")
    try visitor.answer("challenge-poll")
    let second = try #require(visitor.current?["contextualData"]?["correctAnswer"]?.text)
    visitor.organisation.decide(phoneRequest: 2, approve: true, choosing: second)
    try visitor.answer("challenge-poll")
    #expect(visitor.code != nil)
  }

  @Test("with the automatic push off nothing is sent before the form or the action says so")
  func autoChallengeOff() throws {
    var visitor = try Visitor("push-auto-challenge-off")
    try visitor.passPassword()
    #expect(visitor.names.first == "authenticator-verification-data")
    #expect(visitor.organisation.outbox.isEmpty)
    var other = visitor
    try other.act("send")
    #expect(other.names.first == "challenge-poll")
    #expect(other.organisation.outbox.count == 1)

    let fields = visitor.remediations.first?["value"]?[0]?["form"]?["value"]?.elements ?? []
    #expect(fields.compactMap { $0["name"]?.text } == ["id", "methodType", "autoChallenge"])
    let answer: WireValue = [
      "id": fields.first?["value"] ?? .null, "methodType": "push", "autoChallenge": true,
    ]
    try visitor.answer(
      "authenticator-verification-data", WireObject([("authenticator", answer)]))
    #expect(visitor.remediations.first?["value"]?[0]?["value"] == true)
    visitor.organisation.decide(phoneRequest: 1, approve: true)
    try visitor.answer("challenge-poll")
    #expect(visitor.code != nil)

    try visitor.passPassword()
    #expect(visitor.names.first == "challenge-poll")
    #expect(visitor.organisation.outbox.count == 2)
  }

  @Test("the code of Okta Verify goes into a field of its own, and works once")
  func code() throws {
    var visitor = try Visitor("okta-verify-totp")
    try visitor.passPassword()
    #expect(visitor.names == ["select-authenticator-authenticate"])
    try visitor.choose("Okta Verify")
    #expect(visitor.names.first == "authenticator-verification-data")
    try visitor.choose("Okta Verify", extra: [("methodType", "totp")])
    #expect(visitor.organisation.outbox.isEmpty)
    #expect(visitor.current?["methods"] == [["type": "totp"]])
    func prove(_ code: String) throws -> Int {
      try visitor.answer(
        "challenge-authenticator", WireObject([("credentials", ["totp": .string(code)])]))
    }
    #expect(try prove("000000") == 401)
    #expect(visitor.keys(at: "totp") == ["api.authn.error.PASSCODE_INVALID"])
    let codes = visitor.send(.get, "/simulator/codes").json
    #expect(try prove(try #require(codes?[0]?["okta_verify"]?.text)) == 200)
    #expect(visitor.code != nil)
  }

  @Test("an app of the organisation's own pushes in the same way")
  func customApp() throws {
    var visitor = try Visitor("custom-push")
    try visitor.passPassword()
    #expect(visitor.names == ["challenge-poll"])
    #expect(visitor.current?["key"] == "custom_app")
    visitor.organisation.decide(phoneRequest: 1, approve: true)
    try visitor.answer("challenge-poll")
    #expect(visitor.code != nil)
  }

  @Test("nobody gets a push where there is nobody, and it looks the same")
  func phantom() throws {
    let names = try ["ann@example.com", "nobody@example.com"].map { person in
      var visitor = try Visitor("push-number-challenge") {
        $0.switches.enumerationProtection = true
        $0.policy = SignOnPolicy(
          .identifierFirst, [SignOnPolicy.Requirement([.email, .oktaVerify], .choose)])
      }
      _ = try visitor.begin()
      try visitor.identify(person)
      return visitor.names
    }
    #expect(names.first == names.last)
  }

  @Test("a person plays the phone on a page, a test in JSON, and neither decides twice")
  func control() throws {
    var visitor = try Visitor("push-number-challenge")
    try visitor.passPassword()
    let pushes = visitor.send(.get, "/simulator/pushes").json
    #expect(pushes?[0]?["state"] == "waiting")
    #expect(pushes?[0]?["answer"] == nil)
    let page = String(decoding: visitor.send(.get, "/simulator/phone").body, as: UTF8.self)
    for choice in visitor.organisation.phone[0].choices {
      #expect(page.contains("name=\"number\" value=\"\(choice)\""))
    }
    #expect(visitor.control("pushes/1", ["approve": true]).status == 400)
    #expect(visitor.control("pushes/7", ["approve": true]).status == 400)
    #expect(visitor.control("pushes/1", ["approve": "perhaps"]).status == 400)
    try visitor.answer("challenge-poll")
    let answer = try #require(visitor.current?["contextualData"]?["correctAnswer"]?.text)
    let posted = visitor.form("/simulator/pushes/1", ["approve": "true", "number": answer])
    #expect(posted.status == 303)
    #expect(posted.headers[.location] == "/simulator/phone")
    #expect(visitor.control("pushes/1", ["approve": false]).status == 400)
    try visitor.answer("challenge-poll")
    #expect(visitor.code != nil)
  }

  @Test("what is shown on pages is escaped")
  func escaping() throws {
    var visitor = try Visitor("push") {
      $0.people[0].identifier = "<b>'ann'&\"co\"</b>"
    }
    _ = try visitor.begin()
    try visitor.identify("<b>'ann'&\"co\"</b>")
    try visitor.prove(Visitor.password)
    for path in ["/simulator", "/simulator/phone"] {
      let page = String(decoding: visitor.send(.get, path).body, as: UTF8.self)
      #expect(page.contains("&lt;b&gt;&#39;ann&#39;&amp;&quot;co&quot;&lt;/b&gt;"))
      #expect(!page.contains("<b>'ann'"))
    }
  }
}
