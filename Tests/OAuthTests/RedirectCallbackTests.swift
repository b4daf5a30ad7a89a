// What comes back from a browser, and what only looks like it.

import OAuth
import Secrets
import Testing

@Suite("Callbacks of a redirect URI")
struct RedirectCallbackTests {
  typealias Outcome = RedirectCallback.Outcome

  struct Reading: CustomTestStringConvertible {
    var query: String
    var state: String?
    var issuer: String?
    var outcome: Outcome
    var testDescription: String { query }
  }

  @Test(
    "each answer of the protocol is read",
    arguments: [
      Reading(
        query: "interaction_code=c0de&state=s1", state: "s1",
        outcome: .interactionCode(Secret("c0de"))),
      Reading(
        query: "state=s1&interaction_code=a%2Bb%2525+c%C3%A9", state: "s1",
        outcome: .interactionCode(Secret("a+b%25 cé"))),
      Reading(
        query: "error=interaction_required&error_description=More+is+needed.&state=s1",
        state: "s1", outcome: .interactionRequired),
      Reading(
        query:
          "error=access_denied&error_description=Ann%20said%20no.&state=s1&iss=https%3A%2F%2Fa",
        state: "s1", issuer: "https://a",
        outcome: .failed(error: "access_denied", description: "Ann said no.")),
      Reading(
        query: "error=server_error", outcome: .failed(error: "server_error", description: nil)),
      Reading(query: "otp=123456&state=s1", state: "s1", outcome: .oneTimeCode(Secret("123456"))),
      // Unknown parameters are ignored, empty ones count as left out.
      Reading(
        query: "&interaction_code=c&state=&error=&session_state=x&", state: nil,
        outcome: .interactionCode(Secret("c"))),
    ])
  func answers(reading: Reading) throws {
    let callback = try RedirectCallback(query: reading.query)
    #expect(callback.outcome == reading.outcome)
    #expect(callback.state == reading.state.map { Secret($0) })
    #expect(callback.issuer == reading.issuer)
  }

  @Test(
    "what is not plainly one answer is none",
    arguments: [
      ("", .empty), ("state=s1", .empty), ("interaction_code=&state=s1", .empty),
      ("code=c0de&state=s1", .authorizationCode),
      ("interaction_code=a&interaction_code=a&state=s1", .duplicate(parameter: "interaction_code")),
      ("interaction_code=a&state=s1&state=s2", .duplicate(parameter: "state")),
      ("interaction_code=a&st%61te=s1&state=s1", .duplicate(parameter: "state")),
      ("interaction_code=a&state=&state=s1", .duplicate(parameter: "state")),
      ("x=1&x=2&interaction_code=a", .duplicate(parameter: "x")),
      ("interaction_code=a&error=access_denied&state=s1", .contradictory),
      ("interaction_code=a&code=b&state=s1", .contradictory),
      ("interaction_code=%zz&state=s1", .malformed),
      ("interaction_code=a%2&state=s1", .malformed),
      ("interaction_code=%ff&state=s1", .malformed),
      ("interaction_code=" + String(repeating: "a", count: 16 * 1024), .tooLong),
      ((0...64).map { "p\($0)=1" }.joined(separator: "&"), .tooLong),
    ] as [(String, RedirectFault)])
  func faults(query: String, fault: RedirectFault) {
    #expect(throws: fault) { try RedirectCallback(query: query) }
  }

  @Test("it is for one state only, and for none without one")
  func state() throws {
    let callback = try RedirectCallback(query: "interaction_code=c&state=s1")
    #expect(callback.isFor(state: "s1"))
    for other in ["s2", "s", "s11", "S1", ""] { #expect(!callback.isFor(state: other)) }
    #expect(!(try RedirectCallback(query: "interaction_code=c")).isFor(state: ""))
  }

  @Test("nothing of it is printed")
  func redacted() throws {
    let callback = try RedirectCallback(query: "interaction_code=c0de&state=st4te")
    #expect(!"\(callback)".contains("c0de") && !"\(callback)".contains("st4te"))
  }

  @Test("an issuer that names itself must have, and with its own name in any case")
  func issuer() throws {
    let silent = try Fixture.metadata()
    let naming = try Fixture.metadata(["authorization_response_iss_parameter_supported": true])
    let plain = try RedirectCallback(query: "interaction_code=c")
    let own = try RedirectCallback(
      query: "interaction_code=c&iss=https%3A%2F%2Facme.okta.com%2Foauth2%2Fdefault")
    let foreign = try RedirectCallback(query: "interaction_code=c&iss=https%3A%2F%2Facme.okta.com")
    try plain.checkIssuer(silent)
    try own.checkIssuer(silent)
    try own.checkIssuer(naming)
    #expect(throws: RedirectFault.issuerMissing) { try plain.checkIssuer(naming) }
    #expect(throws: RedirectFault.issuerMismatch) { try foreign.checkIssuer(naming) }
    #expect(throws: RedirectFault.issuerMismatch) { try foreign.checkIssuer(silent) }
  }
}

@Suite("Registered redirect URIs")
struct RedirectURITests {
  @Test("a loopback one says where to listen and for which host")
  func loopback() throws {
    let literal = try #require(RedirectURI("http://127.0.0.1:8765/callback").loopback)
    #expect(literal.addresses == ["127.0.0.1"] && literal.port == 8765)
    #expect(literal.authority == "127.0.0.1:8765")
    let six = try #require(RedirectURI("http://[::1]:8765/").loopback)
    #expect(six.addresses == ["::1"] && six.authority == "[::1]:8765")
    let name = try #require(RedirectURI("http://LOCALHOST:8765/cb").loopback)
    #expect(name.addresses == ["127.0.0.1", "::1"] && name.authority == "localhost:8765")
    #expect(RedirectURI("http://127.0.0.2:80/cb").loopback?.authority == "127.0.0.2")
  }

  @Test(
    "any other is none that can be listened at",
    arguments: [
      "https://127.0.0.1:8765/cb", "https://app.example/cb", "com.example.app:/callback",
      "com.example.app://callback", "http://app.example:8765/cb",
    ])
  func elsewhere(text: String) {
    #expect(RedirectURI(text).loopback == nil)
    #expect(RedirectURI(text).query(ofTarget: "/cb?state=s") == nil)
  }

  struct Match: CustomTestStringConvertible {
    var registered: String
    var given: String
    var query: String?
    var testDescription: String { "\(registered) <- \(given)" }

    init(_ registered: String, _ given: String, _ query: String?) {
      (self.registered, self.given, self.query) = (registered, given, query)
    }
  }

  @Test(
    "a pasted address must be the registered one, with a query behind it",
    arguments: [
      Match("http://127.0.0.1:8765/cb", "http://127.0.0.1:8765/cb?state=s", "state=s"),
      Match("http://127.0.0.1:8765/cb", " \thttp://127.0.0.1:8765/cb?state=s#_=_\r\n", "state=s"),
      Match("http://127.0.0.1:8765/cb", "http://127.0.0.1:8765/cb", ""),
      Match("http://127.0.0.1:8765/cb", "http://127.0.0.1:8765/cb/?state=s", nil),
      Match("http://127.0.0.1:8765/cb", "http://127.0.0.1:8765/cbx?state=s", nil),
      Match("http://127.0.0.1:8765/cb", "http://127.0.0.1:8766/cb?state=s", nil),
      Match("http://127.0.0.1:8765/cb", "http://localhost:8765/cb?state=s", nil),
      Match("http://127.0.0.1:8765/cb", "https://127.0.0.1:8765/cb?state=s", nil),
      Match("http://127.0.0.1:8765/cb", "/cb?state=s", nil),
      Match("http://127.0.0.1:8765/cb", "", nil),
      Match("http://127.0.0.1:8765", "http://127.0.0.1:8765/?state=s", "state=s"),
      Match("https://App.example:443/Cb", "HTTPS://app.example/Cb?state=s", "state=s"),
      Match("https://app.example/Cb", "https://app.example/cb?state=s", nil),
      Match("https://app.example/cb", "https://app.example.evil.example/cb?state=s", nil),
      Match("https://app.example/cb", "https://app.example@evil.example/cb?state=s", nil),
      Match("com.example.app:/cb", "COM.example.app:/cb?state=s", "state=s"),
      Match("com.example.app:/cb", "com.example.app:/cb2?state=s", nil),
      Match("com.example.app://cb", "com.example.app://cb?state=s#x?y", "state=s"),
      Match(
        "https://app.example/cb?tenant=1", "https://app.example/cb?tenant=1&state=s", "state=s"),
      Match("https://app.example/cb?tenant=1", "https://app.example/cb?tenant=12&state=s", nil),
      Match("https://app.example/cb?tenant=1", "https://app.example/cb?state=s&tenant=1", nil),
    ])
  func pasted(match: Match) {
    #expect(RedirectURI(match.registered).query(ofURL: match.given) == match.query)
  }

  @Test("a request's target must have the registered path, to the letter")
  func target() {
    let uri = RedirectURI("http://127.0.0.1:8765/cb")
    #expect(uri.query(ofTarget: "/cb?state=s") == "state=s")
    #expect(uri.query(ofTarget: "/cb") == "")
    for other in [
      "/", "/cb/", "/CB?state=s", "/%63b?state=s", "//cb?state=s", "/x/../cb?state=s",
      "http://127.0.0.1:8765/cb?state=s", "cb?state=s", "*", "",
    ] { #expect(uri.query(ofTarget: other) == nil, "\(other)") }
    #expect(RedirectURI("http://[::1]:1?a=b").query(ofTarget: "/?a=b&state=s") == "state=s")
  }

  @Test("another address is a fault of its own")
  func otherAddress() {
    let uri = RedirectURI("com.example.app:/cb")
    #expect(throws: RedirectFault.otherAddress) {
      try uri.callback(ofURL: "https://acme.okta.com/")
    }
    #expect(throws: RedirectFault.otherAddress) { try uri.callback(ofTarget: "/cb?otp=1") }
    #expect(throws: RedirectFault.empty) { try uri.callback(ofURL: "com.example.app:/cb") }
  }
}
