// What an issuer's answer means when it is not the one hoped for. The broker does four different
// things about it (asks a person anew, tells the administrator, waits, reports), so the answer is
// sorted here, once, by what is to be done rather than by its status.

internal import HTTPTypes
internal import JSON

/// Why an OAuth endpoint gave nothing to work with.
public enum OAuthFault: Error, Equatable, Sendable {
  /// The issuer refused, for a reason of its own: the error code and its words, from an OAuth error
  /// (RFC 6749 §5.2) or from the issuer's general API (`errorCode`, `errorSummary`).
  case serverError(status: Int, error: String, description: String?)
  /// `invalid_grant`: the code or the refresh token is spent, expired or revoked. On refresh the
  /// session is over, and asking again would look like theft (RFC 9700 §4.14.2).
  case invalidGrant(description: String?)
  /// The issuer refuses the client itself: its id, secret, grant type or redirect URI. No person
  /// who signs in can mend that.
  case clientRejected(error: String, description: String?)
  /// 429. How long to wait, where the answer says so.
  case rateLimited(retryAfter: Duration?)
  /// 5xx, a redirect, or a refusal that is not in the issuer's own form.
  case unavailable(status: Int)
  /// A success that cannot be read; `what` says what is wrong with it.
  case nonsense(what: String)
  /// The issuer names an address that is malformed or not on its own origin.
  case offOrigin(url: String)
  /// The metadata is another issuer's (RFC 8414 §3.3); `got` is the one that it names.
  case issuerMismatch(got: String)
  /// The client's own key gave no signature.
  case cannotSign
  /// The issuer wants a proof with the nonce that stands in this answer (`use_dpop_nonce`, RFC 9449
  /// §8). The code or token of the request is as good as before.
  case nonceWanted
  /// The access token is bound to another key than the one that was shown.
  case wrongBinding
}

extension OAuthFault {
  /// Reads an answer as a JSON object, or as the refusal that it is.
  ///
  /// - Throws: what the refusal means; `.nonsense` for a success that is no JSON object.
  static func object(
    status: Int, headers: HTTPFields, body: [UInt8]
  ) throws(OAuthFault) -> JSONObject {
    let object = (try? JSONParser.parse(body, rules: .tolerant))?.object
    if let refusal = refusal(status: status, headers: headers, object: object) { throw refusal }
    guard let object else { throw .nonsense(what: "the answer is not a JSON object") }
    return object
  }

  /// What the answer refuses with; `nil` for a success without an error in it.
  static func refusal(status: Int, headers: HTTPFields, object: JSONObject?) -> OAuthFault? {
    if status == 429 { return rateLimit(headers) }
    guard status < 500 else { return failure(status, object) }
    let isSuccess = (200..<300).contains(status)
    guard let object, let code = text(object, ["error", "errorCode"]) else {
      return isSuccess ? nil : .unavailable(status: status)
    }
    guard isSuccess || status >= 400 else { return .unavailable(status: status) }
    let words = text(
      object, ["error_description", "errorDescription", "errorSummary", "message"])
    return sort(code, words, status, headers)
  }

  /// A server that fails is not believed about grants and clients; what it says is passed on.
  private static func failure(_ status: Int, _ object: JSONObject?) -> OAuthFault {
    guard let object, let code = text(object, ["error"]),
      let words = text(object, ["error_description", "errorDescription"]),
      !["server_error", "temporarily_unavailable"].contains(code)
    else { return .unavailable(status: status) }
    return .serverError(status: status, error: code, description: words)
  }

  private static func sort(
    _ code: String, _ words: String?, _ status: Int, _ headers: HTTPFields
  ) -> OAuthFault {
    switch code {
    case "invalid_grant":
      .invalidGrant(description: words)
    case "use_dpop_nonce":
      .nonceWanted
    case "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_redirect_uri",
      "invalid_dpop_proof":
      .clientRejected(error: code, description: words)
    // RFC 6749 has no code of its own for a redirect URI that is not registered; the parameter's
    // name in the words is all there is.
    case "invalid_request" where words?.contains("redirect_uri") == true:
      .clientRejected(error: code, description: words)
    case "server_error", "temporarily_unavailable", "E0000009", "E0000010":
      .unavailable(status: status)
    case "E0000047":
      rateLimit(headers)
    default:
      .serverError(status: status, error: code, description: words)
    }
  }

  private static func rateLimit(_ headers: HTTPFields) -> OAuthFault {
    .rateLimited(retryAfter: RetryAfter.seconds(headers: headers).map { .seconds($0) })
  }

  /// The first of these members that is a text and not empty.
  private static func text(_ object: JSONObject, _ names: [String]) -> String? {
    for name in names {
      if let text = object[name]?.string, !text.isEmpty { return text }
    }
    return nil
  }
}
