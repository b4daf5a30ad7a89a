// How a client proves to the issuer that it is that client (RFC 6749 §2.3). One value serves every
// OAuth endpoint, because the places where the proof must stand differ by endpoint, and that is
// decided here and not by whoever builds a request.

internal import HTTPTypes
public import Secrets

/// How the client authenticates itself at the issuer's OAuth endpoints.
public enum ClientAuthentication: Sendable, Equatable {
  /// A public client: it names itself and proves nothing (`none`).
  case none
  /// The client secret in the `Authorization` header (RFC 6749 §2.3.1).
  case clientSecretBasic(Secret)
  /// The client secret as a parameter of the body (RFC 6749 §2.3.1).
  case clientSecretPost(Secret)
  /// An assertion under HMAC with the client secret (`client_secret_jwt`, OpenID Connect Core §9).
  /// The secret has at least 32 bytes (RFC 7518 §3.2).
  case clientSecretJWT(Secret)
  /// An assertion signed with a key whose public half the issuer has (`private_key_jwt`).
  case privateKeyJWT(PrivateKey)

  /// Whether the client proves who it is: some parameters are only for such clients.
  public var isConfidential: Bool {
    switch self {
    case .none: false
    case .clientSecretBasic, .clientSecretPost, .clientSecretJWT, .privateKeyJWT: true
    }
  }
}

extension OAuthRequest {
  /// A form posted in the client's name. `client_id` stands in the body with every method, where it
  /// may (RFC 6749 §3.2.1) and where public clients must have it.
  static func post(
    _ form: Form, to endpoint: Endpoint, as clientID: String, proving proof: ClientAuthentication,
    _ stamp: Stamp
  ) throws(OAuthFault) -> OAuthRequest {
    var form = form
    form.add("client_id", clientID)
    switch proof {
    case .none:
      return .post(form, to: endpoint)
    case .clientSecretPost(let secret):
      form.add("client_secret", secret)
      return .post(form, to: endpoint)
    case .clientSecretBasic(let secret):
      var request = OAuthRequest.post(form, to: endpoint)
      request.head.headerFields[.authorization] = basic(clientID, secret)
      return request
    case .clientSecretJWT(let secret):
      form.add(assertion: try ClientAssertion.make(secret, clientID, for: endpoint, stamp))
      return .post(form, to: endpoint)
    case .privateKeyJWT(let key):
      form.add(assertion: try ClientAssertion.make(key, clientID, for: endpoint, stamp))
      return .post(form, to: endpoint)
    }
  }

  /// Both halves are form-encoded before they are joined (RFC 6749 §2.3.1).
  private static func basic(_ clientID: String, _ secret: Secret) -> String {
    var credentials: [UInt8] = []
    Form.append(clientID.utf8, to: &credentials)
    credentials.append(UInt8(ascii: ":"))
    secret.withBytes { span in
      for index in span.indices { Form.append(CollectionOfOne(span[index]), to: &credentials) }
    }
    return "Basic " + standardAlphabet(Base64URL.encode(credentials))
  }

  /// Base64url as plain base64 with padding (RFC 4648 §4), which RFC 7617 asks for.
  private static func standardAlphabet(_ text: String) -> String {
    var letters = text.utf8.map { letter in
      switch letter {
      case UInt8(ascii: "-"): UInt8(ascii: "+")
      case UInt8(ascii: "_"): UInt8(ascii: "/")
      default: letter
      }
    }
    while letters.count % 4 != 0 { letters.append(UInt8(ascii: "=")) }
    return String(decoding: letters, as: UTF8.self)
  }
}
