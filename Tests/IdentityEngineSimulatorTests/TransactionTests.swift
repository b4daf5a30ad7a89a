import Foundation
import HTTPTypes
import Testing

@testable import IdentityEngineSimulator

@Suite("A transaction")
struct TransactionTests {
  @Test("introspect shows the same page however often, by each of the three handles")
  func introspect() throws {
    var visitor = try Visitor("password")
    let handle = try visitor.begin()
    try visitor.identify()
    let page = visitor.page
    let state = visitor.stateHandle
    for body: WireValue in [
      ["interactionHandle": .string(handle)], ["stateToken": .string(state)],
      ["stateHandle": .string(state)],
    ] {
      #expect(try visitor.idx("/idp/idx/introspect", body) == 200)
      #expect(visitor.page == page)
    }
    #expect(try visitor.idx("/idp/idx/introspect", ["interactionHandle": "unknown"]) == 401)
    #expect(visitor.topKeys == ["idx.session.expired"])
    #expect(visitor.page["stateHandle"] == nil)
    #expect(try visitor.idx("/idp/idx/introspect", ["nothing": "of use"]) == 400)
  }

  @Test("handles have the shapes that real ones have")
  func handles() throws {
    var visitor = try Visitor("password")
    let handle = try visitor.begin()
    #expect(handle.wholeMatch(of: /[A-Za-z0-9_-]{43}/) != nil)
    let first = visitor.stateHandle
    #expect(first.wholeMatch(of: /02\.id\.[A-Za-z0-9_-]+~c\.1/) != nil)
    try visitor.identify()
    #expect(visitor.stateHandle == first.dropLast() + "2")

    var constant = try Visitor("password") { $0.switches.stateHandle = .constant }
    _ = try constant.begin()
    let same = constant.stateHandle
    #expect(same.wholeMatch(of: /02[A-Za-z0-9_-]{40}/) != nil)
    try constant.identify()
    #expect(constant.stateHandle == same)
    #expect(try constant.prove(Visitor.password) == 200)
  }

  @Test("an older state handle of the same run goes on working, one that never was does not")
  func olderHandle() throws {
    var visitor = try Visitor("password")
    _ = try visitor.begin()
    let older = visitor.stateHandle
    try visitor.identify()
    let body: WireValue = [
      "stateHandle": .string(older), "credentials": ["passcode": .string(Visitor.password)],
    ]
    var other = visitor
    #expect(try visitor.idx("/idp/idx/challenge/answer", body) == 200)
    for forged in [older.dropLast() + "9", older.dropLast() + "0", older.dropLast(4) + ""] {
      #expect(
        try other.idx("/idp/idx/challenge/answer", ["stateHandle": .string(String(forged))])
          == 401)
    }
    #expect(try other.idx("/idp/idx/challenge/answer", ["credentials": [:]]) == 401)
  }

  @Test("cancel begins anew under the same interaction handle, and the old state handle is dead")
  func cancel() throws {
    var visitor = try Visitor("password")
    let handle = try visitor.begin()
    try visitor.identify()
    let old = visitor.stateHandle
    let href = try #require(visitor.page["cancel"]?["href"]?.text)
    #expect(try visitor.idx(href, ["stateHandle": .string(old)]) == 200)
    #expect(visitor.names == ["identify"])
    let new = visitor.stateHandle
    #expect(new != old)
    #expect(visitor.page["user"] == nil)
    #expect(try visitor.idx(href, ["stateHandle": .string(old)]) == 401)
    #expect(visitor.topKeys == ["idx.session.expired"])
    #expect(try visitor.idx("/idp/idx/introspect", ["stateToken": .string(old)]) == 401)
    #expect(
      try visitor.idx("/idp/idx/introspect", ["interactionHandle": .string(handle)]) == 200)
    #expect(visitor.stateHandle == new)
    try visitor.identify()
    try visitor.prove(Visitor.password)
    #expect(visitor.code != nil)
  }

  @Test("a page lives two hours, five minutes after identifying, and a minute with a code")
  func lifetimes() throws {
    var visitor = try Visitor("password-email")
    let handle = try visitor.begin()
    let start = visitor.now
    func expires(_ seconds: Double) -> WireValue { .string(timestamp(visitor.now + seconds)) }
    #expect(visitor.page["expiresAt"] == .string(timestamp(start + 7200)))
    #expect(visitor.page["expiresAt"]?.text?.wholeMatch(of: /.*T..:..:..\.\d{3}Z/) != nil)
    try visitor.identify()
    #expect(visitor.page["expiresAt"] == expires(300))
    visitor.now += 100
    try visitor.prove("wrong")
    #expect(visitor.page["expiresAt"] == .string(timestamp(start + 300)))
    try visitor.prove(Visitor.password)
    #expect(visitor.page["expiresAt"] == expires(300))
    visitor.now += 299
    try visitor.choose("Email")
    #expect(visitor.status == 200)
    try visitor.act("poll")
    try visitor.prove(visitor.lastCode)
    #expect(visitor.page["expiresAt"] == expires(60))
    visitor.now += 61
    #expect(
      try visitor.idx("/idp/idx/introspect", ["interactionHandle": .string(handle)]) == 401)

    _ = try visitor.begin()
    try visitor.identify()
    visitor.now += 300
    #expect(try visitor.prove(Visitor.password) == 401)
    #expect(visitor.topKeys == ["idx.session.expired"])
  }

  @Test("what may not be changed may not be changed, and the transaction survives the attempt")
  func immutable() throws {
    var visitor = try Visitor("password-email")
    let handle = try visitor.begin()
    try visitor.identify()
    try visitor.prove(Visitor.password)
    let id = visitor.remediations[0]["value"]?[0]?["options"]?[0]?["value"]?["form"]?["value"]?[0]?[
      "value"]
    for choice: WireValue in [
      ["id": "autsomebodyelse", "methodType": "email"],
      ["id": id ?? .null, "methodType": "sms"], ["methodType": "email"], "email",
    ] {
      let body: WireValue = [
        "stateHandle": .string(visitor.stateHandle), "authenticator": choice,
      ]
      var other = visitor
      #expect(try other.idx("/idp/idx/challenge", body) == 400)
      #expect(other.topKeys == ["E0000020"])
      #expect(other.organisation.outbox.isEmpty)
      #expect(
        try other.idx("/idp/idx/introspect", ["interactionHandle": .string(handle)]) == 200)
      #expect(other.names == ["select-authenticator-authenticate"])
    }
  }

  @Test("an empty field is said at the field")
  func blank() throws {
    var visitor = try Visitor("password")
    _ = try visitor.begin()
    #expect(try visitor.answer("identify") == 400)
    #expect(
      Visitor.keys(of: visitor.remediations[0]["value"]?[0]?["messages"])
        == ["model.validation.field.blank"])
    try visitor.identify()
    #expect(try visitor.answer("challenge-authenticator") == 400)
    #expect(visitor.keys(at: "passcode") == ["model.validation.field.blank"])
  }

  @Test("members that the form does not have are ignored, or refused by switch")
  func unknownMembers() throws {
    let extra = WireObject([("identifier", "ann@example.com"), ("shoeSize", 43)])
    var visitor = try Visitor("password")
    _ = try visitor.begin()
    #expect(try visitor.answer("identify", extra) == 200)
    var strict = try Visitor("password") { $0.switches.refusesUnknownMembers = true }
    _ = try strict.begin()
    #expect(try strict.answer("identify", extra) == 400)
  }

  @Test("a form that the page does not offer is refused")
  func notOffered() throws {
    var visitor = try Visitor("password")
    _ = try visitor.begin()
    for path in ["challenge/answer", "challenge", "challenge/poll", "recover", "skip", "enroll"] {
      var other = visitor
      let body: WireValue = ["stateHandle": .string(other.stateHandle)]
      #expect(try other.idx("/idp/idx/" + path, body) == 400)
    }
  }

  @Test(
    "all four spellings of a JSON content type are read",
    arguments: [
      "application/json", "application/json; okta-version=1.0.0",
      "application/json; charset=UTF-8", "application/ion+json; okta-version=1.0.0",
    ])
  func contentTypes(type: String) throws {
    var visitor = try Visitor("password")
    let handle = try visitor.begin()
    let body: WireValue = ["interactionHandle": .string(handle)]
    let response = visitor.send(
      .post, "/idp/idx/introspect", type: type, body: body.jsonText)
    #expect(response.status == 200)
    #expect(response.headers[.contentType] == "application/ion+json; okta-version=1.0.0")
  }

  @Test("what is no JSON, and what does not say that it is, are refused")
  func badBodies() throws {
    var visitor = try Visitor("password")
    let garbled = visitor.send(
      .post, "/idp/idx/introspect", type: "application/json", body: "{\"interactionHandle\"")
    #expect(garbled.status == 400)
    #expect(garbled.json?["errorCode"] == "E0000003")
    #expect(visitor.send(.post, "/idp/idx/introspect", body: "{}").status == 415)
    let form = visitor.send(
      .post, "/idp/idx/introspect", type: "application/x-www-form-urlencoded", body: "a=b")
    #expect(form.status == 415)
  }

  @Test("every form has an absolute address, a way to be sent, and a state handle")
  func forms() throws {
    var visitor = try Visitor("choice")
    _ = try visitor.begin()
    try visitor.identify()
    try visitor.prove(Visitor.password)
    try visitor.choose("Email")
    let current = visitor.page["currentAuthenticatorEnrollment"]?["value"]
    let forms =
      visitor.remediations + [visitor.page["cancel"], current?["resend"]].compactMap(\.self)
    #expect(forms.count == 4)
    for form in forms {
      #expect(form["href"]?.text?.hasPrefix("http://127.0.0.1:8080/idp/idx/") == true)
      #expect(form["rel"] == ["create-form"])
      #expect(form["method"] == "POST")
      #expect(form["accepts"]?.text?.hasPrefix("application/json") == true)
      let handle = form["value"]?.elements?.last
      #expect(handle?["name"] == "stateHandle")
      #expect(handle?["value"] == .string(visitor.stateHandle))
      #expect(handle?["mutable"] == false)
    }
    #expect(visitor.page["version"] == "1.0.0")
    #expect(visitor.page["app"]?["value"]?["name"] == "oidc_client")
    #expect(
      visitor.page["authentication"]?["value"]?["request"]?["redirect_uri"]
        == "http://127.0.0.1:8765/callback")
  }
}
