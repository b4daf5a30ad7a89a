// Refresh tokens and what hangs on them.
//
// 1. A family begins with a sign-in and ends when it is revoked, or lies unused for too long.
// 2. With rotation each use gives a new token. The one before goes on working for the leeway, and
//    then gives the newest again, so that an answer lost on the way costs nothing.
// 3. A token that is older than that is reuse: the whole family dies, and every access token that
//    was issued in it.

import FoundationEssentials

/// All refresh tokens that go back to one sign-in.
struct TokenFamily: Sendable {
  let clientIdentifier: String
  /// The custom authorization server, or `nil`.
  let server: String?
  let member: Int
  let scopes: [String]
  let amr: [String]
  let authenticatedAt: Date
  /// The token that works now.
  var current: String
  /// Those that it replaced, the oldest first.
  var replaced: [String] = []
  var rotatedAt: Date
  var usedAt: Date
  var isRevoked = false
  /// Of the key that it is bound to, where it is.
  let thumbprint: String?

  /// What a refresh token is worth.
  enum Standing: Equatable { case current, withinLeeway, reused, notOurs }

  func standing(of token: String, leeway: TimeInterval, now: Date) -> Standing {
    if token == current { return .current }
    guard replaced.contains(token) else { return .notOurs }
    return token == replaced.last && now < rotatedAt + leeway ? .withinLeeway : .reused
  }
}

/// An access token that was issued.
struct AccessToken: Sendable {
  let identifier: String
  let clientIdentifier: String
  let server: String?
  let member: Int
  let scopes: [String]
  let issuedAt: Date
  let expiresAt: Date
  /// The refresh token family it belongs to.
  let family: Int?
  /// Of the key that it is bound to (RFC 9449 §6), where it is.
  let thumbprint: String?
}

/// For whom, what and since when tokens are made.
struct Grant: Sendable {
  var client: OAuthClient
  var server: AuthorizationServer?
  var member: Int
  var scopes: [String]
  var amr: [String]
  var authenticatedAt: Date
  var nonce: String?
  var family: Int?
  /// Of the key whose possession was proven.
  var thumbprint: String?
}
