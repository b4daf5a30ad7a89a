// Why an ID token was refused, in words. They hold no part of the token but names: of claims, of
// algorithms, of what the issuer calls its keys.

internal import OAuth

extension IDTokenFault {
  /// One clause, lower case, no full stop.
  var words: String {
    switch self {
    case .malformed(let what): "the ID token's \(what) cannot be read"
    case .algorithmRefused(let name):
      "the ID token is signed by \(name.prefix(20)), which the issuer's metadata does not list, "
        + "or Remedy does not take"
    case .wrongType(let name): "the ID token is of the type \(name.prefix(40))"
    case .criticalHeader: "the ID token has header parameters that must be understood and are not"
    case .unknownKey(let id?): "the issuer has no fitting key by the name of \(id.prefix(80))"
    case .unknownKey(nil): "the ID token names no key, and the issuer has not just one that fits"
    case .badSignature: "the ID token's signature is not the issuer's"
    case .wrongIssuer: "iss of the ID token is another issuer"
    case .wrongAudience: "aud of the ID token is without this client"
    case .wrongAuthorizedParty: "azp of the ID token is not this client"
    case .expired: "the ID token has expired"
    case .notYetValid: "the ID token is not valid yet"
    case .wrongIssueTime: "iat of the ID token is too far from the issuer's clock"
    case .wrongNonce: "nonce of the ID token is of another sign-in"
    case .wrongSubject: "sub of the ID token is somebody else than the session's"
    case .authenticationTooOld: "auth_time of the ID token is longer ago than max_age"
    case .assuranceUnmet: "acr of the ID token is weaker than acr_values"
    case .wrongAccessTokenHash: "at_hash of the ID token is of another access token"
    case .claim(let name): "the claim \(name) of the ID token is missing or no such thing"
    }
  }
}
