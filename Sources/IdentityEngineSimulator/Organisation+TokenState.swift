// Tokens in use: revoked, looked into, shown to `/v1/userinfo`.

import FoundationEssentials
import HTTPTypes

extension Organisation {
  /// 200 with nothing, whether or not there was anything to revoke (RFC 7009 §2.2). Shipped clients
  /// name themselves here by HTTP Basic, in the form, or not at all; only a confidential one must.
  mutating func revoke(_ request: SimulatedRequest, now: Date) -> Answer {
    let form = request.form
    var client: OAuthClient?
    if request.headers[.authorization] != nil || form["client_id"] != nil
      || form["client_assertion"] != nil
    {
      do throws(ClientFault) {
        client = try authenticate(request, form, now: now)
      } catch {
        return error.answer
      }
    }
    guard let token = form["token"] else {
      return .oauth("invalid_request", "The request must specify a token.")
    }
    if let access = accessTokens[token] {
      guard mayRevoke(client, access.clientIdentifier) else { return ClientFault.unknown.answer }
      accessTokens[token] = nil
    } else if let place = families.firstIndex(where: {
      $0.current == token || $0.replaced.contains(token)
    }) {
      let owner = families[place].clientIdentifier
      guard mayRevoke(client, owner) else { return ClientFault.unknown.answer }
      revoke(family: place)
    }
    return Answer(status: 200, body: .none)
  }

  private func mayRevoke(_ client: OAuthClient?, _ owner: String) -> Bool {
    if let client { return client.identifier == owner }
    return scenario.clients.contains { $0.identifier == owner && $0.isPublic }
  }

  /// RFC 7662.
  mutating func introspectToken(
    _ request: SimulatedRequest, server: AuthorizationServer?, now: Date
  ) -> Answer {
    let form = request.form
    do throws(ClientFault) {
      _ = try authenticate(request, form, now: now)
    } catch {
      return error.answer
    }
    guard let token = form["token"] else {
      return .oauth("invalid_request", "The request must specify a token.")
    }
    if let access = accessTokens[token], access.server == server?.identifier,
      now < access.expiresAt, members.indices.contains(access.member)
    {
      let member = members[access.member]
      var answer: WireObject = WireObject([
        ("active", true), ("scope", .string(access.scopes.joined(separator: " "))),
        ("username", .string(member.person.identifier)),
        ("exp", .integer(epoch(access.expiresAt))), ("iat", .integer(epoch(access.issuedAt))),
        ("sub", .string(member.person.identifier)), ("aud", .string(server?.audience ?? origin)),
        ("iss", .string(issuer(of: server))), ("jti", .string(access.identifier)),
        ("token_type", access.thumbprint == nil ? "Bearer" : "DPoP"),
        ("client_id", .string(access.clientIdentifier)), ("uid", .string(member.identifier)),
      ])
      if let thumbprint = access.thumbprint { answer["cnf"] = ["jkt": .string(thumbprint)] }
      return .json(.object(answer))
    }
    if let family = families.first(where: { $0.current == token }), !family.isRevoked,
      family.server == server?.identifier, members.indices.contains(family.member)
    {
      let member = members[family.member]
      return .json([
        "active": true, "scope": .string(family.scopes.joined(separator: " ")),
        "username": .string(member.person.identifier), "sub": .string(member.person.identifier),
        "client_id": .string(family.clientIdentifier), "uid": .string(member.identifier),
      ])
    }
    return .json(["active": false])
  }

  /// OpenID Connect Core §5.3, with the errors of RFC 6750 §3.1. A token that is bound to a key is
  /// taken with a proof only (RFC 9449 §7).
  mutating func userInfo(
    _ request: SimulatedRequest, server: AuthorizationServer?, now: Date
  ) -> Answer {
    let words = (request.headers[.authorization] ?? "").split(separator: " ", maxSplits: 1)
    let scheme = words.first?.lowercased() ?? ""
    let token = words.count == 2 ? String(words[1]) : ""
    guard let access = accessTokens[token], now < access.expiresAt,
      access.server == server?.identifier, members.indices.contains(access.member),
      scheme == (access.thumbprint == nil ? "bearer" : "dpop")
    else {
      return refuse(401, "invalid_token", "The token is missing, invalid or has expired.")
    }
    if let thumbprint = access.thumbprint {
      do throws(ProofFault) {
        let proof = try proof(in: request, now: now, for: token)
        guard proof == thumbprint else { throw ProofFault.otherKey }
      } catch {
        return refuse(401, "invalid_dpop_proof", error.words)
      }
    }
    guard access.scopes.contains("openid") else {
      return refuse(403, "insufficient_scope", "The access token must provide the openid scope.")
    }
    let member = members[access.member]
    var claims = WireObject([("sub", .string(member.identifier))])
    for (name, value) in profileClaims(of: member.person, scopes: access.scopes) {
      claims[name] = value
    }
    return .json(.object(claims))
  }

  private func refuse(_ status: Int, _ error: String, _ description: String) -> Answer {
    var answer = Answer(status: status, body: .none)
    answer.headers[.wwwAuthenticate] =
      "Bearer authorization_uri=\"\(origin)\", realm=\"\(origin)\", error=\"\(error)\", "
      + "error_description=\"\(description)\""
    return answer
  }
}
