import Foundation
import HTTPTypes
import Testing

@testable import IdentityEngineSimulator

@Suite("The control plane")
struct ControlTests {
  @Test("what was sent and asked for can be read, and is not counted itself")
  func reading() throws {
    var visitor = try Visitor("identifier-first-email")
    _ = try visitor.begin()
    try visitor.identify()
    let outbox = visitor.send(.get, "/simulator/outbox").json
    #expect(outbox?[0]?["code"] == .string(visitor.lastCode))
    #expect(outbox?[0]?["kind"] == "email")
    #expect(
      visitor.send(.get, "/simulator/counts").json == [
        "/idp/idx/identify": 1, "/idp/idx/introspect": 1, "/oauth2/default/v1/interact": 1,
      ])
    let requests = visitor.send(.get, "/simulator/requests").json?.elements ?? []
    #expect(requests.compactMap { $0["status"]?.whole } == [200, 200, 200])
    let page = String(
      decoding: visitor.send(.get, "/simulator").body, as: UTF8.self)
    #expect(page.contains(visitor.lastCode))
    #expect(visitor.send(.get, "/simulator/nothing").status == 404)
    #expect(visitor.organisation.requestLog.count == 3)
  }

  @Test("faults are switched on one by one or together, and what is none is refused with all kinds")
  func faults() throws {
    var visitor = try Visitor("password")
    func post(_ body: String) -> SimulatedResponse {
      visitor.send(.post, "/simulator/faults", type: "application/json", body: body)
    }
    #expect(post(#"{"kind": "nonsense"}"#).json?["faults"]?.elements?.count == 1)
    let two = #"[{"kind": "slow", "delay_seconds": 1}, {"kind": "empty", "persistent": true}]"#
    #expect(post(two).status == 200)
    #expect(visitor.organisation.faults.map(\.kind) == [.nonsense, .slow, .empty])
    #expect(visitor.organisation.faults.map(\.count) == [1, 1, nil])
    let refused = post(#"{"kind": "weather"}"#)
    #expect(refused.status == 400)
    #expect(refused.json?["kinds"]?.elements?.count == Fault.Kind.allCases.count)
    #expect(visitor.send(.delete, "/simulator/faults").json?["faults"] == [])
    let set = #"{"kind": "set-member", "member": "issuer", "value": {"a": [1, "b", null, 1.5]}}"#
    #expect(post(set).status == 200)
    let issuer = visitor.send(.get, "/.well-known/openid-configuration").json?["issuer"]
    #expect(issuer == ["a": [1, "b", .null, .number(1.5)]])
  }

  @Test("the clock can be moved, accounts changed, grants revoked, keys rotated, and all reset")
  func changing() throws {
    var visitor = try Visitor("password")
    func post(_ path: String, _ body: String = "{}") -> Int {
      visitor.send(.post, "/simulator/" + path, type: "application/json", body: body).status
    }
    let token = try #require(try visitor.signIn()["refresh_token"]?.text)
    #expect(post("clock", #"{"advance_seconds": 3600}"#) == 200)
    #expect(
      visitor.send(.get, "/oauth2/v1/keys").headers[.date] == httpDate(visitor.now + 3600))
    #expect(post("clock") == 400)
    #expect(post("keys/rotate") == 200)
    #expect(visitor.send(.get, "/oauth2/v1/keys").json?["keys"]?.elements?.count == 2)
    #expect(post("grants/revoke") == 200)
    #expect(visitor.refresh(token).status == 400)
    #expect(post("people", #"{"identifier": "ann@example.com", "status": "SUSPENDED"}"#) == 200)
    _ = try visitor.begin()
    try visitor.identify()
    #expect(try visitor.prove(Visitor.password) == 401)
    #expect(post("people", #"{"identifier": "ann@example.com", "status": "TIRED"}"#) == 400)
    #expect(post("people", #"{"identifier": "nobody"}"#) == 400)
    #expect(post("reset") == 200)
    #expect(visitor.organisation.requestLog.isEmpty)
    #expect(visitor.organisation.clockOffset == 0)
    #expect(visitor.stateHandle.isEmpty == false)
    #expect(
      try visitor.idx("/idp/idx/introspect", ["stateToken": .string(visitor.stateHandle)]) == 401)
    _ = try visitor.signIn()
  }

  @Test("the code of the moment is there for whoever has no phone")
  func codes() throws {
    var visitor = try Visitor("password-totp")
    let codes = visitor.send(.get, "/simulator/codes").json
    let now = visitor.organisation.timeBasedCode(of: "ann@example.com", now: visitor.now)
    #expect(codes?[0]?["totp"] == .string(try #require(now)))
  }

  @Test("one seed, one organisation")
  func seeds() throws {
    var first = try Visitor("choice")
    var second = try Visitor("choice")
    #expect(try first.begin() == second.begin())
    #expect(first.page == second.page)
  }

  @Test("JSON is written as it was read, whatever is in it")
  func json() throws {
    let text = #"{"a":"quote \" slash \\ line\nbell\u0007 é 🔑","b":[true,false,null,-3,0.5,{}]}"#
    let value = try #require(WireValue.parse(text.utf8))
    #expect(WireValue.parse(value.jsonText.utf8) == value)
    #expect(value["a"]?.text == "quote \" slash \\ line\nbell\u{7} é 🔑")
    #expect(WireValue.parse("{".utf8) == nil)
    #expect(FormBody("a=b+c&d=%C3%A9&e&f=100%&g=%zz") == FormBody("a=b c&d=é&e=&f=100%25&g=%25zz"))
  }
}
