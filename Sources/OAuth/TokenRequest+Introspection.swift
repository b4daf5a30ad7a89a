// What the issuer says of a token (RFC 7662): the only way to look into one that is opaque.

public import HTTPTypes
public import JSON
public import Secrets

extension TokenRequest {
  /// Asks about a token of any kind; the issuer finds out which.
  ///
  /// - Parameter endpoint: `IssuerMetadata.introspectionEndpoint`.
  /// - Throws: `.cannotSign` where the client proves itself by a key that gives no signature.
  public static func introspect(
    token: Secret, clientID: String, authentication: ClientAuthentication, at endpoint: Endpoint,
    stamp: Stamp
  ) throws(OAuthFault) -> OAuthRequest {
    var form = Form()
    form.add("token", token)
    return try .post(form, to: endpoint, as: clientID, proving: authentication, stamp)
  }

  /// Reads the answer to `introspect`.
  ///
  /// - Throws: `.nonsense` where it does not say whether the token is active (RFC 7662 §2.2).
  public static func introspection(
    status: Int, headers: HTTPFields, body: [UInt8]
  ) throws(OAuthFault) -> JSONObject {
    let object = try OAuthFault.object(status: status, headers: headers, body: body)
    guard object["active"]?.bool != nil else {
      throw .nonsense(what: "the answer does not say whether the token is active")
    }
    return object
  }
}
