// The first step of a sign-in, which is OAuth's and not the Identity Engine's: the client says what
// it wants, and gets a handle that names this wish in the steps that follow.

public import HTTPTypes
internal import JSON
public import Secrets

/// What a client asks for when a sign-in begins.
public struct InteractRequest: Sendable, Equatable {
  /// Which client asks, by its id at the issuer.
  public var clientID: String
  /// How it proves that it is that client.
  public var authentication: ClientAuthentication
  /// What is asked for; sent in this order, separated by spaces (RFC 6749 §3.3).
  public var scopes: [String]
  /// Exactly as registered, even where no redirect ever happens.
  public var redirectURI: String
  /// `PKCE.challenge`.
  public var codeChallenge: String
  /// Comes back on redirects only; at least 128 random bits.
  public var state: String
  /// Comes back in the ID token; at least 128 random bits.
  public var nonce: String
  /// Who signs in, where the caller has said so; the engine then skips to what comes after.
  public var loginHint: String?
  /// How strong the sign-in must be, separated by spaces (OpenID Connect Core §3.1.2.1).
  public var acrValues: String?
  /// Seconds since the last sign-in that are acceptable.
  public var maxAge: Int?
  /// Whom the access token is for, where the issuer takes that from clients.
  public var audience: String?
  /// From an activation link: the sign-in then leads into enrolment.
  public var activationToken: Secret?
  /// From a recovery link: the sign-in then leads into a password reset.
  public var recoveryToken: Secret?
  /// Names the device to the issuer, at most 32 characters. Sent for confidential clients only,
  /// from others it is not believed.
  public var deviceToken: String?

  /// Made of its parts; what is left out has the value that stands here.
  public init(
    clientID: String, authentication: ClientAuthentication = .none, scopes: [String],
    redirectURI: String, codeChallenge: String, state: String, nonce: String,
    loginHint: String? = nil, acrValues: String? = nil, maxAge: Int? = nil,
    audience: String? = nil, activationToken: Secret? = nil, recoveryToken: Secret? = nil,
    deviceToken: String? = nil
  ) {
    self.clientID = clientID
    self.authentication = authentication
    self.scopes = scopes
    self.redirectURI = redirectURI
    self.codeChallenge = codeChallenge
    self.state = state
    self.nonce = nonce
    self.loginHint = loginHint
    self.acrValues = acrValues
    self.maxAge = maxAge
    self.audience = audience
    self.activationToken = activationToken
    self.recoveryToken = recoveryToken
    self.deviceToken = deviceToken
  }

  /// The request to send.
  ///
  /// - Throws: `.cannotSign` where the client proves itself by a key that gives no signature.
  public func request(
    _ metadata: IssuerMetadata, stamp: Stamp
  ) throws(OAuthFault) -> OAuthRequest {
    var form = Form()
    form.add("scope", scopes.joined(separator: " "))
    form.add("redirect_uri", redirectURI)
    form.add("code_challenge", codeChallenge)
    form.add("code_challenge_method", "S256")
    form.add("state", state)
    form.add("nonce", nonce)
    form.add("login_hint", loginHint)
    form.add("acr_values", acrValues)
    form.add("max_age", maxAge.map { String($0) })
    form.add("audience", audience)
    form.add("activation_token", activationToken)
    form.add("recovery_token", recoveryToken)
    var request = try OAuthRequest.post(
      form, to: metadata.interactEndpoint, as: clientID, proving: bodyProof, stamp)
    if authentication.isConfidential, let deviceToken, let name = HTTPField.Name("X-Device-Token") {
      request.head.headerFields[name] = deviceToken
    }
    return request
  }

  /// At this endpoint the client secret stands in the body, whatever the client is registered for:
  /// every client there is sends it so, and whether the header is read is not documented.
  private var bodyProof: ClientAuthentication {
    switch authentication {
    case .clientSecretBasic(let secret): .clientSecretPost(secret)
    case .none, .clientSecretPost, .clientSecretJWT, .privateKeyJWT: authentication
    }
  }

  /// Reads the answer: the interaction handle.
  ///
  /// A refusal that carries a handle is none: it means that the sign-in goes on by introspection.
  ///
  /// - Throws: what the refusal means (`OAuthFault`); `.nonsense` for a success without a handle.
  public static func response(
    status: Int, headers: HTTPFields, body: [UInt8]
  ) throws(OAuthFault) -> Secret {
    var (secrets, rest) = SecretMembers.take(["interaction_handle"], from: body)
    if let handle = secrets.removeValue(forKey: "interaction_handle"),
      (200..<300).contains(status) || (400..<500).contains(status), status != 429,
      (try? JSONParser.parse(rest, rules: .tolerant)) != nil
    {
      return handle
    }
    _ = try OAuthFault.object(status: status, headers: headers, body: rest)
    throw .nonsense(what: "the answer has no interaction_handle")
  }
}
