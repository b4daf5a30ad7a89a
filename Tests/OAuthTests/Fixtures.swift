// What several suites begin with.

import FoundationEssentials
import HTTPTypes
import JSON
import OAuth
import Secrets
import Testing

enum Fixture {
  static let issuer = "https://acme.okta.com/oauth2/default"

  /// A metadata document of that issuer, in which `changes` replace members (`nil` removes).
  static func metadataBody(_ changes: [String: JSONValue?] = [:]) -> [UInt8] {
    var object: JSONObject = [
      "issuer": "https://acme.okta.com/oauth2/default",
      "authorization_endpoint": "https://acme.okta.com/oauth2/default/v1/authorize",
      "token_endpoint": "https://acme.okta.com/oauth2/default/v1/token",
      "jwks_uri": "https://acme.okta.com/oauth2/default/v1/keys",
      "revocation_endpoint": "https://acme.okta.com/oauth2/default/v1/revoke",
      "introspection_endpoint": "https://acme.okta.com/oauth2/default/v1/introspect",
      "userinfo_endpoint": "https://acme.okta.com/oauth2/default/v1/userinfo",
      "id_token_signing_alg_values_supported": ["RS256"],
      "code_challenge_methods_supported": ["S256"],
    ]
    for (name, value) in changes { object[name] = value }
    return JSONWriter.bytes(.object(object))
  }

  static func metadata(_ changes: [String: JSONValue?] = [:]) throws -> IssuerMetadata {
    try IssuerMetadata(body: metadataBody(changes), configuredIssuer: issuer)
  }
}

extension OAuthRequest {
  var url: String { "\(head.scheme ?? "")://\(head.authority ?? "")\(head.path ?? "")" }
  var text: String { String(decoding: body, as: UTF8.self) }

  /// The parameters of the form, still encoded.
  var parameters: [String: String] {
    var result: [String: String] = [:]
    for pair in text.split(separator: "&") {
      let halves = pair.split(separator: "=", maxSplits: 1)
      result[String(halves[0])] = String(halves[1])
    }
    return result
  }
}

extension Stamp {
  /// For requests that are not about it.
  static let test = Stamp(
    time: Date(timeIntervalSince1970: 1_795_514_400), randomBytes: [UInt8](repeating: 7, count: 16))
}
