import HTTPTypes
import Testing

@testable import IdentityEngineSimulator

@Suite("Okta Verify on the same machine")
struct DeviceChallengeTests {
  private func arrived(_ scenario: String) throws -> Visitor {
    var visitor = try Visitor(scenario)
    _ = try visitor.begin()
    return visitor
  }

  private func challenge(_ visitor: Visitor) -> WireValue? {
    visitor.page["authenticatorChallenge"]?["value"]
  }

  /// Gives the device up, as the page in a browser does where no port answers.
  private func cancel(_ action: WireValue?, _ visitor: inout Visitor) throws {
    let href = try #require(action?["href"]?.text)
    try visitor.idx(
      href,
      [
        "stateHandle": .string(visitor.stateHandle), "reason": "OV_UNREACHABLE_BY_LOOPBACK",
        "statusCode": .null,
      ])
  }

  @Test("is looked for by loopback before anybody is known, and may be given up")
  func cancelled() throws {
    var visitor = try arrived("device-challenge")
    #expect(visitor.names == ["device-challenge-poll"])
    #expect(visitor.remediations[0]["relatesTo"] == ["authenticatorChallenge"])
    #expect(visitor.remediations[0]["refresh"] == 2000)
    #expect(challenge(visitor)?["challengeMethod"] == "LOOPBACK")
    #expect(challenge(visitor)?["ports"] == ["2000", "6511", "6512", "6513"])
    try cancel(challenge(visitor)?["cancel"], &visitor)
    #expect(visitor.names == ["identify", "launch-authenticator"])
    #expect(visitor.waiting.isEmpty)
    try visitor.answer("launch-authenticator")
    #expect(challenge(visitor)?["challengeMethod"] == "CUSTOM_URI")
    try cancel(challenge(visitor)?["cancel"], &visitor)
    try visitor.identify()
    try visitor.prove(Visitor.password)
    #expect(visitor.code != nil)
  }

  @Test("is given up by itself after some polls")
  func patience() throws {
    var visitor = try arrived("device-challenge-uri")
    #expect(
      challenge(visitor)?["href"]?.text?.hasPrefix("com-okta-authenticator:/deviceChallenge?")
        == true)
    for _ in 0..<4 {
      try visitor.answer("device-challenge-poll")
      #expect(visitor.names == ["device-challenge-poll"])
    }
    try visitor.answer("device-challenge-poll")
    #expect(visitor.names.first == "identify")
  }

  @Test("vouches for its owner where it is there")
  func there() throws {
    var visitor = try arrived("device-challenge-only")
    #expect(challenge(visitor)?["cancel"] == nil)
    visitor.organisation.decide(phoneRequest: visitor.waiting[0], approve: true)
    try visitor.answer("device-challenge-poll")
    #expect(visitor.code != nil)
  }

  @Test("is the end where it is not there and nothing else is offered")
  func missing() throws {
    var visitor = try arrived("device-challenge-only")
    for _ in 0..<3 { try visitor.answer("device-challenge-poll") }
    #expect(visitor.status == 400)
    #expect(visitor.topKeys == ["core.auth.factor.signedNonce.error.invalidDevice"])
    #expect(visitor.remediations.isEmpty)
  }

  @Test("is a factor beside push and code, and can be left for them")
  func factor() throws {
    var visitor = try Visitor("fastpass")
    try visitor.passPassword()
    #expect(visitor.names == ["challenge-poll", "select-authenticator-authenticate"])
    let current = visitor.page["currentAuthenticator"]?["value"]
    #expect(current?["methods"] == [["type": "signed_nonce"]])
    #expect(
      current?["contextualData"]?["challenge"]?["value"]?["challengeMethod"] == "LOOPBACK")
    #expect(visitor.relatesWell())
    try cancel(current?["cancel"], &visitor)
    #expect(visitor.names == ["select-authenticator-authenticate"])
    try visitor.choose("Okta Verify", extra: [("methodType", "push")])
    #expect(visitor.waiting.count == 1)
    visitor.organisation.decide(phoneRequest: visitor.waiting[0], approve: true)
    try visitor.answer("challenge-poll")
    #expect(visitor.code != nil)
  }

  @Test("as the only factor it offers nothing else, and its no is the end")
  func only() throws {
    var visitor = try Visitor("fastpass-only")
    try visitor.passPassword()
    #expect(visitor.names == ["challenge-poll"])
    #expect(visitor.current?["cancel"] == nil)
    let waiting = visitor.waiting[0]
    let denied = visitor.control("devices/\(waiting)", ["approve": false])
    #expect(denied.status == 200)
    try visitor.answer("challenge-poll")
    #expect(visitor.remediations.isEmpty)
    #expect(visitor.topKeys == ["core.auth.factor.signedNonce.error.invalidDevice"])
  }

  @Test("Apple's extension refuses whoever has none, with a header of its own")
  func apple() throws {
    var visitor = try arrived("apple-sso")
    #expect(visitor.names == ["device-apple-sso-extension", "cancel-transaction"])
    let form = visitor.remediations[0]
    let request = try #require(form["value"]?[0]?["value"])
    let path = try #require(form["href"]?.text?.dropFirst(visitor.organisation.origin.count))
    let answer = visitor.send(
      .post, String(path), type: "application/json",
      body: WireValue.object(
        WireObject([
          ("challengeRequest", request), ("stateHandle", .string(visitor.stateHandle)),
        ])
      ).jsonText)
    #expect(answer.status == 401)
    #expect(answer.headers[.wwwAuthenticate] == "Oktadevicejwt realm=\"Okta Device\"")
    let names = answer.json?["remediation"]?["value"]?.elements?.compactMap { $0["name"]?.text }
    #expect(names == ["cancel-transaction"])
    try visitor.answer("cancel-transaction")
    #expect(visitor.names == ["identify"])
  }

  @Test("a badge is read by the machine, and then wants its PIN")
  func badge() throws {
    var visitor = try Visitor("nfc-badge")
    try visitor.passPassword()
    #expect(visitor.names == ["challenge-poll"])
    visitor.organisation.decide(phoneRequest: visitor.waiting[0], approve: true)
    try visitor.answer("challenge-poll")
    #expect(visitor.names == ["challenge-authenticator"])
    #expect(try visitor.prove("1111") == 401)
    #expect(try visitor.prove("2468") == 200)
    #expect(visitor.code != nil)
  }
}
