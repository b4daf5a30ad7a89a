// `/v1/token`: the interaction code, and refreshing.

import Crypto
import FoundationEssentials
import HTTPTypes

extension Organisation {
  mutating func token(
    _ request: SimulatedRequest, server: AuthorizationServer?, now: Date
  ) -> Answer {
    let form = request.form
    if form.hasDuplicates {
      return .oauth("invalid_request", "The request includes a parameter more than once.")
    }
    guard let grant = form["grant_type"] else {
      return .oauth("invalid_request", "The token request must specify a grant_type.")
    }
    let client: OAuthClient
    do throws(ClientFault) {
      client = try authenticate(request, form, now: now)
    } catch {
      return error.answer
    }
    guard ["interaction_code", "refresh_token"].contains(grant) else {
      return .oauth(
        "unsupported_grant_type",
        "The authorization grant type is not supported by the "
          + "authorization server.")
    }
    guard client.grants.contains(grant) else {
      return .oauth(
        "unauthorized_client",
        "The client is not authorized to use the provided grant type. Configured grant types: "
          + "[\(client.grants.joined(separator: ", "))].")
    }
    // A request without the proof that it must have has used up nothing.
    let thumbprint: String?
    do throws(ProofFault) {
      thumbprint = try possession(request, client, now: now)
    } catch {
      return answer(to: error, now: now)
    }
    var answer =
      grant == "interaction_code"
      ? exchange(form, client, server, boundTo: thumbprint, now: now)
      : refresh(form, client, server, boundTo: thumbprint, now: now)
    if thumbprint != nil { answer.headers[.dpopNonce] = proofNonce(now: now) }
    return answer
  }

  // MARK: The interaction code

  private static let deadCode = Answer.oauth(
    "invalid_grant", "The interaction code is invalid or has expired.")

  /// A code dies with the first attempt to use it, whether that succeeds or not.
  private mutating func exchange(
    _ form: FormBody, _ client: OAuthClient, _ server: AuthorizationServer?,
    boundTo thumbprint: String?, now: Date
  ) -> Answer {
    guard let verifier = form["code_verifier"] else {
      return .oauth("invalid_grant", "PKCE verification failed.")
    }
    guard let code = form["interaction_code"],
      let issued = codes.removeValue(forKey: code),
      var interaction = interactions[issued.interaction]
    else { return Organisation.deadCode }
    if let run = interaction.run { runs[run.identifier] = nil }
    interaction.run = nil
    interactions[interaction.handle] = interaction

    guard now < issued.expiresAt, interaction.client.identifier == client.identifier,
      interaction.server?.identifier == server?.identifier,
      form["redirect_uri"].map({ $0 == interaction.redirectURI }) ?? true
    else { return Organisation.deadCode }
    guard (43...128).contains(verifier.utf8.count),
      base64URL(Array(SHA256.hash(data: Array(verifier.utf8)))) == interaction.codeChallenge
    else { return .oauth("invalid_grant", "PKCE verification failed.") }

    var grant = Grant(
      client: client, server: server, member: issued.member, scopes: issued.scopes,
      amr: issued.amr, authenticatedAt: issued.authenticatedAt, nonce: interaction.nonce,
      thumbprint: thumbprint)
    if issued.scopes.contains("offline_access") && client.grants.contains("refresh_token") {
      grant.family = begin(grant, now: now)
    }
    return issue(grant, now: now)
  }

  private mutating func begin(_ grant: Grant, now: Date) -> Int {
    families.append(
      TokenFamily(
        clientIdentifier: grant.client.identifier, server: grant.server?.identifier,
        member: grant.member, scopes: grant.scopes, amr: grant.amr,
        authenticatedAt: grant.authenticatedAt, current: random.handle(43), rotatedAt: now,
        usedAt: now, thumbprint: grant.thumbprint))
    return families.count - 1
  }

  // MARK: Refreshing

  private static let deadRefreshToken = Answer.oauth(
    "invalid_grant", "The refresh token is invalid or expired.")

  private mutating func refresh(
    _ form: FormBody, _ client: OAuthClient, _ server: AuthorizationServer?,
    boundTo thumbprint: String?, now: Date
  ) -> Answer {
    guard let token = form["refresh_token"] else {
      return .oauth("invalid_request", "The token request must specify a refresh_token.")
    }
    let leeway = TimeInterval(client.leewaySeconds)
    let place = families.firstIndex {
      $0.standing(of: token, leeway: leeway, now: now) != .notOurs
    }
    let idle = TimeInterval(server?.refreshTokenIdleSeconds ?? 7 * 86400)
    guard let place, families[place].clientIdentifier == client.identifier,
      families[place].server == server?.identifier, !families[place].isRevoked,
      now < families[place].usedAt + idle
    else { return Organisation.deadRefreshToken }
    guard families[place].thumbprint == thumbprint else {
      return answer(to: .otherKey, now: now)
    }

    var family = families[place]
    let standing = family.standing(of: token, leeway: leeway, now: now)
    if standing == .reused {
      revoke(family: place)
      let event =
        server == nil ? "app.oauth2.token.detect_reuse" : "app.oauth2.as.token.detect_reuse"
      systemLog.append(SystemLogEntry(event: event, at: now))
      return Organisation.deadRefreshToken
    }
    guard let person = members.indices.contains(family.member) ? members[family.member] : nil,
      person.person.status == .active
    else { return Organisation.deadRefreshToken }

    let asked = form["scope"].map { $0.split(separator: " ").map { String($0) } }
    let scopes = asked.flatMap { $0.isEmpty ? nil : $0 } ?? family.scopes
    guard scopes.allSatisfy({ family.scopes.contains($0) }) else {
      return .oauth(
        "access_denied",
        "Some of the scopes requested for the refresh request were not granted in the original "
          + "authorize request.")
    }
    if client.rotation == .rotate && standing == .current {
      family.replaced.append(family.current)
      family.current = random.handle(43)
      family.rotatedAt = now
    }
    family.usedAt = now
    families[place] = family
    return issue(
      Grant(
        client: client, server: server, member: family.member, scopes: scopes, amr: family.amr,
        authenticatedAt: family.authenticatedAt, family: place, thumbprint: thumbprint), now: now)
  }

  /// Ends a family with everything that was issued in it.
  mutating func revoke(family place: Int) {
    guard families.indices.contains(place) else { return }
    families[place].isRevoked = true
    accessTokens = accessTokens.filter { $0.value.family != place }
  }
}
