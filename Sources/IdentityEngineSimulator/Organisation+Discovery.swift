// What a server publishes about itself. `interact` is in none of these documents, and
// `interaction_code` not among the grants: so it is with the real ones.

import FoundationEssentials
import HTTPTypes

extension Organisation {
  private static let standardScopes = [
    "openid", "profile", "email", "address", "phone", "offline_access", "device_sso",
  ]

  /// The scopes that a server grants.
  func scopes(of server: AuthorizationServer?) -> [String] {
    Organisation.standardScopes + (server?.scopes ?? [])
  }

  func metadata(of server: AuthorizationServer?, isOpenID: Bool) -> Answer {
    let base = oauthBase(of: server)
    let methods: WireValue = [
      "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none",
    ]
    var document = WireObject([
      ("issuer", .string(issuer(of: server))),
      ("authorization_endpoint", .string(base + "/authorize")),
      ("token_endpoint", .string(base + "/token")),
      ("registration_endpoint", .string(origin + "/oauth2/v1/clients")),
      ("jwks_uri", .string(base + "/keys")),
      ("response_types_supported", ["code", "id_token", "code id_token", "code token"]),
      ("response_modes_supported", ["query", "fragment", "form_post", "okta_post_message"]),
      (
        "grant_types_supported",
        [
          "authorization_code", "implicit", "refresh_token", "password",
          "urn:ietf:params:oauth:grant-type:device_code",
        ]
      ),
      ("subject_types_supported", ["public"]),
      ("scopes_supported", .array(Organisation.standardScopes.map { .string($0) })),
      ("token_endpoint_auth_methods_supported", methods),
      ("introspection_endpoint", .string(base + "/introspect")),
      ("introspection_endpoint_auth_methods_supported", methods),
      ("revocation_endpoint", .string(base + "/revoke")),
      ("revocation_endpoint_auth_methods_supported", methods),
      ("end_session_endpoint", .string(base + "/logout")),
      ("code_challenge_methods_supported", ["S256"]),
      ("request_parameter_supported", true),
      ("request_object_signing_alg_values_supported", ["RS256", "ES256"]),
      ("device_authorization_endpoint", .string(base + "/device/authorize")),
      ("pushed_authorization_request_endpoint", .string(base + "/par")),
      ("dpop_signing_alg_values_supported", ["RS256", "ES256"]),
    ])
    if scenario.switches.requiresPushedRequests {
      document["require_pushed_authorization_requests"] = true
    }
    if isOpenID {
      document["userinfo_endpoint"] = .string(base + "/userinfo")
      document["id_token_signing_alg_values_supported"] = [
        .string(scenario.switches.signingAlgorithm.rawValue)
      ]
      document["claims_supported"] = [
        "iss", "ver", "sub", "aud", "iat", "exp", "jti", "auth_time", "amr", "idp", "nonce", "name",
        "preferred_username", "given_name", "family_name", "email", "email_verified", "zoneinfo",
        "locale", "at_hash",
      ]
    }
    var answer = Answer.json(.object(document))
    answer.headers[.cacheControl] = "max-age=86400, must-revalidate"
    return answer
  }

  func keySet() -> Answer {
    var answer = Answer.json(["keys": .array(keys.map(\.jwk))])
    answer.headers[.cacheControl] = "max-age=3600, must-revalidate"
    return answer
  }
}
