// Looking into tokens without fetching any.

import BrokerInterface
import Foundation
import JSON
import RemedyClient
import Secrets
import Testing

@Suite("Looking into tokens, through the real broker", .serialized)
struct InspectionTests {
  @Test("claims are those of the validated ID token, and the issuer is not asked for them")
  func claims() throws {
    let household = try Household(scenario: "es256", scopes: #""openid", "email""#)
    let client = try household.client()
    let error = household.failure(
      client, TokenClaims.self, TokenClaims.Params(profile: "demo"))
    #expect(error?.reason == .interactionRequired)
    let session = try household.signIn()
    let before = try household.count("")
    let claims = try client.call(TokenClaims.self, TokenClaims.Params(profile: "demo")).claims
    #expect(claims["sub"]?.string == session.subject)
    #expect(claims["email"] == "ann@example.com")
    #expect(claims["iss"]?.string == household.origin)
    #expect(try household.count("") == before)
  }

  @Test("introspection is of the token held, or of one that is given, in the issuer's words")
  func introspect() throws {
    let household = try Household(scenario: "password")
    let client = try household.client()
    let nobody = household.failure(
      client, TokenIntrospect.self, TokenIntrospect.Params(profile: "demo"))
    #expect(nobody?.reason == .interactionRequired)
    try household.signIn()
    let held = try client.call(TokenIntrospect.self, TokenIntrospect.Params(profile: "demo")).answer
    #expect(held["active"] == true)
    #expect(held["username"] == "ann@example.com")
    #expect(held["token_type"] == "Bearer")
    let other = try client.call(
      TokenIntrospect.self, TokenIntrospect.Params(profile: "demo", token: Secret("nobody's")))
    #expect(other.answer == ["active": false])
    let stranger = household.failure(
      client, TokenIntrospect.self, TokenIntrospect.Params(profile: "other"))
    #expect(stranger?.reason == .unknownProfile)

    try household.strike(["kind": "black-hole", "path": "/oauth2/v1/introspect"])
    let late = household.failure(
      client, TokenIntrospect.self, TokenIntrospect.Params(profile: "demo", timeout: 1))
    #expect(late?.reason == .timeout)
    #expect(late?.data["waiting_for"] == "issuer")
  }
}
