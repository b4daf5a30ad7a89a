import Foundation
import HTTPTypes
import Testing

@testable import IdentityEngineSimulator

@Suite("The link in an e-mail")
struct MagicLinkTests {
  private func waiting() throws -> (Visitor, link: String) {
    var visitor = try Visitor("magic-link")
    try visitor.passPassword()
    let link = try #require(visitor.organisation.outbox.last?.link)
    try #require(link.hasPrefix(visitor.organisation.origin + "/email/verify/0oaremedydemo00000?"))
    return (visitor, String(link.dropFirst(visitor.organisation.origin.count)))
  }

  @Test("clicked elsewhere, the next poll goes on without the code")
  func clicked() throws {
    var (visitor, link) = try waiting()
    #expect(visitor.current?["contextualData"] == ["useEmailMagicLink": true])
    #expect(visitor.current?["poll"]?["refresh"] == 4000)
    try visitor.act("poll")
    #expect(visitor.names.first == "challenge-authenticator")
    let page = String(decoding: visitor.send(.get, link).body, as: UTF8.self)
    #expect(page.contains("Was it you?"))
    #expect(visitor.form(link, ["decision": "approve"]).status == 200)
    try visitor.act("poll")
    #expect(visitor.code != nil)
    #expect(visitor.send(.get, link).status == 403)
  }

  @Test("denied elsewhere, the sign-in is over")
  func denied() throws {
    var (visitor, link) = try waiting()
    #expect(visitor.form(link, ["decision": "deny"]).status == 200)
    #expect(try visitor.act("poll") == 200)
    #expect(visitor.topKeys == ["idx.operation.cancelled.on.other.device"])
    #expect(visitor.names == [])
  }

  @Test("opened in the browser that asked, the code comes to the redirect URI")
  func here() throws {
    var (visitor, link) = try waiting()
    let answer = visitor.form(link, ["decision": "here"])
    #expect(answer.status == 302)
    let code = visitor.lastCode
    #expect(
      answer.headers[.location] == "http://127.0.0.1:8765/callback?otp=\(code)&state=a-state")
    try visitor.prove(code)
    #expect(visitor.code != nil)
  }

  @Test("the code does too, and then the link is worth nothing, as after a second mail")
  func code() throws {
    var (visitor, link) = try waiting()
    visitor.now += 6
    try visitor.act("resend")
    let second = try #require(visitor.organisation.outbox.last?.link)
    #expect(!second.hasSuffix(link))
    #expect(visitor.send(.get, link).status == 403)
    let target = String(second.dropFirst(visitor.organisation.origin.count))
    #expect(visitor.send(.get, target).status == 200)
    try visitor.prove(visitor.lastCode)
    #expect(visitor.code != nil)
    #expect(visitor.send(.get, target).status == 403)
  }

  @Test("a test clicks by token, and not twice")
  func control() throws {
    var (visitor, link) = try waiting()
    let token = try #require(link.split(separator: "=").last)
    #expect(
      visitor.send(.get, "/simulator/outbox").json?[0]?["link"]?.text?.hasSuffix(link) == true)
    #expect(visitor.control("links/\(token)", ["approve": true]).status == 200)
    #expect(visitor.control("links/\(token)", ["approve": true]).status == 400)
    #expect(visitor.control("links/nothing", ["approve": true]).status == 400)
    try visitor.act("poll")
    #expect(visitor.code != nil)
  }
}
