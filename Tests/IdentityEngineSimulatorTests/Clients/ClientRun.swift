// A shipped client at work, from its row of the table. Every answer is held against what the client
// needs of it; what it has to complain of is kept, so that a test can ask for a complaint as well as
// for none.

import Foundation
import HTTPTypes

@testable import IdentityEngineSimulator

/// One sign-in of one client.
struct ClientRun {
  let client: ShippedClient
  private(set) var visitor: Visitor
  private var handle = ""
  /// The newest page that was no refusal: what a client goes back to.
  private var page = WireValue.null
  private var tokens = WireValue.null
  /// What was not as the client needs it, each with the line below that asked for it.
  private(set) var complaints: [String] = []

  static let scope = "openid profile email offline_access"

  /// - Parameter fault: what is wrong with the server all the while.
  init(_ client: ShippedClient, _ scenario: String, fault: Fault? = nil) throws {
    self.client = client
    visitor = try Visitor(scenario) { $0.clients[0].redirectURIs = [client.redirectURI] }
    if let fault { visitor.organisation.add(fault) }
  }

  /// The whole way: a wrong and a right password, a wrong and a right code where one is asked for,
  /// and all that the client does with tokens.
  mutating func signIn() throws {
    try begin()
    try identify()
    if !isChallenged { try choose(.password) }
    try prove("wrong")
    expectRefusal("incorrectPassword", atField: false)
    try prove(Visitor.password)
    demand(visitor.status == 200)
    if visitor.code == nil {
      try choose(.email)
      try prove("000000x")
      expectRefusal("api.authn.error.PASSCODE_INVALID", atField: true)
      try prove(visitor.lastCode)
      demand(visitor.status == 200)
      demand(visitor.organisation.outbox.count == 1)
    }
    demand(visitor.code != nil)
    try redeem()
    try refresh()
    try revoke()
  }

  private mutating func demand(_ isMet: Bool, _ what: String = "", line: Int = #line) {
    if !isMet { complaints.append("line \(line): \(what)") }
  }

  // MARK: OAuth

  private static func fields(_ headers: [String: String]) throws -> HTTPFields {
    var fields = HTTPFields()
    for (name, value) in headers {
      let field = try found(HTTPField.Name(name))
      fields[field] = value
    }
    return fields
  }

  private func path(_ address: String?) throws -> String {
    let address = try found(address)
    let isHere = address.hasPrefix(visitor.organisation.origin + "/")
    return try found(isHere ? String(address.dropFirst(visitor.organisation.origin.count)) : nil)
  }

  private mutating func post(
    _ path: String, _ parameters: [(String, String)], headers more: [String: String] = [:]
  ) throws -> SimulatedResponse {
    let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._~"))
    let body = parameters.map { name, value in
      let written =
        client.escapes ? value.addingPercentEncoding(withAllowedCharacters: allowed) : value
      return "\(name)=\(written ?? "")"
    }
    return visitor.send(
      .post, path, type: client.formType, body: body.joined(separator: "&"),
      headers: try Self.fields(client.formHeaders.merging(more) { $1 }))
  }

  private mutating func read(_ path: String) throws -> WireValue {
    var headers = client.readingHeaders
    let type = headers.removeValue(forKey: "Content-Type")
    let answer = visitor.send(.get, path, type: type, headers: try Self.fields(headers))
    demand(answer.status == 200)
    return try found(answer.json)
  }

  /// Metadata, `/interact` and introspect.
  private mutating func begin() throws {
    var interact = visitor.base + "/interact"
    if !client.metadata.isEmpty {
      let issuer = visitor.organisation.origin + "/oauth2/default"
      let document = try read("/oauth2/default/.well-known/openid-configuration")
      demand(client.metadata.allSatisfy { document[$0] != nil })
      demand(document["issuer"] == .string(issuer), "the URL that was asked")
      demand(document["id_token_signing_alg_values_supported"] == ["RS256"])
      demand(document["code_challenge_methods_supported"]?.elements?.contains("S256") == true)
      if client.isInteractBesideAuthorize {
        interact = try path(document["authorization_endpoint"]?.text)
          .replacingOccurrences(of: "/authorize", with: "/interact")
      }
    }
    let parameters = [
      "client_id": visitor.clientID, "scope": Self.scope, "redirect_uri": client.redirectURI,
      "state": "a-state", "code_challenge": Visitor.challenge, "code_challenge_method": "S256",
    ].merging(client.interact) { $1 }
    let answer = try post(interact, parameters.map { ($0.key, $0.value) })
    demand(answer.status == 200, "and not 201, which two clients refuse")
    handle = try found(answer.json?["interaction_handle"]?.text)
    try introspect(["interactionHandle": .string(handle)])
  }

  // MARK: Steps

  private mutating func send(
    _ path: String, _ body: WireValue, type: String, headers: [String: String]
  ) throws {
    let answer = visitor.send(
      .post, path, type: type, body: body.jsonText, headers: try Self.fields(headers))
    visitor.status = answer.status
    visitor.page = answer.json ?? .null
    let isRefusal = answer.status != 200
    for need in client.needs {
      demand(need.isMet(by: visitor.page, isRefusal: isRefusal), "\(need), at \(visitor.names)")
    }
    demand(answer.headers[.contentType]?.hasPrefix("application/ion+json") == true)
    if !isRefusal { page = visitor.page }
  }

  private mutating func introspect(_ body: WireValue) throws {
    try send(
      "/idp/idx/introspect", body, type: client.introspectType,
      headers: ["Accept": "application/json"])
    demand(visitor.status == 200)
  }

  /// Asks where the transaction stands, as often as the client does.
  private mutating func look() throws {
    let state = page["stateHandle"] ?? .null
    switch client.looks {
    case .interactionHandle: try introspect(["interactionHandle": .string(handle)])
    case .stateHandle: try introspect(["stateHandle": state])
    case .stateToken: try introspect(["stateToken": state])
    case nil: break
    }
  }

  /// The form of that name, where the client sees it: one that goes by the first sees no other.
  private func offered(_ name: String) -> WireValue? {
    let forms = client.takesFirst ? Array(page.remediations.prefix(1)) : page.remediations
    return forms.first { $0["name"]?.text == name }
  }

  private mutating func answer(_ name: String, _ members: [(String, WireValue)]) throws {
    try look()
    let form = try found(offered(name))
    var body = WireObject()
    for (name, value) in members { body[name] = value }
    body["stateHandle"] = page["stateHandle"]
    let accepts = form["accepts"]?.text ?? ""
    try send(
      try path(form["href"]?.text), .object(body), type: client.stepType ?? accepts,
      headers: client.stepHeaders.mapValues { $0.isEmpty ? accepts : $0 })
  }

  private mutating func identify() throws {
    let remember = client.rememberMe.map { [("rememberMe", $0)] } ?? []
    try answer("identify", [("identifier", "ann@example.com")] + remember)
    demand(visitor.status == 200)
  }

  private mutating func prove(_ passcode: String) throws {
    try answer(
      "challenge-authenticator", [("credentials", ["passcode": .string(passcode)])])
  }

  /// What a client knows an authenticator by.
  private struct Factor {
    var type: String
    var key: String
    var label: String

    static let password = Factor(type: "password", key: "okta_password", label: "Password")
    static let email = Factor(type: "email", key: "okta_email", label: "Email")
  }

  /// Whether a code or password is asked for on the page; if not, it has to be chosen first.
  private var isChallenged: Bool { offered("challenge-authenticator") != nil }

  /// Chooses an authenticator in the client's own way.
  private mutating func choose(_ factor: Factor) throws {
    if client.answersData, let data = offered("authenticator-verification-data") {
      let fields = try found(data["value"]?[0]?["form"]?["value"]?.elements)
      let members = fields.map { field in
        (
          name: field["name"]?.text ?? "",
          value: field["value"] ?? field["options"]?[0]?["value"] ?? .null
        )
      }
      try answer(
        "authenticator-verification-data", [("authenticator", .object(WireObject(members)))])
    } else {
      let form = try found(offered("select-authenticator-authenticate"))
      let choice = form["value"]?.elements?.first { $0["name"] == "authenticator" }
      let meant = (choice?["options"]?.elements ?? []).first { isMeant($0, factor) }
      let option = try found(meant)
      var members = (option["value"]?["form"]?["value"]?.elements ?? []).compactMap { field in
        field["value"].map { (name: field["name"]?.text ?? "", value: $0) }
      }
      if client.choosesPasswordByID && factor.key == "okta_password" {
        members.removeAll { $0.name != "id" }
      }
      try answer(
        "select-authenticator-authenticate", [("authenticator", .object(WireObject(members)))])
    }
    demand(visitor.status == 200)
    let current = visitor.current
    demand(current?["key"]?.text == factor.key, "go goes by it")
  }

  private func isMeant(_ option: WireValue, _ factor: Factor) -> Bool {
    let related = option["relatesTo"]?.text.flatMap { page.related(by: $0) }
    switch client.choosing {
    case .type: return related?["type"]?.text == factor.type
    case .key: return related?["key"]?.text == factor.key
    case .label: return option["label"]?.text == factor.label
    case .method:
      let fields = option["value"]?["form"]?["value"]?.elements ?? []
      return fields.first { $0["name"] == "methodType" }?["value"]?.text == factor.type
    }
  }

  /// What a client makes of a refusal: that it is one, why, and that it can go on.
  private mutating func expectRefusal(_ key: String, atField: Bool) {
    demand(visitor.status == 401, "three clients take any 200 for success")
    demand(visitor.names.first == "challenge-authenticator")
    if atField {
      demand(!client.readsFields || visitor.page.words.first?["i18n"]?["key"]?.text == key)
      demand(visitor.topKeys.isEmpty)
    } else {
      demand(visitor.topKeys == [key])
    }
  }

  // MARK: Tokens

  private mutating func redeem() throws {
    guard client.redeems else { return }
    let form = try found(page["successWithInteractionCode"])
    var parameters = [("code_verifier", Visitor.verifier)]
    if client.sendsListedFields {
      parameters += (form["value"]?.elements ?? []).compactMap { field -> (String, String)? in
        guard let name = field["name"]?.text, let value = field["value"]?.text else { return nil }
        return (name, value)
      }
    } else {
      parameters += [
        ("grant_type", "interaction_code"), ("client_id", visitor.clientID),
        ("interaction_code", visitor.code ?? ""),
      ]
    }
    parameters += also(client.exchange)
    let answer = try post(
      client.sendsListedFields ? try path(form["href"]?.text) : visitor.base + "/token", parameters)
    demand(answer.status == 200)
    tokens = try found(answer.json)
    try check(isFirst: true)
  }

  private func also(_ names: Set<String>) -> [(String, String)] {
    names.map { ($0, $0 == "scope" ? Self.scope : client.redirectURI) }
  }

  private mutating func check(isFirst: Bool) throws {
    demand(tokens["token_type"] == "Bearer")
    demand(tokens["expires_in"]?.whole != nil, "a number")
    let access = try found(tokens["access_token"]?.text)
    guard !client.metadata.isEmpty else { return }
    let token = try found(tokens["id_token"]?.text)
    _ = try read(visitor.base + "/keys")
    try visitor.verify(token)
    let (header, claims) = try IdentityEngineSimulatorTests.claims(of: token)
    demand(header["alg"] == "RS256")
    demand(claims["iss"]?.text == visitor.organisation.origin + "/oauth2/default")
    demand(claims["aud"] == .string(visitor.clientID), "a text, and no list")
    let now = epoch(visitor.now)
    demand(claims["iat"]?.whole.map { abs($0 - now) <= 300 } == true)
    demand(claims["exp"]?.whole.map { $0 > now } == true)
    let isAsked = client.interact["nonce"] != nil && isFirst
    demand(claims["nonce"]?.text == (isAsked ? client.interact["nonce"] : nil))
    if client.tokenNeeds.contains(.accessTokenHash), let hash = claims["at_hash"] {
      demand(hash.text == Visitor.leftHalf(of: access))
    }
    if client.tokenNeeds.contains(.verifiableAccessToken) {
      try visitor.verify(access)
      let claims = try IdentityEngineSimulatorTests.claims(of: access).payload
      demand(claims["aud"] == "api://default")
      demand(claims["cid"] == .string(visitor.clientID))
    }
  }

  private mutating func refresh() throws {
    guard let with = client.refresh else { return }
    let old = try found(tokens["refresh_token"]?.text)
    let answer = try post(
      visitor.base + "/token",
      [("grant_type", "refresh_token"), ("refresh_token", old), ("client_id", visitor.clientID)]
        + also(with))
    demand(answer.status == 200)
    tokens = try found(answer.json)
    try check(isFirst: false)
  }

  private mutating func revoke() throws {
    guard let revoking = client.revoking else { return }
    let token = tokens["refresh_token"]?.text ?? tokens["access_token"]?.text ?? ""
    var parameters = [("token", token)]
    var headers: [String: String] = [:]
    switch revoking {
    case .inForm: parameters.append(("client_id", visitor.clientID))
    case .basic:
      let name = Data("\(visitor.clientID):".utf8).base64EncodedString()
      headers["Authorization"] = "Basic " + name
    case .notAtAll: break
    }
    let answer = try post(visitor.base + "/revoke", parameters, headers: headers)
    demand(answer.status == 200)
    demand(visitor.refresh(token).status == 400, "it is dead now")
  }
}

/// A client cannot go on.
private struct Stuck: Error { let line: Int }

/// What a client cannot do without.
private func found<Value>(_ value: Value?, line: Int = #line) throws -> Value {
  guard let value else { throw Stuck(line: line) }
  return value
}
