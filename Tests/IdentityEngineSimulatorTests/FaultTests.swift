import Foundation
import HTTPTypes
import Testing

@testable import IdentityEngineSimulator

@Suite("Faults")
struct FaultTests {
  @Test("a fault strikes where, when and as often as it was told to")
  func aim() throws {
    var visitor = try Visitor("password")
    visitor.organisation.add(
      Fault(.serverErrorJSON, path: "/oauth2/default", count: 2, skip: 1))
    let path = "/oauth2/default/v1/keys"
    #expect(visitor.send(.get, "/oauth2/v1/keys").status == 200)
    #expect((1...4).map { _ in visitor.send(.get, path).status } == [200, 500, 500, 200])
    visitor.organisation.add(Fault(.unavailable, count: nil))
    #expect((1...3).map { _ in visitor.send(.get, path).status } == [503, 503, 503])
    visitor.organisation.removeFaults()
    #expect(visitor.send(.get, path).status == 200)
  }

  @Test("what is said instead of an answer is what the real thing says")
  func instead() throws {
    var visitor = try Visitor("password")
    func strike(_ kind: Fault.Kind) -> SimulatedResponse {
      visitor.organisation.add(Fault(kind))
      return visitor.send(.get, "/oauth2/v1/keys")
    }
    let idx = strike(.rateLimitIDX)
    #expect(idx.status == 429)
    #expect(Visitor.keys(of: idx.json?["messages"]) == ["tooManyRequests"])
    #expect(idx.json?["remediation"] == nil)
    #expect(idx.headers[.rateLimitReset] == String(epoch(visitor.now) + 2))
    let concurrency = strike(.rateLimitConcurrency)
    #expect(concurrency.json?["errorCode"] == "E0000047")
    #expect(concurrency.headers[.rateLimit] == "0")
    #expect(strike(.serverErrorHTML).headers[.contentType] == "text/html")
    #expect(strike(.serverErrorEmpty).body.isEmpty)
    #expect(strike(.empty).status == 200)
    #expect(strike(.nonsense).json == nil)
    #expect(strike(.redirect).headers[.location]?.hasPrefix("https://elsewhere") == true)
    #expect(strike(.proxyBlock).headers[.oktaRequestID] == nil)
    #expect(strike(.blackHole).delivery == .never)
    #expect(strike(.resetBefore).delivery == .reset)
    #expect(visitor.organisation.requestLog.suffix(2).map(\.status) == [0, 0])
  }

  @Test("an answer that is lost was acted upon, one that was never heard was not")
  func lost() throws {
    var visitor = try Visitor("password")
    let handle = try visitor.begin()
    for (kind, name) in [
      (Fault.Kind.blackHole, "identify"), (.reset, "challenge-authenticator"),
    ] {
      visitor.organisation.add(Fault(kind, path: "/idp/idx/identify"))
      let body: WireValue = [
        "stateHandle": .string(visitor.stateHandle), "identifier": "ann@example.com",
      ]
      _ = visitor.send(
        .post, "/idp/idx/identify", type: "application/json", body: body.jsonText)
      try visitor.idx("/idp/idx/introspect", ["interactionHandle": .string(handle)])
      #expect(visitor.names == [name])
    }
  }

  @Test("a page can be spoilt in each way that a decoder must survive")
  func spoilt() throws {
    var visitor = try Visitor("password-email")
    let handle = try visitor.begin()
    try visitor.identify()
    func strike(_ fault: Fault) throws -> WireValue {
      visitor.organisation.add(fault)
      try visitor.idx("/idp/idx/introspect", ["interactionHandle": .string(handle)])
      return visitor.page
    }
    let clean = visitor.page
    #expect(try strike(Fault(.dropMember, member: "expiresAt"))["expiresAt"] == nil)
    let href = "remediation.value.0.href"
    #expect(
      try strike(Fault(.dropMember, member: href))["remediation"]?["value"]?[0]?["href"] == nil)
    let interval = Fault(.setMember, member: "intent", value: ["type": "odd"])
    #expect(try strike(interval)["intent"] == ["type": "odd"])
    #expect(try strike(Fault(.dropMember, member: "no.such.3.thing")) == clean)
    #expect(
      try strike(Fault(.danglingRelatesTo))["remediation"]?["value"]?[0]?["relatesTo"]
        == ["$.authenticatorChallenge"])
    _ = try strike(Fault(.unknownRemediation))
    #expect(visitor.names == ["hum-a-tune", "challenge-authenticator"])
    #expect(
      try strike(Fault(.unknownAuthenticator))["currentAuthenticatorEnrollment"]?["value"]?["key"]
        == "simulated_okta_password")
    #expect(
      try strike(Fault(.messageWithoutKey))["messages"]?["value"]?[0]?["i18n"] == nil)
    #expect(
      try strike(Fault(.foreignHref)).jsonText.contains("\"http://127.0.0.1:8080/idp") == false)
    #expect(try strike(Fault(.insecureHref)).jsonText.contains("http://insecure.example/idp"))
    #expect(
      try strike(Fault(.unknownFieldType))["remediation"]?["value"]?[0]?["value"]?[0]?["type"]
        == "hologram")
    visitor.organisation.add(Fault(.byteOrderMark))
    let marked = visitor.send(.get, "/oauth2/v1/keys")
    #expect(marked.body.starts(with: [0xEF, 0xBB, 0xBF]))
    visitor.organisation.add(Fault(.hugeBody))
    #expect(visitor.send(.get, "/oauth2/v1/keys").body.count > 16 << 20)
    visitor.organisation.add(Fault(.slow, delaySeconds: 0.25))
    #expect(visitor.send(.get, "/oauth2/v1/keys").delay == .milliseconds(250))
  }

  @Test("a captured answer is played with the organisation's addresses moved here, and no others")
  func captured() throws {
    var visitor = try Visitor("password")
    let handle = try visitor.begin()
    let hrefs: [WireValue] = [
      "http://localhost:3000/idp/idx/identify", "https://example.com/oauth2/default/v1/token",
      "https://foo.okta.com/sso/idps/0oa?stateToken=02", "https://elsewhere.example/help",
      "data:image/png;base64,AAAA", "com-okta-authenticator:/deviceChallenge?x=/idp/",
    ]
    visitor.organisation.add(
      Fault(
        .captured, path: "/idp/idx/introspect",
        value: ["version": "1.0.0", "forms": .array(hrefs.map { ["href": $0] })]))
    try visitor.idx("/idp/idx/introspect", ["interactionHandle": .string(handle)])
    #expect(visitor.status == 200)
    #expect(visitor.page["version"] == "1.0.0" && visitor.page["remediation"] == nil)
    let origin = visitor.organisation.origin
    #expect(
      visitor.page["forms"]?.elements?.compactMap { $0["href"]?.text } == [
        origin + "/idp/idx/identify", origin + "/oauth2/default/v1/token",
        origin + "/sso/idps/0oa?stateToken=02", "https://elsewhere.example/help",
        "data:image/png;base64,AAAA", "com-okta-authenticator:/deviceChallenge?x=/idp/",
      ])
    try visitor.idx("/idp/idx/introspect", ["interactionHandle": .string(handle)])
    #expect(visitor.names == ["identify"])
  }

  @Test("tokens can be wrong in each way that a client must notice")
  func tokens() throws {
    func payload(_ kind: Fault.Kind) throws -> WireValue {
      try claims(of: try token(kind)).payload
    }
    func token(_ kind: Fault.Kind) throws -> String {
      var visitor = try Visitor("password")
      visitor.organisation.add(Fault(kind))
      return try #require(try visitor.signIn()["id_token"]?.text)
    }
    #expect(try payload(.wrongAudience)["aud"] == "0oasomebodyelse00000")
    #expect(try payload(.audienceArray)["aud"]?.elements?.first == "0oaremedydemo00000")
    #expect(try payload(.wrongIssuer)["iss"] == "https://elsewhere.example")
    #expect(try payload(.wrongNonce)["nonce"] == "some-other-nonce")
    #expect(try payload(.missingNonce)["nonce"] == nil)
    #expect(try payload(.wrongAccessTokenHash)["at_hash"] == "AAAAAAAAAAAAAAAAAAAAAA")
    #expect(try payload(.missingAccessTokenHash)["at_hash"] == nil)
    let now = try Visitor("password").now
    #expect(try payload(.expired)["exp"] == .integer(epoch(now) - 3600))
    #expect(try payload(.issuedInFuture)["iat"] == .integer(epoch(now) + 3600))
    let unsigned = try token(.algorithmNone)
    #expect(try claims(of: unsigned).header["alg"] == "none")
    #expect(unsigned.hasSuffix("."))
    let key = try Visitor.key.identifier
    #expect(try claims(of: token(.unknownKey)).header["kid"] != .string(key))
    #expect(try claims(of: token(.badSignature)).header["kid"] == .string(key))
    var visitor = try Visitor("password")
    visitor.organisation.add(Fault(.missingIDToken))
    #expect(try visitor.signIn()["id_token"] == nil)
    visitor.organisation.add(Fault(.tokenType))
    #expect(try visitor.signIn()["token_type"] == "MAC")
    visitor.organisation.add(Fault(.missingAccessToken))
    #expect(try visitor.signIn()["access_token"] == nil)
    #expect(visitor.organisation.faults.isEmpty)
  }
}
