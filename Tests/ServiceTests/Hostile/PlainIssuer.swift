// The shortest issuer that a whole sign-in can be had from: user name, then a code, then tokens. It
// is honest; what a test makes of its answers on their way is the test's business.

import Foundation
import JSON
import Synchronization

/// What a request to an issuer is for.
enum IssuerCall: String, Sendable, CaseIterable {
  case discovery, keys, interact, introspect, identify, token, refresh
  /// What is said of a token (RFC 7662), and the end of one (RFC 7009).
  case inspection, revocation

  init?(_ request: RawRequest) {
    switch request.path.split(separator: "?").first.map(String.init) ?? "" {
    case "/.well-known/openid-configuration": self = .discovery
    case "/oauth2/v1/keys": self = .keys
    case "/oauth2/v1/interact": self = .interact
    case "/idp/idx/introspect": self = .introspect
    case "/idp/idx/identify": self = .identify
    case "/oauth2/v1/token":
      self = request.form["grant_type"] == "refresh_token" ? .refresh : .token
    case "/oauth2/v1/introspect": self = .inspection
    case "/oauth2/v1/revoke": self = .revocation
    default: return nil
    }
  }
}

/// Answers as an issuer does, for one sign-in after the other.
final class PlainIssuer: Sendable {
  static let client = "0oaplain"
  private let mint: TokenMint
  private let nonce = Mutex("")

  init(_ mint: TokenMint) { self.mint = mint }

  /// The JSON that an honest issuer at this origin answers; `nil` where it has no such place.
  func answer(_ call: IssuerCall, _ request: RawRequest, origin: String) -> JSONValue? {
    switch call {
    case .discovery:
      return [
        "issuer": .string(origin),
        "authorization_endpoint": .string(origin + "/oauth2/v1/authorize"),
        "token_endpoint": .string(origin + "/oauth2/v1/token"),
        "jwks_uri": .string(origin + "/oauth2/v1/keys"),
        "introspection_endpoint": .string(origin + "/oauth2/v1/introspect"),
        "revocation_endpoint": .string(origin + "/oauth2/v1/revoke"),
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
      ]
    case .keys:
      return try? mint.keySet()
    case .interact:
      nonce.withLock { $0 = request.form["nonce"] ?? "" }
      return ["interaction_handle": .string("handle-" + UUID().uuidString)]
    case .introspect:
      return Self.identify(origin: origin)
    case .identify:
      return [
        "version": "1.0.0", "stateHandle": "02.plain",
        "successWithInteractionCode": [
          "name": "issue", "href": .string(origin + "/oauth2/v1/token"),
          "value": [["name": "interaction_code", "value": "c0de"]],
        ],
      ]
    case .token, .refresh:
      return try? mint.tokens(
        issuer: origin, client: Self.client, nonce: nonce.withLock { $0 },
        scope: "openid offline_access")
    case .inspection:
      return ["active": true, "sub": "00ureplay"]
    case .revocation:
      return [:]
    }
  }

  static func identify(origin: String) -> JSONValue {
    [
      "version": "1.0.0", "stateHandle": "02.plain",
      "remediation": [
        "type": "array",
        "value": [
          [
            "rel": ["create-form"], "name": "identify", "method": "POST",
            "href": .string(origin + "/idp/idx/identify"),
            "value": [
              ["name": "identifier", "label": "Username", "required": true],
              ["name": "stateHandle", "required": true, "value": "02.plain", "visible": false],
            ],
          ]
        ],
      ],
    ]
  }

  /// The profile's part of a configuration.
  static func profile(_ name: String, issuer: String, settings: String = "") -> String {
    """

    [profile.\(name)]
    issuer = "\(issuer)"
    client_id = "\(client)"
    redirect_uri = "com.example.app:/callback"
    scopes = ["openid", "offline_access"]
    \(settings)

    """
  }
}

extension RawStep {
  /// A plain, good answer.
  static func json(_ json: JSONValue, status: Int = 200) -> RawStep {
    .send(
      Array(HTTPText.head(status, length: JSONWriter.bytes(json).count).utf8)
        + JSONWriter.bytes(json))
  }
}

/// Heads of answers.
enum HTTPText {
  static func head(
    _ status: Int, length: Int?, _ headers: [String] = [], type: String = "application/json"
  ) -> String {
    var lines = ["HTTP/1.1 \(status) Said", "Content-Type: \(type)"]
    if let length { lines.append("Content-Length: \(length)") }
    return (lines + headers).joined(separator: "\r\n") + "\r\n\r\n"
  }
}
