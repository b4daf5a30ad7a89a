// The scenarios that can be asked for by name, and the people and clients that all of them share.

extension Scenario {
  /// The scenario of that name.
  public static func named(_ name: String) -> Scenario? { all.first { $0.name == name } }

  /// Every built-in scenario, the plainest first.
  public static let all = groups.flatMap(\.scenarios)

  /// The same under headings, as `--list` prints them.
  public static let groups: [(heading: String, scenarios: [Scenario])] = [
    ("Signing in", plain), ("Phones and keys", devices), ("Links and other providers", redirects),
    ("Tokens of other makers", passcodes),
    ("Registration and profiles", registrations), ("Enrolment", enrolments),
    ("Passwords and recovery", passwords),
    ("Consent, sessions and devices", afterthoughts),
  ]

  private static let plain: [Scenario] = [
    Scenario(
      name: "password", sentence: "User name first, then the password, and that is all.",
      policy: .password),
    Scenario(
      name: "one-page", sentence: "User name and password on one form.",
      policy: SignOnPolicy(.onePage, [])),
    Scenario(
      name: "password-email",
      sentence: "Password, then a code by e-mail, chosen from a list of one.",
      policy: after([Requirement([.email], .choose)])),
    Scenario(
      name: "password-email-data",
      sentence: "Password, then a code by e-mail that is sent only once the form says so.",
      policy: after([Requirement([.email], .verificationData)])),
    Scenario(
      name: "password-totp", sentence: "Password, then a code of Google Authenticator.",
      policy: after([Requirement([.googleOTP], .straight)])),
    Scenario(
      name: "password-phone",
      sentence: "Password, then a code by SMS or voice call, whichever is asked for.",
      policy: after([Requirement([.phone], .verificationData)])),
    Scenario(
      name: "password-question", sentence: "Password, then the security question.",
      policy: after([Requirement([.securityQuestion], .straight)])),
    Scenario(
      name: "choice",
      sentence:
        "Password, then whichever is chosen of e-mail, phone, Google Authenticator, question.",
      policy: after([Requirement(secondFactors, .choose)])),
    Scenario(
      name: "three-factors",
      sentence: "Password, then Google Authenticator, then e-mail or the security question.",
      policy: after([
        Requirement([.googleOTP], .straight), Requirement([.email, .securityQuestion], .choose),
      ])),
    Scenario(
      name: "identifier-first-choice",
      sentence: "User name, then password or e-mail as chosen, then any other factor.",
      policy: SignOnPolicy(
        .identifierFirst,
        [Requirement([.password, .email], .choose), Requirement(secondFactors, .choose)])),
    Scenario(
      name: "identifier-first-email", sentence: "No password: user name, then a code by e-mail.",
      policy: SignOnPolicy(.identifierFirst, [Requirement([.email], .straight)])),
    Scenario(
      name: "one-page-email",
      sentence: "User name and password on one form, then a code by e-mail.",
      policy: SignOnPolicy(.onePage, [Requirement([.email], .choose)])),
    Scenario(
      name: "one-page-choice",
      sentence: "User name and password on one form, then a choice of factors.",
      policy: SignOnPolicy(.onePage, [Requirement(secondFactors, .choose)])),
    Scenario(
      name: "private-key-jwt",
      sentence: "Password; the client signs with the key of demo/client-key.pem.",
      clients: [.keyed, .demo], policy: .password),
    Scenario(
      name: "client-secret-jwt",
      sentence: "Password; the client signs with its secret, and never shows it.",
      clients: [.secretive, .demo], policy: .password),
    Scenario(
      name: "dpop", sentence: "Password; tokens are bound to a key, which every use must prove.",
      clients: [.bound, .demo], policy: .password),
    Scenario(
      name: "es256", sentence: "Password; tokens are signed by ES256, and metadata demands PAR.",
      policy: .password, switches: .modern),
  ]

  typealias Requirement = SignOnPolicy.Requirement

  private static let secondFactors: [AuthenticatorKey] = [
    .email, .phone, .googleOTP, .securityQuestion,
  ]

  static func after(_ requirements: [Requirement]) -> SignOnPolicy {
    SignOnPolicy(.identifierFirst, [Requirement([.password], .straight)] + requirements)
  }
}

extension Person {
  /// The person of the demo, with every factor there is.
  public static let ann = Person(
    identifier: "ann@example.com", password: "correct horse battery staple", firstName: "Ann",
    lastName: "Example", phones: ["+15551234709"], totpSeed: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    question: SecurityQuestion(
      key: "disliked_food", question: "What is the food you least liked as a child?",
      answer: "okra stew"),
    passcodes: passcodesOfAnn,
    oktaVerify: OktaVerify(
      deviceName: "Ann's phone", totpSeed: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
    // Their private halves are no secret: the tests' own authenticator is made of them.
    passkeys: [
      Passkey(
        identifier: "YW5uLXNlY3VyaXR5LWtleQ",
        publicKey:
          "BB4YUy_UdUwC8wQdnHXOszuD_9gax85P6ILMscmLxYlupGwxHE4v9A3ZajZT"
          + "5uRURdMt_khuztdcepDGoYiBwKM",
        name: "Ann's key", transports: ["usb", "nfc"]),
      Passkey(
        identifier: "YW5uLWxhcHRvcA",
        publicKey:
          "BHE1-k_ZOgnc6Yu_aBtL_PUOfA1jVOYq-wv_KjQpYXhl7UwfAt25Aj7lalV-"
          + "UV1qncZsEfIglg3llDNN9Yh3ZyQ",
        name: "Ann's laptop", transports: ["internal"]),
    ],
    enrolled: [.customApp, .duo, .identityProvider, .smartCard])

  /// A second person, so that two can be told apart.
  public static let ben = Person(
    identifier: "ben@example.com", password: "tired mountain ferry lamp", firstName: "Ben",
    lastName: "Example", phones: ["+15559876543", "+442071838750"],
    totpSeed: "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU",
    question: SecurityQuestion(
      key: "first_computer_game", question: "What was the first computer game you played?",
      answer: "pong"))
}

extension OAuthClient {
  /// The public client of the demo.
  public static let demo = OAuthClient(identifier: "0oaremedydemo00000", label: "Remedy demo")

  /// A confidential one, whose refresh tokens stay the same.
  public static let service = OAuthClient(
    identifier: "0oaremedyservice00", label: "Remedy service",
    secret: "simulated-client-secret-of-no-worth", rotation: .static)
}

extension OAuthClient {
  /// One that signs with a key; its private half is `demo/client-key.pem`, for all to see.
  public static let keyed = OAuthClient(
    identifier: "0oaremedykeyed00000", label: "Remedy with a key",
    keys: [
      .p256(
        x: "XRcZgvNw-3tp2SIN7HdAwWwSDVopjQVGOWsE7RWQ-CE",
        y: "FTv6lWXZBj-4s5IqI7_DcLMC0QW-qTIqeN0msU-uEHM", kid: "demo")
    ], authentication: .privateKeyJWT)

  /// One that signs with its secret.
  public static let secretive = OAuthClient(
    identifier: "0oaremedysecret0000", label: "Remedy with a secret",
    secret: "simulated-client-secret-of-no-worth", authentication: .clientSecretJWT)

  /// A public one whose tokens are bound to a key.
  public static let bound = OAuthClient(
    identifier: "0oaremedybound00000", label: "Remedy with DPoP", requiresProof: true)
}

extension Switches {
  fileprivate static var modern: Switches {
    var switches = Switches()
    switches.signingAlgorithm = .es256
    switches.requiresPushedRequests = true
    return switches
  }
}

extension AuthorizationServer {
  /// The server that every new organisation has.
  public static let `default` = AuthorizationServer(
    identifier: "default", audience: "api://default", scopes: ["demo.read", "demo.write"])
}
