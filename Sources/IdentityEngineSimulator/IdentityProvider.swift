// Another place where people are known: a social or an enterprise identity provider, a smart card, a
// service that looks at passports. What the client gets to see of it is a link, which only a browser
// can follow.

/// An identity provider that the organisation trusts.
public struct IdentityProvider: Codable, Sendable, Equatable {
  /// `0oa…`, or a word.
  public var identifier: String
  /// `GOOGLE`, `SAML2`, `OIDC`, `X509`, …
  public var type: String
  /// What people call it.
  public var name: String
  /// Whether the link is a pushed authorization request rather than `/sso/idps`.
  public var isPushed: Bool
  /// What the remediation is called, where that is not `redirect-idp`.
  public var remediation: String?

  /// A provider.
  public init(
    _ identifier: String, type: String, name: String, isPushed: Bool = false,
    remediation: String? = nil
  ) {
    self.remediation = remediation
    self.identifier = identifier
    self.type = type
    self.name = name
    self.isPushed = isPushed
  }

  private enum CodingKeys: String, CodingKey {
    case type, name, remediation
    case identifier = "id"
    case isPushed = "pushed"
  }

  /// Reads a provider; only `id` is needed.
  public init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    identifier = try file.decode(String.self, forKey: .identifier)
    type = try file.value(.type, or: "OIDC")
    name = try file.value(.name, or: identifier)
    isPushed = try file.value(.isPushed, or: false)
    remediation = try file.decodeIfPresent(String.self, forKey: .remediation)
  }

  /// A social one.
  public static let google = IdentityProvider("0oagooglesimulated0", type: "GOOGLE", name: "Google")
  /// An enterprise one.
  public static let saml = IdentityProvider(
    "0oasamlsimulated000", type: "SAML2", name: "Example Corp")
  /// The card in a reader, which needs a client certificate.
  public static let smartCard = IdentityProvider(
    "mtlsidp", type: "X509", name: "Smart card (PIV)")
  /// The same where the remediation has a name of its own.
  public static let pivCard = IdentityProvider(
    "mtlsidp", type: "X509", name: "PIV card", remediation: "piv-idp")
  /// One that looks at passports.
  public static let proofing = IdentityProvider(
    "IDV_PERSONA", type: "ID_PROOFING", name: "Persona")
  /// The one that serves as an authenticator.
  static let authenticator = IdentityProvider(
    "0oafactorsimulated0", type: "OIDC", name: "IDP Authenticator")
  /// Duo, where it is reached by redirect.
  static let duo = IdentityProvider("0oaduosimulated0000", type: "OIDC", name: "Duo Security")

  var isSmartCard: Bool { type == "X509" }
}

/// The link to a provider, as a remediation. It has no form: a browser follows it.
struct ProviderLink: Sendable {
  var provider: IdentityProvider
  /// Whether it leads to a look at the person's papers.
  var isProofing: Bool { provider.type == IdentityProvider.proofing.type }
}

extension StepContext {
  /// The remediation that leads to a provider.
  func link(to provider: IdentityProvider, relatesTo: [String] = []) -> Form {
    let link = ProviderLink(provider: provider)
    let path: String
    if link.isProofing {
      path = "/idp/identity-verification?stateTokenExternalId=" + stateHandle
    } else if provider.isPushed {
      let request = base64URL(Array("\(interaction):\(provider.identifier)".utf8))
      path = "\(authorizePath)?client_id=\(clientIdentifier)&request_uri=urn:okta:\(request)"
    } else {
      path = "/sso/idps/\(provider.identifier)?stateToken=" + stateHandle
    }
    return Form(
      name: provider.remediation ?? (link.isProofing ? "redirect-idverify" : "redirect-idp"),
      path: path,
      relatesTo: relatesTo, link: link)
  }
}
