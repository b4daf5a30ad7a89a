// Tokens, made and signed; and, where a test asks for it, made wrong in one particular way.

import Crypto
import FoundationEssentials
import HTTPTypes

extension Organisation {
  mutating func issue(_ grant: Grant, now: Date) -> Answer {
    let path = grant.server.map { "/oauth2/\($0.identifier)/v1/token" } ?? "/oauth2/v1/token"
    let wrongs = Set(takeFaults(at: path, where: \.changesTokens).map(\.kind))
    let seconds = grant.server?.accessTokenSeconds ?? scenario.accessTokenSeconds
    let accessToken = makeAccessToken(grant, seconds: seconds, now: now)

    var response = WireObject([
      (
        "token_type",
        .string(
          wrongs.contains(.tokenType) ? "MAC" : grant.thumbprint == nil ? "Bearer" : "DPoP")
      ),
      ("expires_in", .integer(seconds)), ("access_token", .string(accessToken)),
      ("scope", .string(grant.scopes.joined(separator: " "))),
    ])
    if let place = grant.family, families.indices.contains(place) {
      response["refresh_token"] = .string(families[place].current)
    }
    if grant.scopes.contains("openid") && !wrongs.contains(.missingIDToken) {
      response["id_token"] = .string(
        makeIDToken(grant, for: accessToken, wrongs: wrongs, now: now))
    }
    if wrongs.contains(.missingAccessToken) { response["access_token"] = nil }
    var answer = Answer.json(.object(response))
    answer.headers[.cacheControl] = "no-store"
    return answer
  }

  /// A JWT. That of the organisation's own server is signed with a key that it does not publish, so
  /// that nobody can come to rely on its content.
  private mutating func makeAccessToken(_ grant: Grant, seconds: Int, now: Date) -> String {
    let identifier = "AT." + random.handle(43)
    let subject = members[grant.member]
    var claims = WireObject([
      ("ver", 1), ("jti", .string(identifier)), ("iss", .string(issuer(of: grant.server))),
      ("aud", .string(grant.server?.audience ?? origin)), ("iat", .integer(epoch(now))),
      ("exp", .integer(epoch(now) + seconds)), ("cid", .string(grant.client.identifier)),
      ("uid", .string(subject.identifier)), ("scp", .array(grant.scopes.map { .string($0) })),
      ("auth_time", .integer(epoch(grant.authenticatedAt))),
    ])
    claims["sub"] = .string(subject.person.identifier)
    if let thumbprint = grant.thumbprint { claims["cnf"] = ["jkt": .string(thumbprint)] }
    let token: String
    if grant.server == nil {
      let head: WireValue = ["kid": .string(random.handle(43)), "alg": "RS256"]
      let parts = [head.jsonText, WireValue.object(claims).jsonText].map {
        base64URL(Array($0.utf8))
      }
      token = parts.joined(separator: ".") + "." + random.handle(342)
    } else {
      token = keys.first?.sign(.object(claims)) ?? ""
    }
    accessTokens[token] = AccessToken(
      identifier: identifier, clientIdentifier: grant.client.identifier,
      server: grant.server?.identifier, member: grant.member, scopes: grant.scopes, issuedAt: now,
      expiresAt: now + TimeInterval(seconds), family: grant.family, thumbprint: grant.thumbprint)
    return token
  }

  private mutating func makeIDToken(
    _ grant: Grant, for accessToken: String, wrongs: Set<Fault.Kind>, now: Date
  ) -> String {
    let person = members[grant.member].person
    var claims = WireObject([
      ("sub", .string(members[grant.member].identifier)), ("ver", 1),
      ("iss", .string(issuer(of: grant.server))), ("aud", .string(grant.client.identifier)),
      ("iat", .integer(epoch(now))), ("exp", .integer(epoch(now) + 3600)),
      ("jti", .string("ID." + random.handle(43))), ("amr", .array(grant.amr.map { .string($0) })),
      ("idp", "00oremedysimulator00"), ("auth_time", .integer(epoch(grant.authenticatedAt))),
      ("at_hash", .string(leftHalf(of: accessToken))),
    ])
    if let nonce = grant.nonce { claims["nonce"] = .string(nonce) }
    for (name, value) in profileClaims(of: person, scopes: grant.scopes) { claims[name] = value }
    for wrong in wrongs { wrong.spoil(&claims, now: now) }
    guard let key = keys.first else { return "" }
    if wrongs.contains(.algorithmNone) {
      return key.sign(.object(claims), algorithm: "none").prefix { $0 != "." }
        + "." + base64URL(Array(WireValue.object(claims).jsonText.utf8)) + "."
    }
    let token = key.sign(
      .object(claims), kid: wrongs.contains(.unknownKey) ? random.handle(43) : nil)
    guard wrongs.contains(.badSignature) else { return token }
    let signed = token.split(separator: ".").prefix(2).joined(separator: ".")
    return signed + "." + random.handle(342)
  }

  /// The claims that scopes ask for (OpenID Connect Core §5.4).
  func profileClaims(of person: Person, scopes: [String]) -> [(String, WireValue)] {
    var claims: [(String, WireValue)] = []
    if scopes.contains("profile") {
      claims += [
        ("name", .string("\(person.firstName) \(person.lastName)")),
        ("given_name", .string(person.firstName)), ("family_name", .string(person.lastName)),
        ("preferred_username", .string(person.identifier)), ("locale", "en_US"),
        ("zoneinfo", "America/Los_Angeles"),
      ]
    }
    if scopes.contains("email") {
      claims += [("email", .string(person.email)), ("email_verified", true)]
    }
    if scopes.contains("phone"), let phone = person.phones.first {
      claims.append(("phone_number", .string(phone)))
    }
    return claims
  }

  /// `at_hash` (OpenID Connect Core §3.1.3.6).
  private func leftHalf(of token: String) -> String {
    base64URL(Array(SHA256.hash(data: Array(token.utf8)).prefix(16)))
  }
}
