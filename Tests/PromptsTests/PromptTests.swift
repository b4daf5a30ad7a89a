// A prompt reaches the prompter as the broker made it.

import JSON
import Prompts
import Testing

@Suite("A prompt on the wire")
struct PromptTests {
  /// Every member that a prompt can have, on every level.
  static let full = Prompt(
    id: PromptID(rawValue: "p1"), transaction: TransactionID(rawValue: "t1"), profile: "payroll",
    owner: 1000, issuer: "https://acme.example/oauth2/default",
    requestedBy: Prompt.Requester(pid: 4242, uid: 1000, exe: "/usr/bin/git", unit: "a.service"),
    reason: "git push",
    content: Prompt.Content(
      intent: "authenticate", title: "Verify with your password",
      messages: [
        Message(
          level: .error, key: "errors.E0000004", text: "Authentication failed",
          links: [["label": "Help", "url": "https://acme.example/help"]])
      ],
      user: ["identifier": "ann@example.com"], app: ["label": "Payroll"],
      authenticator: AuthenticatorSummary(
        key: "okta_password", type: "password", name: "Password", method: "password",
        isEnrollment: true, details: ["id": "aut1", "settings": ["complexity": ["minLength": 8]]]),
      forms: [
        Form(
          id: "challenge-authenticator", remediation: "challenge-authenticator", label: "Verify",
          kind: .form,
          fields: [
            Field(
              name: "credentials.passcode", label: "Password", isRequired: true, isSecret: true,
              minimumLength: 8, maximumLength: 72, pattern: ".*",
              messages: [Message(level: .warning, text: "Caps lock?")], details: ["hint": "h"]),
            Field(name: "credentials.signatureData", isComputed: true),
            Field(name: "rememberMe", kind: .boolean, value: false),
            Field(name: "days", kind: .integer, value: 30),
            Field(
              name: "authenticator", kind: .choice,
              choices: [
                Choice(
                  id: "okta_email", label: "Email", fields: [Field(name: "methodType")],
                  authenticator: AuthenticatorSummary(key: "okta_email"))
              ]),
          ],
          authenticator: AuthenticatorSummary(key: "okta_password"), details: ["scopes": ["a"]]),
        Form(id: "poll", remediation: "challenge-poll", kind: .poll, interval: 4),
        Form(
          id: "redirect-idp:0oa1", remediation: "redirect-idp", kind: .browser,
          url: "https://acme.example/idp"),
        Form(id: "x", remediation: "x", kind: .unsupported),
      ],
      context: ["number_challenge": "42"], expiresAt: "2026-11-23T09:00:00Z"))

  @Test("a prompt with every member comes back as it was, through bytes")
  func roundTrip() throws {
    let bytes = JSONWriter.bytes(Self.full.json)
    #expect(try Prompt(json: JSONParser.parse(bytes)) == Self.full)
  }

  @Test("a prompt of the service's own session has the owner service, and no empty members")
  func smallest() throws {
    let prompt = Prompt(
      id: PromptID(rawValue: "p"), transaction: TransactionID(rawValue: "t"), profile: "p",
      owner: nil, issuer: "https://a.example", requestedBy: nil, reason: nil,
      content: Prompt.Content(title: "Sign in", forms: []))
    #expect(
      JSONWriter.text(prompt.json) == """
        {"id":"p","transaction":"t","profile":"p","owner":"service","issuer":"https://a.example",\
        "title":"Sign in","messages":[],"forms":[]}
        """)
    #expect(try Prompt(json: prompt.json) == prompt)
  }

  @Test("members of a later version are passed over")
  func unknownMembers() throws {
    var object = try #require(Self.full.json.object)
    object["later"] = ["x": 1]
    #expect(try Prompt(json: .object(object)) == Self.full)
  }

  @Test("a kind that is not known yet becomes unsupported, a level that is not known info")
  func unknownWords() throws {
    let form: JSONValue = ["id": "f", "remediation": "r", "kind": "hologram"]
    let message: JSONValue = ["level": "alarm", "text": "!"]
    let json: JSONValue = [
      "id": "p", "transaction": "t", "profile": "p", "title": "t", "forms": [form],
      "messages": [message],
    ]
    let content = try Prompt(json: json).content
    #expect(content.form("f")?.kind == .unsupported)
    #expect(content.messages == [Message(level: .info, text: "!")])
  }

  @Test(
    "a prompt without what it cannot do without is refused by the member's name",
    arguments: [
      "id", "transaction", "profile", "title",
    ])
  func malformed(member: String) throws {
    var object = try #require(Self.full.json.object)
    object[member] = 1
    #expect(throws: PromptFault.malformed(member: member)) { try Prompt(json: .object(object)) }
    object[member] = nil
    #expect(throws: PromptFault.malformed(member: member)) { try Prompt(json: .object(object)) }
  }
}
