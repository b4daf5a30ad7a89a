// What a session's tokens are worth and what they say, without fetching any.

public import JSON
internal import OAuth
public import Secrets

extension Broker {
  /// Asks the issuer of a token; of the access token held where none is given.
  ///
  /// - Throws: what the contract lists for `token.introspect`; always within `timeout`.
  public func introspect(
    _ name: String, token: Secret?, timeout: Duration, _ peer: Peer
  ) async throws(BrokerError) -> JSONObject {
    let profile = try usableProfile(name, peer)
    let key = key(profile, peer)
    guard let token = token ?? heldGrant(key, profile, nil)?.accessToken else {
      throw .interactionRequired(profile: name, retryAfter: nil)
    }
    let deviceToken = deviceToken(key)
    return try await within(uptime + timeout) { broker throws(BrokerError) in
      try await broker.issuers.introspect(token, profile, deviceToken: deviceToken)
    }
  }

  /// The claims of the session's ID token, which was validated when it came.
  ///
  /// - Throws: `unknownProfile`, `accessDenied`; `interactionRequired` where nobody is signed in.
  public func claims(_ name: String, _ peer: Peer) throws(BrokerError) -> JSONObject {
    let profile = try usableProfile(name, peer)
    guard let token = entries[key(profile, peer)]?.session?.idToken,
      let claims = IDToken.claims(ofValidated: token)
    else {
      throw .interactionRequired(profile: name, retryAfter: nil)
    }
    return claims
  }

  /// The access token held for a set of scopes, or for the profile's; where that is not there, the
  /// one that lives longest.
  func heldGrant(_ key: SessionKey, _ profile: Profile, _ scopes: [String]?) -> TokenGrant? {
    guard let tokens = entries[key]?.session?.tokens else { return nil }
    if let scopes { return tokens[ScopeSet(scopes)]?.grant }
    return tokens[ScopeSet(profile.scopes)]?.grant
      ?? tokens.values.map(\.grant).max { $0.expiresAt < $1.expiresAt }
  }
}
