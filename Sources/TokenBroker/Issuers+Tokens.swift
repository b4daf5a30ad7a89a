// What issuers are asked about tokens: for them, about them, and to end them.

internal import FoundationEssentials
internal import IdentityEngine
internal import InteractionCodeFlow
internal import JSON
internal import OAuth
internal import Secrets

/// Tokens that an issuer gave, and when it was asked for them.
struct Issued: Sendable {
  var response: TokenResponse
  /// When the request left, on the uptime clock: the tokens' life counts from then.
  var askedAt: Duration
}

extension Issuers {
  func redeem(
    _ code: InteractionCode, _ profile: Profile, verifier: Secret, deviceToken: String,
    proofKey: ProofKey?
  ) async throws(BrokerError) -> Issued {
    let (response, askedAt) = try await askTimed(
      "/token", profile, deviceToken: deviceToken, proving: proofKey
    ) {
      (metadata, stamp) throws(OAuthFault) in
      try TokenRequest.interactionCode(
        code: Secret(code.text), verifier: verifier, clientID: profile.clientID,
        authentication: profile.clientAuthentication, metadata: metadata, stamp: stamp)
    } read: { (answer) throws(OAuthFault) in
      let response = try TokenResponse(
        status: answer.status, headers: answer.headers, body: answer.body)
      try response.confirm(proofKey)
      return response
    }
    return Issued(response: response, askedAt: askedAt)
  }

  func refresh(
    _ profile: Profile, token: Secret, scopes: [String]?, deviceToken: String,
    proofKey: ProofKey?
  ) async throws(BrokerError) -> Issued {
    let (response, askedAt) = try await askTimed(
      "/token", profile, deviceToken: deviceToken, proving: proofKey, timeout: Self.refreshTimeout
    ) { (metadata, stamp) throws(OAuthFault) -> OAuthRequest in
      try TokenRequest.refresh(
        refreshToken: token, scopes: scopes, clientID: profile.clientID,
        authentication: profile.clientAuthentication, metadata: metadata, stamp: stamp)
    } read: { (answer) throws(OAuthFault) -> TokenResponse? in
      do throws(OAuthFault) {
        let response = try TokenResponse(
          status: answer.status, headers: answer.headers, body: answer.body)
        try response.confirm(proofKey)
        return response
      } catch {
        if case .invalidGrant = error { return nil }
        throw error
      }
    }
    guard let response else {
      throw .interactionRequired(profile: profile.name, retryAfter: nil)
    }
    return Issued(response: response, askedAt: askedAt)
  }

  /// What an issuer makes of a revocation.
  enum RevocationOutcome: String, Sendable {
    case revoked
    /// It has no endpoint for it.
    case impossible
    /// It will not, whenever it is asked.
    case refused
  }

  /// Revokes a token (RFC 7009).
  func revoke(
    _ token: Secret, _ kind: TokenRequest.TokenKind, _ profile: Profile, deviceToken: String
  ) async throws(BrokerError) -> RevocationOutcome {
    guard let endpoint = try await metadata(profile).revocationEndpoint else {
      return .impossible
    }
    return try await ask("/revoke", profile, deviceToken: deviceToken) {
      (_, stamp) throws(OAuthFault) in
      try TokenRequest.revoke(
        token: token, hint: kind, clientID: profile.clientID,
        authentication: profile.clientAuthentication, at: endpoint, stamp: stamp)
    } read: { (answer) throws(OAuthFault) in
      do throws(OAuthFault) {
        try TokenRequest.revocation(
          status: answer.status, headers: answer.headers, body: answer.body)
        return .revoked
      } catch {
        switch error {
        case .serverError(400..<500, _, _), .invalidGrant: return .refused
        default: throw error
        }
      }
    }
  }

  /// What the issuer says of a token.
  func introspect(
    _ token: Secret, _ profile: Profile, deviceToken: String
  ) async throws(BrokerError) -> JSONObject {
    guard let endpoint = try await metadata(profile).introspectionEndpoint else {
      throw .issuerUnavailable("the issuer has no endpoint for introspection")
    }
    return try await ask("/introspect", profile, deviceToken: deviceToken) {
      (_, stamp) throws(OAuthFault) in
      try TokenRequest.introspect(
        token: token, clientID: profile.clientID, authentication: profile.clientAuthentication,
        at: endpoint, stamp: stamp)
    } read: { (answer) throws(OAuthFault) in
      try TokenRequest.introspection(
        status: answer.status, headers: answer.headers, body: answer.body)
    }
  }

  /// Checks an ID token; an unknown key id has the keys fetched anew, once.
  func validate(
    _ token: Secret, _ profile: Profile, nonce: String?, accessToken: Secret, subject: String?
  ) async throws(BrokerError) -> IDToken.Claims {
    let metadata = try await metadata(profile)
    let expectation = IDToken.Expectation(
      issuer: metadata.issuer, clientID: profile.clientID, nonce: nonce, accessToken: accessToken,
      maxAge: nonce == nil ? nil : profile.maxAge,
      acrValues: nonce == nil ? nil : profile.acrValues, subject: subject,
      algorithms: metadata.idTokenSigningAlgorithms, now: now(at: profile))
    let keys = try await keys(profile, metadata, again: false)
    do {
      return try IDToken.validate(token, keys: keys, expectation: expectation)
    } catch {
      guard case .unknownKey = error else { throw .tokenRejected(error.words) }
    }
    let fresh = try await self.keys(profile, metadata, again: true)
    do {
      return try IDToken.validate(token, keys: fresh, expectation: expectation)
    } catch {
      throw .tokenRejected(error.words)
    }
  }
}
