// Answers of the interact and token endpoints, and how refusals are told apart.

import HTTPTypes
import JSON
import OAuth
import Secrets
import Testing

@Suite("Answers")
struct ResponseTests {
  static func token(
    _ body: String, status: Int = 200, headers: HTTPFields = [:]
  ) throws(OAuthFault) -> TokenResponse {
    try TokenResponse(status: status, headers: headers, body: Array(body.utf8))
  }

  static func handle(_ body: String, status: Int = 200) throws(OAuthFault) -> Secret {
    try InteractRequest.response(status: status, headers: [:], body: Array(body.utf8))
  }

  @Test("every member of a token answer is read")
  func tokens() throws {
    let tokens = try Self.token(
      """
      {"token_type":"Bearer","expires_in":3600,"access_token":"at","scope":"openid a.b",
       "refresh_token":"rt","id_token":"it","device_secret":"ds","more":{"access_token":"no"}}
      """)
    #expect(tokens.accessToken == Secret("at"))
    #expect(tokens.tokenType == "Bearer")
    #expect(tokens.expiresIn == 3600)
    #expect(tokens.scope == ["openid", "a.b"])
    #expect(tokens.refreshToken == Secret("rt"))
    #expect(tokens.idToken == Secret("it"))
  }

  @Test("what may be missing may be missing, null or empty")
  func optionals() throws {
    for body in [
      #"{"token_type":"bearer","access_token":"at"}"#,
      #"{"token_type":"BEARER","access_token":"at","refresh_token":null,"id_token":null,"scope":1}"#,
      #"{"token_type":"Bearer","access_token":"at","refresh_token":"","id_token":""}"#,
    ] {
      let tokens = try Self.token(body)
      #expect(tokens.tokenType == "Bearer")
      #expect(tokens.expiresIn == nil && tokens.scope == nil)
      #expect(tokens.refreshToken == nil && tokens.idToken == nil)
    }
  }

  @Test(
    "a lifetime is a number or a number in quotes; others are none",
    arguments: [
      ("3600", 3600), (#""3600""#, 3600), ("3600.9", 3600), ("3.6e3", 3600), ("0", nil),
      ("-1", nil), ("null", nil), (#""soon""#, nil), ("1e400", 31_536_000),
      ("99999999999999999999", 31_536_000), (#""nan""#, nil), ("[]", nil),
    ] as [(String, Int?)])
  func lifetime(written: String, seconds: Int?) throws {
    let tokens = try Self.token(
      #"{"token_type":"Bearer","access_token":"at","expires_in":\#(written)}"#)
    #expect(tokens.expiresIn == seconds)
  }

  @Test(
    "escapes, spaces and a second member of the name do not mislead",
    arguments: [
      (#"{"access_token":"a\/b\u0063","token_type":"Bearer"}"#, "a/bc"),
      (#"{ "access_token" : "test access token" , "token_type":"Bearer"}"#, "test access token"),
      (#"{"access_token":"old","token_type":"Bearer","access_token":"new"}"#, "new"),
      (
        #"{"x":"access_token","y":["access_token","z"],"access_token":"t","token_type":"Bearer"}"#,
        "t"
      ),
      ("\u{FEFF}" + #"{"access_token":"t","token_type":"Bearer"}"#, "t"),
    ])
  func extraction(body: String, token: String) throws {
    #expect(try Self.token(body).accessToken == Secret(token))
  }

  @Test(
    "a success that gives no usable token is nonsense",
    arguments: [
      "", "{", "[]", "null", "<html></html>", #""at""#,
      #"{"token_type":"Bearer"}"#,
      #"{"token_type":"Bearer","access_token":""}"#,
      #"{"token_type":"Bearer","access_token":null}"#,
      #"{"token_type":"Bearer","access_token":7}"#,
      #"{"token_type":"Bearer","access_token":"a\r\nb"}"#,
      #"{"token_type":"Bearer","access_token":"é"}"#,
      #"{"token_type":"Bearer","access_token":"at"#,
      #"{"token_type":"Bearer","access_token":"at\"#,
      #"{"token_type":"Bearer","access_token":"at"} x"#,
      #"{"token_type":"Bearer","access_token" "at"}"#,
      #"{"access_token":"at"}"#,
      #"{"token_type":"mac","access_token":"at"}"#,
      #"{"tokens":{"token_type":"Bearer","access_token":"at"}}"#,
      #"[{"token_type":"Bearer","access_token":"at"}]"#,
      #"{"token_type":"Bearer","access_token":"at","access_token":7}"#,
    ])
  func nonsense(body: String) throws {
    let fault = try #require(throws: OAuthFault.self) { try Self.token(body) }
    guard case .nonsense = fault else {
      Issue.record("\(fault)")
      return
    }
  }

  @Test("a token answer cut at any byte is nonsense and nothing worse")
  func cut() {
    let body = Array(#"{"token_type":"Bearer","access_token":"a\u0062","refresh_token":"r"}"#.utf8)
    for length in 0..<body.count {
      #expect(throws: OAuthFault.nonsense(what: "the answer is not a JSON object")) {
        try TokenResponse(status: 200, headers: [:], body: Array(body[..<length]))
      }
    }
  }

  @Test("an answer with any byte replaced gives the tokens that its JSON holds, or none")
  func oneByteOff() throws {
    let body = Array(
      #"{"token_type":"Bearer","x":["\"",{"access_token":"n"}],"access_token":"at"}"#.utf8)
    for index in body.indices {
      for byte in #""\{}[]:, x"#.utf8 {
        var bytes = body
        bytes[index] = byte
        let object = (try? JSONParser.parse(bytes, rules: .tolerant))?.object
        let isBearer = object?["token_type"]?.string?.lowercased() == "bearer"
        let token = object?["access_token"]?.string.flatMap { text in
          !text.isEmpty && text.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? text : nil
        }
        let tokens = try? TokenResponse(status: 200, headers: [:], body: bytes)
        #expect(tokens?.accessToken.exposedText() == (isBearer ? token : nil))
      }
    }
  }

  struct Refusal: Sendable {
    var status: Int
    var body: String
    var fault: OAuthFault

    init(_ status: Int, _ body: String, _ fault: OAuthFault) {
      self.status = status
      self.body = body
      self.fault = fault
    }
  }

  static let refusals = [
    Refusal(
      400, #"{"error":"invalid_grant","error_description":"The refresh token is invalid."}"#,
      .invalidGrant(description: "The refresh token is invalid.")),
    Refusal(
      401, #"{"error":"invalid_client","error_description":"No."}"#,
      .clientRejected(error: "invalid_client", description: "No.")),
    Refusal(
      401, #"{"errorCode":"invalid_client","errorSummary":"Invalid value for client_id."}"#,
      .clientRejected(error: "invalid_client", description: "Invalid value for client_id.")),
    Refusal(
      400, #"{"error":"unauthorized_client"}"#,
      .clientRejected(error: "unauthorized_client", description: nil)),
    Refusal(
      400, #"{"error":"unsupported_grant_type"}"#,
      .clientRejected(error: "unsupported_grant_type", description: nil)),
    Refusal(
      400, #"{"error":"invalid_request","error_description":"'redirect_uri' must be registered."}"#,
      .clientRejected(
        error: "invalid_request", description: "'redirect_uri' must be registered.")),
    Refusal(
      400, #"{"error":"invalid_request","error_description":"The activation token is invalid"}"#,
      .serverError(
        status: 400, error: "invalid_request", description: "The activation token is invalid")),
    Refusal(
      400, #"{"error":"access_denied","errorDescription":"Policy evaluation failed"}"#,
      .serverError(status: 400, error: "access_denied", description: "Policy evaluation failed")),
    Refusal(
      403, #"{"error":"Forbidden","message":"Access denied by network policy"}"#,
      .serverError(
        status: 403, error: "Forbidden", description: "Access denied by network policy")),
    Refusal(
      400, #"{"error":"invalid_scope","error_description":""}"#,
      .serverError(status: 400, error: "invalid_scope", description: nil)),
    Refusal(
      200, #"{"error":"invalid_grant","access_token":"at","token_type":"Bearer"}"#,
      .invalidGrant(description: nil)),
    Refusal(429, #"{"errorCode":"E0000047"}"#, .rateLimited(retryAfter: nil)),
    Refusal(429, "", .rateLimited(retryAfter: nil)),
    Refusal(400, #"{"errorCode":"E0000047"}"#, .rateLimited(retryAfter: nil)),
    Refusal(500, #"{"error":"invalid_grant"}"#, .unavailable(status: 500)),
    Refusal(503, "<html>", .unavailable(status: 503)),
    Refusal(
      500, #"{"error":"invalid_request","error_description":"The activation token is invalid"}"#,
      .serverError(
        status: 500, error: "invalid_request", description: "The activation token is invalid")),
    Refusal(400, #"{"error":"temporarily_unavailable"}"#, .unavailable(status: 400)),
    Refusal(400, #"{"errorCode":"E0000009"}"#, .unavailable(status: 400)),
    Refusal(404, "<html>", .unavailable(status: 404)),
    Refusal(400, #"{"error":7}"#, .unavailable(status: 400)),
    Refusal(302, "", .unavailable(status: 302)),
    Refusal(307, #"{"error":"invalid_grant"}"#, .unavailable(status: 307)),
    Refusal(101, "", .unavailable(status: 101)),
    Refusal(-1, "", .unavailable(status: -1)),
  ]

  @Test("a refusal is sorted by what is to be done about it", arguments: refusals)
  func refusal(_ refusal: Refusal) {
    #expect(throws: refusal.fault) { try Self.token(refusal.body, status: refusal.status) }
    if refusal.status != 200 {
      #expect(throws: refusal.fault) { try Self.handle(refusal.body, status: refusal.status) }
    }
  }

  @Test("429 says how long to wait")
  func rateLimit() {
    #expect(throws: OAuthFault.rateLimited(retryAfter: .seconds(17))) {
      try Self.token("", status: 429, headers: [.retryAfter: "17"])
    }
  }

  @Test("interact gives a handle, also beside an error that is to be continued")
  func handles() throws {
    #expect(try Self.handle(#"{"interaction_handle":"BEhB"}"#) == Secret("BEhB"))
    let beside = #"{"error":"interaction_required","interaction_handle":"BEhB"}"#
    #expect(try Self.handle(beside, status: 400) == Secret("BEhB"))
  }

  @Test(
    "interact without a usable handle is nonsense",
    arguments: [
      "{}", "", #"{"interaction_handle":""}"#, #"{"interaction_handle":null}"#,
      #"{"interaction_handle":"x""#, #"{"interaction_handle":"a\nb"}"#,
    ])
  func noHandle(body: String) throws {
    let fault = try #require(throws: OAuthFault.self) { try Self.handle(body) }
    guard case .nonsense = fault else {
      Issue.record("\(fault)")
      return
    }
  }

  @Test("a handle in a server's failure is not one")
  func handleIn500() {
    #expect(throws: OAuthFault.unavailable(status: 502)) {
      try Self.handle(#"{"interaction_handle":"x"}"#, status: 502)
    }
  }
}
