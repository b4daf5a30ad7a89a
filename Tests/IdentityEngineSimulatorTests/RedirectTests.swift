import Foundation
import HTTPTypes
import Testing

@testable import IdentityEngineSimulator

@Suite("A redirect")
struct RedirectTests {
  /// The path that a link of the page leads to.
  private func link(_ visitor: Visitor, _ name: String = "redirect-idp") throws -> String {
    let form = try #require(visitor.remediations.first { $0["name"]?.text == name })
    #expect(form["method"] == "GET")
    #expect(form["rel"] == nil && form["value"] == nil)
    let href = try #require(form["href"]?.text)
    try #require(href.hasPrefix(visitor.organisation.origin + "/"))
    return String(href.dropFirst(visitor.organisation.origin.count))
  }

  /// Where the browser ends that decides so on the page behind a link.
  private func decide(
    _ decision: String, at link: String, _ visitor: inout Visitor, as person: String? = nil
  ) throws -> [String: String] {
    try #require(visitor.send(.get, link).status == 200)
    let parts = link.split(separator: "?")
    let handle = try #require(parts.last?.split(separator: "=").last)
    var values = ["stateToken": String(handle), "decision": decision]
    values["identifier"] = person
    let answer = visitor.form(String(parts[0]), values)
    try #require(answer.status == 302)
    let location = try #require(answer.headers[.location])
    let callback = "http://127.0.0.1:8765/callback?"
    try #require(location.hasPrefix(callback))
    let query = FormBody(String(location.dropFirst(callback.count)))
    return Dictionary(query.parameters.map { ($0.name, $0.value) }) { $1 }
  }

  @Test("links to providers stand after the form, each with its type and name")
  func links() throws {
    var visitor = try Visitor("social")
    _ = try visitor.begin()
    #expect(visitor.names == ["identify", "redirect-idp", "redirect-idp"])
    #expect(visitor.remediations.compactMap { $0["type"]?.text } == ["GOOGLE", "SAML2"])
    #expect(
      visitor.remediations[1]["idp"] == ["id": "0oagooglesimulated0", "name": "Google"])
    try visitor.identify()
    #expect(visitor.names.contains("redirect-idp") == false)
  }

  @Test("approved is enough: the browser brings the code")
  func approve() throws {
    var visitor = try Visitor("social")
    _ = try visitor.begin()
    let query = try decide("approve", at: link(visitor), &visitor, as: "ben@example.com")
    #expect(query["state"] == "a-state")
    let tokens = visitor.exchange(try #require(query["interaction_code"]))
    let payload = try claims(of: try #require(tokens.json?["id_token"]?.text)).payload
    #expect(payload["preferred_username"] == "ben@example.com")
    #expect(payload["amr"] == ["fed"])
  }

  @Test("where more is needed, introspect goes on with it")
  func more() throws {
    var visitor = try Visitor("social")
    let handle = try visitor.begin()
    let query = try decide("more", at: link(visitor), &visitor)
    #expect(query["error"] == "interaction_required")
    #expect(query["state"] == "a-state")
    try visitor.idx("/idp/idx/introspect", ["interactionHandle": .string(handle)])
    #expect(visitor.names == ["select-authenticator-authenticate"])
    try visitor.choose("Email")
    try visitor.prove(visitor.lastCode)
    #expect(visitor.code != nil)
  }

  @Test("a refusal says so, and leaves the sign-in where it was")
  func deny() throws {
    var visitor = try Visitor("social")
    let handle = try visitor.begin()
    let page = visitor.page
    let query = try decide("deny", at: link(visitor), &visitor)
    #expect(query["error"] == "access_denied")
    #expect(query["state"] == "a-state")
    try visitor.idx("/idp/idx/introspect", ["interactionHandle": .string(handle)])
    #expect(visitor.page == page)
    let unknown = try decide("approve", at: link(visitor), &visitor, as: "nobody@example.com")
    #expect(unknown["error"] == "access_denied")
  }

  @Test("a link leads nowhere once the sign-in has gone on, or with another's handle")
  func stale() throws {
    var visitor = try Visitor("social")
    _ = try visitor.begin()
    let link = try link(visitor)
    #expect(visitor.send(.get, link + "1").status == 403)
    #expect(
      visitor.send(.get, "/sso/idps/elsewhere?" + link.split(separator: "?")[1]).status == 403)
    try visitor.identify()
    #expect(visitor.send(.get, link).status == 403)
  }

  @Test("a pushed request leads to the provider by way of the authorization endpoint")
  func pushed() throws {
    var visitor = try Visitor("social-par")
    _ = try visitor.begin()
    let link = try link(visitor)
    #expect(
      link.hasPrefix(
        "/oauth2/default/v1/authorize?client_id=0oaremedydemo00000&request_uri=urn:okta:"))
    let answer = visitor.send(.get, link)
    #expect(answer.status == 302)
    let target = try #require(answer.headers[.location])
    let path = String(target.dropFirst(visitor.organisation.origin.count))
    #expect(path.hasPrefix("/sso/idps/0oapushedsimulated0?stateToken="))
    #expect(try decide("approve", at: path, &visitor)["interaction_code"] != nil)
    let other = link.replacingOccurrences(of: "0oaremedydemo00000", with: "0oaremedyservice00")
    #expect(visitor.send(.get, other).status == 403)
    #expect(visitor.send(.get, "/oauth2/default/v1/authorize").status == 403)
  }

  @Test("a page may offer nothing but a link")
  func only() throws {
    var visitor = try Visitor("social-only")
    _ = try visitor.begin()
    #expect(visitor.names == ["redirect-idp"])
    #expect(try decide("approve", at: link(visitor), &visitor)["interaction_code"] != nil)
  }

  @Test("a provider can be the second factor")
  func authenticator() throws {
    var visitor = try Visitor("idp-authenticator")
    try visitor.passPassword()
    #expect(visitor.remediations.first?["relatesTo"] == ["$.currentAuthenticator"])
    #expect(visitor.current?["key"] == "external_idp")
    #expect(try decide("approve", at: link(visitor), &visitor)["interaction_code"] != nil)
  }

  @Test("papers are looked at in a browser")
  func proofing() throws {
    var visitor = try Visitor("identity-proofing")
    try visitor.passPassword()
    #expect(visitor.names == ["redirect-idverify"])
    #expect(visitor.remediations.first?["type"] == "ID_PROOFING")
    let link = try link(visitor, "redirect-idverify")
    #expect(link.hasPrefix("/idp/identity-verification?stateTokenExternalId="))
    #expect(try decide("approve", at: link, &visitor)["interaction_code"] != nil)
  }

  @Test("a smart card needs a certificate that no browser here has; the password is beside it")
  func smartCard() throws {
    var visitor = try Visitor("smart-card")
    _ = try visitor.begin()
    #expect(visitor.names == ["identify", "redirect-idp"])
    #expect(visitor.remediations.last?["type"] == "X509")
    #expect(visitor.send(.get, try link(visitor)).status == 403)
    try visitor.answer(
      "identify",
      WireObject([
        ("identifier", "ann@example.com"),
        ("credentials", ["passcode": .string(Visitor.password)]),
      ]))
    #expect(visitor.code != nil)
  }
}
