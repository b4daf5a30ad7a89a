// What the token endpoint gave (RFC 6749 §5.1), with every token in guarded memory.

public import HTTPTypes
internal import JSON
public import Secrets

/// Tokens fresh from the issuer. The ID token is not checked yet: see `IDToken`.
public struct TokenResponse: Sendable, Equatable {
  /// The access token, of which nothing but its issuer and its audience need know more.
  public let accessToken: Secret
  /// `Bearer` or `DPoP`, in that spelling however the issuer wrote it.
  public let tokenType: String
  /// Seconds that the access token lives from now; `nil` where the issuer does not say or says
  /// nothing sensible. At most a year.
  public let expiresIn: Int?
  /// What was granted; `nil` where the issuer leaves it out, which means: what was asked for.
  public let scope: [String]?
  /// `nil` on refresh: the old one goes on.
  public let refreshToken: Secret?
  /// The ID token, unchecked; `nil` where the scopes have no `openid`, and on refresh with some
  /// issuers.
  public let idToken: Secret?

  private static let longestLife = 365 * 86_400

  /// Reads the answer to a token request.
  ///
  /// - Throws: what the refusal means (`OAuthFault`); `.nonsense` for a success without an access
  ///   token, or with a token of a type that is not understood.
  public init(status: Int, headers: HTTPFields, body: [UInt8]) throws(OAuthFault) {
    // What lets other applications of the device sign in (Native SSO 1.0 §3.2) is kept by nobody
    // here; it is not to be left in ordinary memory either.
    let (secrets, rest) = SecretMembers.take(
      ["access_token", "refresh_token", "id_token", "device_secret"], from: body)
    let object = try OAuthFault.object(status: status, headers: headers, body: rest)
    guard let accessToken = secrets["access_token"] else {
      throw .nonsense(what: "the answer has no access_token")
    }
    self.accessToken = accessToken
    tokenType = try Self.tokenType(object)
    expiresIn = Self.lifetime(object["expires_in"])
    scope = Self.scope(object["scope"])
    refreshToken = secrets["refresh_token"]
    idToken = secrets["id_token"]
  }

  /// A token of a type that is not understood must not be used (RFC 6749 §7.1).
  private static func tokenType(_ object: JSONObject) throws(OAuthFault) -> String {
    switch object["token_type"]?.string?.lowercased() {
    case "bearer": return "Bearer"
    case "dpop": return "DPoP"
    case nil: throw .nonsense(what: "the answer has no token_type")
    default: throw .nonsense(what: "the answer has a token_type that is neither Bearer nor DPoP")
    }
  }

  /// A number, or a number in quotes as some issuers write it.
  private static func lifetime(_ value: JSONValue?) -> Int? {
    guard let seconds = value?.double ?? value?.string.flatMap({ Double($0) }), seconds >= 1 else {
      return nil
    }
    return Int(min(seconds, Double(longestLife)))
  }

  private static func scope(_ value: JSONValue?) -> [String]? {
    let words = value?.string?.split(separator: " ").map { String($0) }
    return words ?? value?.array?.compactMap(\.string)
  }
}
