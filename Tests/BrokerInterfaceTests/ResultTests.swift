// What the broker answers is what the interface says it answers, and a token in it lies in guarded
// memory only.

import BrokerInterface
import JSON
import JSONRPC
import Prompts
import Secrets
import Testing

@Suite("Results and notifications")
struct ResultTests {
  static let signedIn = SessionSummary(
    profile: "payroll", owner: 1000, subject: "00u1", state: .active,
    accessExpiresAt: "2026-11-23T09:00:00Z", refreshable: true, scope: "openid offline_access",
    lastRefreshAt: "2026-11-23T08:00:00Z", transaction: TransactionID(rawValue: "t1"))
  static let signedOut = SessionSummary(profile: "payroll", owner: nil, state: .signedOut)

  static let prompt = Prompt(
    id: PromptID(rawValue: "p1"), transaction: TransactionID(rawValue: "t1"), profile: "payroll",
    owner: 1000, issuer: "https://acme.example",
    requestedBy: .init(pid: 1, uid: 2, exe: "/x", unit: "u"), reason: "why",
    content: .init(
      intent: "authenticate", title: "Sign in",
      messages: [.init(level: .error, key: "k", text: "No", links: [["label": "l"]])],
      user: ["identifier": "ann"], app: ["label": "Payroll"],
      authenticator: .init(
        key: "okta_email", type: "email", name: "Email", method: "email", details: ["id": "a"]),
      forms: [
        Form(
          id: "f", remediation: "r", label: "l", kind: .form,
          fields: [
            Field(
              name: "a", kind: .choice, label: "A", isRequired: true, isSecret: true,
              isComputed: true, value: "x", minimumLength: 1, maximumLength: 2, pattern: "p",
              choices: [
                Choice(
                  id: "c", label: "C", fields: [Field(name: "b", kind: .boolean, value: true)],
                  authenticator: .init(key: "k"))
              ], messages: [.init(level: .info, text: "t")], details: ["d": 1])
          ],
          url: "https://x", interval: 4, authenticator: .init(key: "k"), details: ["d": 1])
      ], context: ["question": "?"], expiresAt: "2026-11-23T09:00:00Z"))

  /// Holds a result against its description, and reads it back.
  private func check<R: PlainResult & Equatable>(_ result: R) throws {
    let fault = R.schema.fault(in: result.json)
    #expect(fault == nil, "\(R.self)")
    let bytes = JSONWriter.bytes(result.json)
    #expect(try R(bytes: bytes.span) == result)
  }

  @Test("each result is as described, and is read as it was written")
  func results() throws {
    try check(
      BrokerInfo.Result(
        version: "1", mode: .user, pid: 1, startedAt: "2026-11-23T09:00:00Z", profiles: 1,
        sessions: 2, prompters: 3))
    let profile = ProfileSummary(
      name: "payroll", issuer: "https://a", clientID: "0oa", scopes: ["openid"], owner: .service,
      dpop: true, session: Self.signedOut)
    var without = profile
    without.session = nil
    try check(ProfileList.Result(profiles: [profile, without]))
    try check(SessionList.Result(sessions: [Self.signedIn, Self.signedOut]))
    try check(SessionLogin.Result(session: Self.signedIn))
    try check(
      SessionLogin.Result(session: nil, messages: [Message(level: .info, text: "done")]))
    try check(SessionLogout.Result(revoked: true))
    try check(SessionLogout.Result(revoked: false, queued: true))
    try check(TokenIntrospect.Result(answer: ["active": true, "scope": "openid"]))
    try check(DPoPProve.Result(proof: "a.b.c"))
    try check(TokenClaims.Result(claims: ["sub": "00u1", "amr": ["pwd"]]))
    try check(PromptAttach.Result(prompts: [Self.prompt]))
    try check(AnswerOutcome(outcome: .prompt, prompt: Self.prompt))
    try check(AnswerOutcome(outcome: .completed, session: Self.signedIn))
    try check(AnswerOutcome(outcome: .failed, error: RPCError(reason: .transactionFailed)))
    try check(NoResult())
    try check(Discover.Result())
  }

  @Test(
    "each notification is as described, and is read as it was written",
    arguments: [
      .show(PromptShow(prompt: prompt)), .update(PromptUpdate(prompt: prompt)),
      .withdraw(PromptWithdraw(prompt: .init(rawValue: "p1"), reason: .answered)),
      .withdraw(
        PromptWithdraw(
          prompt: .init(rawValue: "p1"), reason: .failed, message: "m",
          messages: [.init(level: .error, text: "e")])),
      .changed(
        TokenChanged(
          profile: "payroll", scopes: ["openid"],
          token: TokenGet.Result(
            accessToken: Secret("a\"b"), tokenType: "Bearer", expiresAt: "2026-11-23T09:00:00Z",
            scope: "openid", profile: "payroll", idToken: Secret("c.d.e")))),
      .gone(TokenGone(profile: "payroll", scopes: ["openid"], reason: .sessionEnded)),
    ] as [BrokerNotification])
  func notifications(notification: BrokerNotification) throws {
    let fields =
      switch notification {
      case .show: PromptShow.fields
      case .update: PromptUpdate.fields
      case .withdraw: PromptWithdraw.fields
      case .changed: TokenChanged.fields
      case .gone: TokenGone.fields
      case .unknown: [FieldDescription]()
      }
    let json = JSONValue.object(notification.params)
    #expect(Schema.object(fields).fault(in: json) == nil)
    #expect(try BrokerNotification(method: notification.method, params: json) == notification)
  }

  @Test("a notification of a later version is no fault")
  func laterNotification() throws {
    #expect(
      try BrokerNotification(method: "session.moved", params: [:])
        == .unknown(method: "session.moved"))
  }

  // MARK: token.subscribe

  @Test("a subscription's result is a token or null")
  func subscribed() throws {
    #expect(try TokenSubscribe.Result(bytes: Array("null".utf8).span).token == nil)
    let bytes = result("abc").rendered().exposedBytes()
    #expect(try TokenSubscribe.Result(bytes: bytes.span).token == result("abc"))
    #expect(throws: WireFault.self) {
      try TokenSubscribe.Result(bytes: Array("nil".utf8).span)
    }
  }

  @Test("a changed token is written and read without a value in between")
  func changed() throws {
    let token = result("a\u{1}\"b", idToken: "c")
    let text = TokenChanged.rendered(
      profile: "pay\"roll", scopes: ["openid", "a b"], token: token.rendered())
    let bytes = text.exposedBytes()
    let expected = TokenChanged(profile: "pay\"roll", scopes: ["openid", "a b"], token: token)
    #expect(try TokenChanged(bytes: bytes.span) == expected)
    #expect(try TokenChanged(json: try JSONParser.parse(text.exposedText())) == expected)
    for broken in ["{}", #"{"profile":"p","scopes":[]}"#, #"{"token":3}"#, "[]"] {
      #expect(throws: WireFault.self) { try TokenChanged(bytes: Array(broken.utf8).span) }
    }
  }

  // MARK: token.get

  private func result(
    _ token: String, idToken: String? = nil, scope: String = "openid"
  ) -> TokenGet.Result {
    TokenGet.Result(
      accessToken: Secret(token), tokenType: "Bearer", expiresAt: "2026-11-23T09:00:00Z",
      scope: scope, profile: "payroll", idToken: idToken.map { Secret($0) })
  }

  @Test("a token is rendered as described, with the ID token where there is one")
  func rendered() throws {
    #expect(
      result("abc").rendered().exposedText() == """
        {"access_token":"abc","token_type":"Bearer","expires_at":"2026-11-23T09:00:00Z",\
        "scope":"openid","profile":"payroll"}
        """)
    let json = try JSONParser.parse(result("abc", idToken: "def").rendered().exposedText())
    #expect(json["id_token"] == "def")
    #expect(TokenGet.Result.schema.fault(in: json) == nil)
  }

  @Test(
    "whatever a token is made of comes back as it was",
    arguments: [
      "", "eyJhbGciOiJSUzI1NiJ9.e30.x", "a\"b\\c", "\u{01}\u{1F}\n\t", "ä€😀", "\u{7F}/",
      String(repeating: "x", count: 100_000), "\"", String(repeating: "\\", count: 33),
    ])
  func tokenRoundTrip(token: String) throws {
    let original = result(token, idToken: token, scope: "a \"b\" \\ ä")
    let text = original.rendered()
    #expect(
      try text.withBytes { bytes throws(WireFault) in try TokenGet.Result(bytes: bytes) }
        == original)
    #expect(try JSONParser.parse(text.exposedBytes())["access_token"] == .string(token))
  }

  @Test("a token is read however JSON spells it, other members passed over")
  func tokenSpellings() throws {
    let text = #"""
       { "later" : {"a":["]}",1,{}]}, "scope":"s" ,"expires_at":"e","profile":"p",
        "token_type":"t", "access_token" : "\u0061\/\ud83d\ude00\"\b", "n":-1.5e3,"x":null}
      """#
    let result = try TokenGet.Result(bytes: Array(text.utf8).span)
    #expect(result.accessToken == Secret("a/😀\"\u{08}"))
    #expect(result.scope == "s" && result.profile == "p")
  }

  @Test(
    "what is no result of token.get is a fault and nothing worse",
    arguments: [
      "", "{", "[]", "null", "{}", #"{"access_token":1}"#, #"{"access_token":"a"}"#,
      #"{"access_token":"a"#, #"{"access_token":"\"#, #"{"access_token":"\u12"}"#,
      #"{"access_token":"\ud800"}"#, #"{"access_token":"\ud800\u0041"}"#, #"{"access_token":"\x"}"#,
      #"{"access_token" "a"}"#, #"{"access_token":}"#, #"{"access_token":"a",,}"#, #"{"a":[[[}"#,
      #"{"access_token":"a" "b":1}"#, #"{"\"#, #"{""#, #"{"":"#,
    ])
  func malformed(text: String) {
    #expect(throws: WireFault.self) { try TokenGet.Result(bytes: Array(text.utf8).span) }
  }

  @Test("a result says nothing of its token when it is printed")
  func redacted() {
    #expect(!String(describing: result("verysecret", idToken: "verysecret")).contains("verysecret"))
    #expect(
      !String(reflecting: SessionLogin.Params(profile: "p", recoveryToken: .init("verysecret")))
        .contains("verysecret"))
  }
}
