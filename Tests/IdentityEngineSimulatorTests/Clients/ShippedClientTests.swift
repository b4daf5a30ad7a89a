import Foundation
import Testing

@testable import IdentityEngineSimulator

@Suite("Shipped clients")
struct ShippedClientTests {
  private static let scenarios = [
    "password", "password-email", "password-email-data", "choice", "identifier-first-choice",
    "social",
  ]

  @Test(
    "each signs in with a wrong and a right password, a wrong and a right code, to the last token",
    arguments: ShippedClient.all, ShippedClientTests.scenarios)
  func signIn(client: ShippedClient, scenario: String) throws {
    var run = try ClientRun(client, scenario)
    try run.signIn()
    #expect(run.complaints == [])
    #expect(run.visitor.organisation.outbox.isEmpty == (scenario == "password"))
  }

  /// What some client was seen to fail at.
  private static let faults: [(ShippedClient, Fault)] = [
    (.swift, Fault(.dropMember, path: "/oauth2/default/.well-known/", member: "jwks_uri")),
    (.jsStep, Fault(.dropMember, member: "code_challenge_methods_supported")),
    (.jsLegacy, always(.danglingRelatesTo)),
    (.jsUpFront, Fault(.setMember, path: "/idp/", count: nil, member: "version", value: "2.0.0")),
    (.gateway, Fault(.setMember, path: "/idp/", count: nil, member: "expiresAt", value: "soon")),
    (.go, Fault(.messageWithoutKey, path: "/idp/idx/identify")),
    (.java, Fault(.unknownRemediation, path: "/idp/idx/introspect")),
    (.engie, always(.foreignHref)), (.go, always(.unknownAuthenticator)),
    (.swift, Fault(.wrongNonce)), (.jsStep, Fault(.wrongAccessTokenHash)),
    (.go, Fault(.audienceArray)), (.go, Fault(.missingIDToken)), (.swift, Fault(.badSignature)),
    (.swift, Fault(.issuedInFuture)),
    (.java, Fault(.rateLimitAPI, path: "/oauth2/default/v1/token")),
    (.engie, Fault(.rateLimitIDX, path: "/idp/idx/identify")),
  ]

  private static func always(_ kind: Fault.Kind) -> Fault { Fault(kind, path: "/idp/", count: nil) }

  @Test("each fails where a server is not as it needs it", arguments: ShippedClientTests.faults)
  func failure(client: ShippedClient, fault: Fault) throws {
    var run = try ClientRun(client, "password-email", fault: fault)
    var isStuck = false
    do { try run.signIn() } catch { isStuck = true }
    #expect(isStuck || !run.complaints.isEmpty, "\(fault.kind)")
  }

  /// One change for each need, to an answer that meets it.
  private static let spoilings: [(need: Need, page: Page, path: String, value: WireValue?)] = [
    (.version, .challenge, "version", "2.0.0"),
    (.expiry, .challenge, "expiresAt", "2026-11-23T06:00:00Z"),
    (.stateHandle, .challenge, "stateHandle", nil),
    (.addresses, .challenge, "cancel.href", "/idp/idx/cancel"),
    (.addresses, .first, "remediation.value.1.href", "/sso/idps/x"),
    (.names, .challenge, "remediation.value.0.name", nil),
    (.methods, .challenge, "currentAuthenticatorEnrollment.value.poll.method", nil),
    (.rels, .last, "successWithInteractionCode.rel", nil),
    (.accepts, .challenge, "currentAuthenticatorEnrollment.value.resend.accepts", nil),
    (.handlesInForms, .challenge, "cancel.value", []),
    (.links, .first, "remediation.value.1.rel", ["create-form"]),
    (.links, .first, "remediation.value.1.idp", nil),
    (.identifyFirst, .first, "remediation.value", [["name": "skip"], ["name": "identify"]]),
    (.relations, .challenge, "remediation.value.0.relatesTo", "$.currentAuthenticatorEnrollment"),
    (.relations, .challenge, "remediation.value.1.value.0.options.0.relatesTo", ["$.user"]),
    (.related, .challenge, "remediation.value.0.relatesTo", ["$.currentAuthenticator"]),
    (.related, .challenge, "authenticatorEnrollments.value", []),
    (.types, .challenge, "authenticators.value.0.type", nil),
    (.keys, .challenge, "currentAuthenticatorEnrollment.value.key", nil),
    (.texts, .challenge, "authenticators.value.0.methods.0.isDefault", true),
    (.texts, .challenge, "currentAuthenticatorEnrollment.value.profile.verified", true),
    (.labels, .challenge, "remediation.value.1.value.0.options.0.label", "E-Mail"),
    (.noNulls, .last, "user.value.profile", .null),
    (.silence, .challenge, "messages", ["type": "array", "value": []]),
    (.errors, .refusal, "remediation.value.0.value.0.form.value.0.messages.value.0.class", "INFO"),
    (.errors, .refusal, "remediation.value.0.value.0.form.value.0.messages", nil),
    (.wholeRefusals, .refusal, "remediation", nil),
    (.wholeRefusals, .refusal, "currentAuthenticatorEnrollment", nil),
    (.actions, .challenge, "currentAuthenticatorEnrollment.value.resend", nil),
    (.user, .last, "user.value.identifier", "ann"),
    (.issue, .last, "successWithInteractionCode.name", "token"),
    (.issue, .last, "successWithInteractionCode.value.3.value", "a-verifier"),
  ]

  private enum Page { case first, challenge, refusal, last }

  @Test("what they need is met, and is missed where it is taken away")
  func needs() throws {
    var visitor = try Visitor("social")
    _ = try visitor.begin()
    let first = visitor.page
    visitor = try Visitor("choice")
    try visitor.beginWithPassword()
    try visitor.choose("Email")
    let challenge = visitor.page
    try visitor.prove("wrong")
    let refusal = visitor.page
    try visitor.prove(visitor.lastCode)
    let pages: [Page: WireValue] = [
      .first: first, .challenge: challenge, .refusal: refusal, .last: visitor.page,
    ]
    for (need, kind, path, value) in Self.spoilings {
      let page = try #require(pages[kind])
      #expect(need.isMet(by: page, isRefusal: kind == .refusal), "\(need)")
      let spoilt = page.setting(path.split(separator: ".")[...], to: value)
      #expect(spoilt != page, "\(path)")
      #expect(!need.isMet(by: spoilt, isRefusal: kind == .refusal), "\(need) without \(path)")
    }
    #expect(Set(Self.spoilings.map(\.need)) == Set(Need.allCases))
    #expect(
      ShippedClient.all.reduce(into: Set()) { $0.formUnion($1.needs) }.count == Need.allCases.count)
  }
}
