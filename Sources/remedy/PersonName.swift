// Whose a session is, in a name that a person knows: the subject is one only by luck, and at Okta most
// often an identifier like 00u1a2b3c.

internal import BrokerInterface
internal import JSON
internal import RemedyClient

extension Client {
  /// The subject where it is a name, else what the ID token's claims have, else the subject.
  func personName(of session: SessionSummary) -> String? {
    guard let subject = session.subject, !subject.contains("@") else { return session.subject }
    let claims = try? call(TokenClaims.self, TokenClaims.Params(profile: session.profile))
    return claims?.personName ?? subject
  }
}

extension TokenClaims.Result {
  /// What the issuer calls the person, by the best of the claims that there is (OpenID Connect
  /// Core 1.0 §5.1).
  fileprivate var personName: String? {
    ["preferred_username", "email", "name"].lazy.compactMap { claims[$0]?.string }
      .first { !$0.isEmpty }
  }
}
