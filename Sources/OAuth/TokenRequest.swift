// What is asked of the token endpoint, and the revoking of what it gave.

public import HTTPTypes
internal import JSON
public import Secrets

/// Requests to the token and revocation endpoints.
public enum TokenRequest {
  /// Which kind of token is revoked (RFC 7009 §2.1).
  public enum TokenKind: String, Sendable {
    /// What lets a bearer use an interface, for a short time.
    case accessToken = "access_token"
    /// What gets new tokens without a person.
    case refreshToken = "refresh_token"
  }

  /// Redeems an interaction code for tokens. A code has one use and 60 seconds; an answer that got
  /// lost spends it, so this is not repeated.
  ///
  /// - Throws: `.cannotSign` where the client proves itself by a key that gives no signature.
  public static func interactionCode(
    code: Secret, verifier: Secret, clientID: String, authentication: ClientAuthentication,
    metadata: IssuerMetadata, stamp: Stamp
  ) throws(OAuthFault) -> OAuthRequest {
    var form = Form()
    form.add("grant_type", "interaction_code")
    form.add("interaction_code", code)
    form.add("code_verifier", verifier)
    return try .post(
      form, to: metadata.tokenEndpoint, as: clientID, proving: authentication, stamp)
  }

  /// Gets new tokens for a refresh token (RFC 6749 §6).
  ///
  /// - Parameter scopes: at most those that were granted; `nil` keeps them all.
  /// - Throws: `.cannotSign` where the client proves itself by a key that gives no signature.
  public static func refresh(
    refreshToken: Secret, scopes: [String]? = nil, clientID: String,
    authentication: ClientAuthentication, metadata: IssuerMetadata, stamp: Stamp
  ) throws(OAuthFault) -> OAuthRequest {
    var form = Form()
    form.add("grant_type", "refresh_token")
    form.add("refresh_token", refreshToken)
    form.add("scope", scopes?.joined(separator: " "))
    return try .post(
      form, to: metadata.tokenEndpoint, as: clientID, proving: authentication, stamp)
  }

  /// Revokes a token (RFC 7009). Revoking the refresh token takes the access tokens that came with
  /// it along, but not the other way round.
  ///
  /// - Parameter endpoint: `IssuerMetadata.revocationEndpoint`.
  /// - Throws: `.cannotSign` where the client proves itself by a key that gives no signature.
  public static func revoke(
    token: Secret, hint: TokenKind, clientID: String, authentication: ClientAuthentication,
    at endpoint: Endpoint, stamp: Stamp
  ) throws(OAuthFault) -> OAuthRequest {
    var form = Form()
    form.add("token", token)
    form.add("token_type_hint", hint.rawValue)
    return try .post(form, to: endpoint, as: clientID, proving: authentication, stamp)
  }

  /// Reads the answer to `revoke`: any success is one, whatever its body, also for a token that was
  /// dead already (RFC 7009 §2.2).
  ///
  /// - Throws: what the refusal means (`OAuthFault`): the token is then as it was.
  public static func revocation(
    status: Int, headers: HTTPFields, body: [UInt8]
  ) throws(OAuthFault) {
    let object = (try? JSONParser.parse(body, rules: .tolerant))?.object
    if let fault = OAuthFault.refusal(status: status, headers: headers, object: object) {
      throw fault
    }
  }
}
