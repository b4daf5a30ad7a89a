// A client in a few lines: it knows the hrefs it was given and nothing of the organisation's
// inside.

import Crypto
import Foundation
import HTTPTypes
import Testing

@testable import IdentityEngineSimulator

/// An organisation with a clock that a test moves, and what a client remembers of a sign-in.
struct Visitor {
  /// One key for all tests, because making one is slow.
  private static let sharedKey = Result { try SigningKey() }
  static var key: SigningKey { get throws { try sharedKey.get() } }
  static let password = "correct horse battery staple"
  static let verifier = "a-code-verifier-that-is-long-enough-to-be-one"
  static let challenge = base64URL(Array(SHA256.hash(data: Data(verifier.utf8))))

  var organisation: Organisation
  var now = Date(timeIntervalSince1970: 1_790_000_000)
  /// The authorization server's part of the path.
  var base = "/oauth2/default/v1"
  var clientID = "0oaremedydemo00000"
  /// The newest response.
  var page: WireValue = .null
  var status = 0

  init(_ name: String, change: (inout Scenario) -> Void = { _ in }) throws {
    var scenario = try #require(Scenario.named(name))
    change(&scenario)
    organisation = try Organisation(
      scenario: scenario, origin: "http://127.0.0.1:8080", key: try Visitor.key)
  }

  // MARK: Requests

  mutating func send(
    _ method: HTTPRequest.Method, _ target: String, type: String? = nil, body: String = "",
    headers: HTTPFields = [:]
  ) -> SimulatedResponse {
    var headers = headers
    headers[.contentType] = type
    return organisation.respond(
      to: SimulatedRequest(
        method: method, target: target, headers: headers, body: Array(body.utf8)),
      now: now)
  }

  /// A form to an OAuth endpoint.
  mutating func form(_ path: String, _ parameters: [String: String]) -> SimulatedResponse {
    let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._~"))
    let body = parameters.map {
      "\($0.key)=\($0.value.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")"
    }
    return send(
      .post, path, type: "application/x-www-form-urlencoded", body: body.joined(separator: "&"))
  }

  /// JSON to an IDX address; absolute ones must be on the organisation's origin.
  @discardableResult
  mutating func idx(_ href: String, _ body: WireValue) throws -> Int {
    var path = href
    if !href.hasPrefix("/") {
      try #require(href.hasPrefix(organisation.origin + "/"))
      path = String(href.dropFirst(organisation.origin.count))
    }
    let response = send(
      .post, path, type: "application/json; okta-version=1.0.0", body: body.jsonText)
    status = response.status
    page = response.json ?? .null
    return status
  }

  static var interactParameters: [String: String] {
    [
      "client_id": "0oaremedydemo00000", "scope": "openid profile email offline_access",
      "redirect_uri": "http://127.0.0.1:8765/callback", "state": "a-state", "nonce": "a-nonce",
      "code_challenge": challenge, "code_challenge_method": "S256",
    ]
  }

  /// `/interact` and introspect.
  mutating func begin(_ changes: [String: String] = [:]) throws -> String {
    let parameters = Visitor.interactParameters.merging(changes) { $1 }
    let answer = form(base + "/interact", parameters)
    let handle = try #require(answer.json?["interaction_handle"]?.text)
    try idx("/idp/idx/introspect", ["interactionHandle": .string(handle)])
    return handle
  }

  // MARK: Forms

  var remediations: [WireValue] { page["remediation"]?["value"]?.elements ?? [] }
  var names: [String] { remediations.compactMap { $0["name"]?.text } }
  var stateHandle: String { page["stateHandle"]?.text ?? "" }
  var code: String? {
    page["successWithInteractionCode"]?["value"]?.elements?
      .first { $0["name"]?.text == "interaction_code" }?["value"]?.text
  }
  var lastCode: String { organisation.outbox.last?.code ?? "" }

  /// The keys of the messages at the top.
  var topKeys: [String] { Visitor.keys(of: page["messages"]) }

  static func keys(of messages: WireValue?) -> [String] {
    (messages?["value"]?.elements ?? []).compactMap { $0["i18n"]?["key"]?.text }
  }

  /// The keys of the messages at a field of `credentials` in the first form.
  func keys(at field: String) -> [String] {
    let credentials = remediations.first?["value"]?.elements?
      .first { $0["name"]?.text == "credentials" }
    let nested = credentials?["form"]?["value"]?.elements?.first { $0["name"]?.text == field }
    return Visitor.keys(of: nested?["messages"])
  }

  /// Answers a remediation by name.
  @discardableResult
  mutating func answer(_ name: String, _ members: WireObject = WireObject()) throws -> Int {
    let form = try #require(remediations.first { $0["name"]?.text == name })
    var body = members
    body["stateHandle"] = .string(stateHandle)
    return try idx(try #require(form["href"]?.text), .object(body))
  }

  /// The authenticator that the page is about.
  var current: WireValue? {
    (page["currentAuthenticatorEnrollment"] ?? page["currentAuthenticator"])?["value"]
  }

  /// Answers an action of the current authenticator, with what it has set in it.
  @discardableResult
  mutating func act(_ name: String) throws -> Int {
    let action = try #require(current?[name])
    var body = WireObject()
    for field in action["value"]?.elements ?? [] {
      if let name = field["name"]?.text { body[name] = field["value"] }
    }
    return try idx(try #require(action["href"]?.text), .object(body))
  }

  /// Password of Ann, and whatever comes after it.
  mutating func passPassword() throws {
    _ = try begin()
    try identify()
    try prove(Visitor.password)
    try #require(status == 200)
  }

  /// What the control plane says to a JSON body.
  mutating func control(_ path: String, _ body: WireValue) -> SimulatedResponse {
    send(.post, "/simulator/" + path, type: "application/json", body: body.jsonText)
  }

  /// The numbers of what waits on phones.
  var waiting: [Int] {
    organisation.phone.filter { $0.state == .waiting }.map(\.number)
  }

  mutating func identify(_ identifier: String = "ann@example.com") throws {
    try answer("identify", WireObject([("identifier", .string(identifier))]))
  }

  @discardableResult
  mutating func prove(_ passcode: String) throws -> Int {
    try answer(
      "challenge-authenticator",
      WireObject([("credentials", ["passcode": .string(passcode)])]))
  }

  /// Chooses the option of that label.
  mutating func choose(_ label: String, extra: [(String, WireValue)] = []) throws {
    let form = try #require(
      remediations.first {
        $0["name"]?.text == "select-authenticator-authenticate"
      })
    let options = form["value"]?[0]?["options"]?.elements ?? []
    let option = try #require(options.first { $0["label"]?.text == label })
    var choice = WireObject()
    for field in option["value"]?["form"]?["value"]?.elements ?? [] {
      guard let name = field["name"]?.text, let value = field["value"] else { continue }
      choice[name] = value
    }
    for (name, value) in extra { choice[name] = value }
    try answer(
      "select-authenticator-authenticate", WireObject([("authenticator", .object(choice))]))
  }

  // MARK: Tokens

  mutating func exchange(_ code: String, _ changes: [String: String] = [:]) -> SimulatedResponse {
    form(
      base + "/token",
      [
        "grant_type": "interaction_code", "interaction_code": code, "client_id": clientID,
        "code_verifier": Visitor.verifier,
      ].merging(changes) { $1 })
  }

  mutating func refresh(_ token: String, _ changes: [String: String] = [:]) -> SimulatedResponse {
    form(
      base + "/token",
      ["grant_type": "refresh_token", "refresh_token": token, "client_id": clientID]
        .merging(changes) { $1 })
  }

  /// The whole way to tokens with the scenario `password`.
  mutating func signIn(_ changes: [String: String] = [:]) throws -> WireValue {
    _ = try begin(changes)
    try identify()
    try prove(Visitor.password)
    let response = exchange(try #require(code))
    try #require(response.status == 200)
    return try #require(response.json)
  }
}

/// The parts of a compact JWS.
func claims(of token: String) throws -> (header: WireValue, payload: WireValue) {
  let parts = token.split(separator: ".").map { decode64($0) }
  try #require(parts.count >= 2)
  return (
    try #require(WireValue.parse(parts[0])), try #require(WireValue.parse(parts[1]))
  )
}

/// Base64url without padding.
func decode64(_ text: some StringProtocol) -> [UInt8] {
  var standard = text.replacingOccurrences(of: "-", with: "+")
    .replacingOccurrences(of: "_", with: "/")
  while standard.count % 4 != 0 { standard += "=" }
  return Data(base64Encoded: standard).map { Array($0) } ?? []
}
