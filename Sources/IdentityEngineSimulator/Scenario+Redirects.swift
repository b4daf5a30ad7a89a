// The scenarios of browsers, and of links in mails.

extension Scenario {
  static let redirects: [Scenario] = [
    Scenario(
      name: "magic-link",
      sentence: "Password, then an e-mail with a code and a link; either will do.",
      policy: after([Requirement([.email], .straight)]),
      switches: Switches { $0.emailMagicLink = true }),
    Scenario(
      name: "email-letters", sentence: "Password, then a code by e-mail that has letters in it.",
      policy: after([Requirement([.email], .straight)]),
      switches: Switches { $0.alphanumericCodes = true }),
    Scenario(
      name: "social",
      sentence: "Password and e-mail, or Google or a company's own provider in a browser.",
      policy: social([.google, .saml])),
    Scenario(
      name: "social-par",
      sentence: "As 'social', but the link is a pushed authorization request.",
      policy: social([
        IdentityProvider(
          "0oapushedsimulated0", type: "FACEBOOK", name: "Facebook IdP", isPushed: true)
      ])),
    Scenario(
      name: "social-only", sentence: "Nothing but a link to Google.",
      policy: SignOnPolicy(
        .providersOnly, [Requirement([.password], .straight), Requirement([.email], .choose)],
        providers: [.google])),
    Scenario(
      name: "idp-authenticator",
      sentence: "Password, then another identity provider in a browser as second factor.",
      policy: after([Requirement([.identityProvider], .straight)])),
    Scenario(
      name: "identity-proofing", sentence: "Password, then a look at one's papers in a browser.",
      policy: SignOnPolicy(
        .identifierFirst, [Requirement([.password], .straight)],
        afterwards: [.identityProofing])),
    Scenario(
      name: "smart-card",
      sentence: "Password, or a smart card, which takes a browser and a card in it.",
      policy: SignOnPolicy(
        .onePage, [], providers: [.smartCard])),
    Scenario(
      name: "smart-card-only", sentence: "Nothing but a link to a smart card.",
      policy: SignOnPolicy(
        .providersOnly, [Requirement([.password], .straight)], providers: [.pivCard])),
    Scenario(
      name: "smart-card-factor",
      sentence: "Password, then a smart card in a browser, or an e-mail.",
      policy: after([Requirement([.smartCard, .email], .choose)])),
  ]

  private static func social(_ providers: [IdentityProvider]) -> SignOnPolicy {
    SignOnPolicy(
      .identifierFirst, [Requirement([.password], .straight), Requirement([.email], .choose)],
      providers: providers)
  }
}
