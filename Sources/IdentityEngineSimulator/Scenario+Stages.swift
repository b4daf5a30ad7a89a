// The scenarios of what comes before and after the factors: registration, enrolment, recovery,
// passwords to change, consent, and tokens of other makers.

extension Scenario {
  private typealias Stage = SignOnPolicy.Stage
  private typealias Scope = SignOnPolicy.ConsentRequest.Scope

  private static let password = Requirement([.password], .straight)

  /// The password, and then these.
  private static func afterPassword(_ stages: [Stage]) -> SignOnPolicy {
    SignOnPolicy(.identifierFirst, [password], afterwards: stages)
  }

  private static let attributes =
    ProfileAttribute.standard + [
      ProfileAttribute(
        "department", label: "Department", .select,
        choices: [
          ProfileAttribute.Choice("Engineering", "eng"), ProfileAttribute.Choice("Sales", "sales"),
        ]),
      ProfileAttribute("newsletter", label: "Send me news", .boolean),
      ProfileAttribute("nickName", label: "Nickname", isRequired: false, maxLength: 20),
    ]

  private static let typed = [
    ProfileAttribute("age", label: "Age", .integer, minLength: 16, maxLength: 130),
    ProfileAttribute("hours", label: "Hours a week", .number, isRequired: false),
    ProfileAttribute(
      "size", label: "T-shirt", .radio,
      choices: [ProfileAttribute.Choice("Small", "S"), ProfileAttribute.Choice("Large", "L")]),
    ProfileAttribute(
      "grade", label: "Grade", .level,
      choices: [ProfileAttribute.Choice("First", "1"), ProfileAttribute.Choice("Second", "2")]),
    ProfileAttribute("remote", label: "Works remotely", .boolean),
  ]

  /// Registration, and profiles.
  static let registrations: [Scenario] = [
    Scenario(
      name: "registration",
      sentence: "Sign up: a profile, then password and e-mail, then a phone and more if wanted.",
      policy: SignOnPolicy(
        .identifierFirst, [password],
        registration: SignOnPolicy.Registration(
          attributes: attributes,
          stages: [
            .enrol(
              SignOnPolicy.Enrolling(
                required: [.password, .email],
                optional: [.phone, .googleOTP, .securityQuestion]))
          ]))),
    Scenario(
      name: "registration-activation",
      sentence: "Sign up, and go on from the link in the mail (see /simulator/outbox).",
      policy: SignOnPolicy(
        .identifierFirst, [password],
        registration: SignOnPolicy.Registration(
          stages: [.end(.emailVerificationRequired)],
          activation: [.enrol(SignOnPolicy.Enrolling(required: [.password]))]))),
    Scenario(
      name: "registration-typed",
      sentence: "Sign up with numbers, a box to tick and choices of several kinds in the profile.",
      policy: SignOnPolicy(
        .identifierFirst, [password],
        registration: SignOnPolicy.Registration(
          attributes: attributes + typed, asksPassword: true,
          stages: [.enrol(SignOnPolicy.Enrolling(required: [.email]))]))),
    Scenario(
      name: "activation-expired",
      sentence: "Sign up; the link in the mail has expired already, and another is asked for.",
      policy: SignOnPolicy(
        .identifierFirst, [password],
        registration: SignOnPolicy.Registration(
          stages: [.end(.emailVerificationRequired)],
          activation: [.enrol(SignOnPolicy.Enrolling(required: [.password]))], isLate: true))),
    Scenario(
      name: "progressive-profile-typed",
      sentence: "Password, then a number, a box to tick and a choice that the profile lacks.",
      policy: afterPassword([.profile(typed)])),
    Scenario(
      name: "progressive-profile",
      sentence: "Password, then attributes that the profile lacks, and more that can be skipped.",
      policy: afterPassword([
        .profile([
          ProfileAttribute("division", label: "Division", maxLength: 40),
          ProfileAttribute("remote", label: "Works remotely", .boolean),
        ]),
        .profile([
          ProfileAttribute("nickName", label: "Nickname", isRequired: false, maxLength: 20),
          ProfileAttribute("secondEmail", label: "Secondary email", isRequired: false),
        ]),
      ])),
  ]

  /// Recovery, unlocking, and passwords that have to be changed.
  static let passwords: [Scenario] = [
    Scenario(
      name: "recovery",
      sentence: "Forgot the password: e-mail or phone, a new one, and on to the tokens.",
      policy: SignOnPolicy(
        .identifierFirst, [password],
        recovery: SignOnPolicy.Recovery([Requirement([.email, .phone], .choose)]))),
    Scenario(
      name: "recovery-phone", sentence: "Forgot the password: a phone, a new one, and on.",
      policy: SignOnPolicy(
        .identifierFirst, [password],
        recovery: SignOnPolicy.Recovery([Requirement([.phone], .verificationData)]))),
    Scenario(
      name: "recovery-okta-verify",
      sentence: "Forgot the password: a push of Okta Verify, a new one, and on.",
      policy: SignOnPolicy(
        .identifierFirst, [password],
        recovery: SignOnPolicy.Recovery([Requirement([.oktaVerify], .straight)]))),
    Scenario(
      name: "recovery-then-sign-in",
      sentence: "Forgot the password: user name first, e-mail, a new one, and sign in with it.",
      policy: SignOnPolicy(
        .onePage, [],
        recovery: SignOnPolicy.Recovery([Requirement([.email], .choose)], goesOn: false))),
    Scenario(
      name: "unlock", sentence: "A locked account: e-mail or phone opens it, and that is all.",
      people: [.lockedOut, .ben],
      policy: SignOnPolicy(
        .identifierFirst, [password], unlock: SignOnPolicy.Unlock([.email, .phone]))),
    Scenario(
      name: "unlock-okta-verify", sentence: "A locked account: Okta Verify or e-mail opens it.",
      people: [.lockedOut, .ben],
      policy: SignOnPolicy(
        .identifierFirst, [password], unlock: SignOnPolicy.Unlock([.oktaVerify, .email]))),
    Scenario(
      name: "unlock-landing",
      sentence: "A locked account: e-mail or phone opens it, a second factor signs in.",
      people: [.lockedOut, .ben],
      policy: SignOnPolicy(
        .identifierFirst, [password, Requirement([.securityQuestion], .straight)],
        unlock: SignOnPolicy.Unlock([.email, .phone], goesOn: true))),
    Scenario(
      name: "expired-password", sentence: "Password, which has expired: a new one is needed.",
      policy: afterPassword([.password(SignOnPolicy.PasswordChange(.expired))])),
    Scenario(
      name: "expiring-password",
      sentence: "Password, which expires in four days: a new one, or not yet.",
      policy: afterPassword([.password(SignOnPolicy.PasswordChange(.expiring))])),
    Scenario(
      name: "custom-expired-password",
      sentence: "Password, which is kept elsewhere and has expired there.",
      policy: afterPassword([.password(SignOnPolicy.PasswordChange(.customExpired))])),
    Scenario(
      name: "custom-expiring-password",
      sentence: "Password, which is kept elsewhere and expires there in four days.",
      policy: afterPassword([.password(SignOnPolicy.PasswordChange(.customExpiring))])),
  ]

  /// Consent, sessions and devices.
  static let afterthoughts: [Scenario] = [
    Scenario(
      name: "consent", sentence: "Password, then consent to what the app asks for.",
      policy: afterPassword([
        .consent(
          SignOnPolicy.ConsentRequest(
            .everything,
            [
              Scope("profile", label: "View your profile", description: "Name and time zone."),
              Scope("email", label: "View your email address", description: "The address."),
            ]))
      ])),
    Scenario(
      name: "granular-consent", sentence: "Password, then consent scope by scope.",
      policy: afterPassword([
        .consent(
          SignOnPolicy.ConsentRequest(
            .granular,
            [
              Scope("openid", label: "Sign you in", isOptional: false),
              Scope("profile", label: "View your profile", isOptional: false),
              Scope("email", label: "View your email address"),
              Scope("demo", label: "View your plan"),
              Scope("demo.read", label: "View the details of your plan"),
            ]))
      ])),
    Scenario(
      name: "admin-consent", sentence: "Password, then consent of an administrator.",
      policy: afterPassword([
        .consent(
          SignOnPolicy.ConsentRequest(
            .admin,
            [
              Scope(
                "okta.clients.manage", label: "okta.clients.manage",
                description: "Allows the app to manage clients in your Okta organization.")
            ]))
      ])),
    Scenario(
      name: "keep-me-signed-in", sentence: "Password, then the question whether to stay signed in.",
      policy: afterPassword([.keepMeSignedIn])),
    Scenario(
      name: "device-user-code",
      sentence: "The code that another device shows (ABCD-XYWZ), then the password.",
      policy: SignOnPolicy(.identifierFirst, [password], before: [.userCode("ABCD-XYWZ")])),
    Scenario(
      name: "device-assurance",
      sentence: "Password, then a warning that this device will not do for much longer.",
      policy: afterPassword([.deviceAssurance])),
    Scenario(
      name: "access-denied", sentence: "Password, and then it is denied, with links to more.",
      policy: afterPassword([.end(.accessDeniedWithLinks)])),
    Scenario(
      name: "captcha",
      sentence: "User name beside a riddle that only a browser puts, and password.",
      policy: .password, switches: Switches { $0.captcha = true }),
    Scenario(
      name: "unknown",
      sentence: "Password, then a step and an authenticator that no client has ever heard of.",
      policy: afterPassword([
        .unknown, .factor(Requirement([.unknown, .email], .choose)),
      ])),
    Scenario(
      name: "safe-mode", sentence: "The organisation is busy; after three polls, the password.",
      policy: SignOnPolicy(
        .identifierFirst, [password], before: [.safeMode([1000, 500, 250])])),
  ]

  /// Tokens of other makers, and codes that an administrator hands out.
  static let passcodes: [Scenario] = [
    token("rsa", .rsaToken, "a passcode of RSA SecurID, and the one after it"),
    token("on-prem", .onPremMFA, "a passcode of an on-premises token"),
    token("symantec-vip", .symantecVIP, "a code of Symantec VIP"),
    token("yubikey-otp", .yubiKey, "what a YubiKey types"),
    token("custom-otp", .customOTP, "a code of the organisation's own tokens"),

    token("nfc-badge", .nfcPIN, "a badge held to this machine, and its PIN"),
    token("temporary-access-code", .temporaryAccessCode, "a code from an administrator"),
  ]

  private static func token(
    _ name: String, _ key: AuthenticatorKey, _ what: String
  ) -> Scenario {
    Scenario(
      name: name, sentence: "Password, then \(what).",
      policy: SignOnPolicy(.identifierFirst, [password, Requirement([key], .straight)]))
  }
}

extension Person {
  /// Ann before she has set anything up but a password and an e-mail address.
  public static let newcomer = Person(
    identifier: ann.identifier, password: ann.password, firstName: "Ann", lastName: "Example")

  /// Ann before even that address is an authenticator.
  static var unreachable: Person {
    var person = newcomer
    person.isEmailEnrolled = false
    return person
  }

  /// Ann after too many wrong passwords.
  public static let lockedOut = Person(
    identifier: ann.identifier, password: ann.password, status: .lockedOut, firstName: "Ann",
    lastName: "Example", phones: ann.phones, totpSeed: ann.totpSeed, question: ann.question,
    oktaVerify: ann.oktaVerify)

  /// What the demo's tokens of other makers give.
  static let passcodesOfAnn = [
    AuthenticatorKey.rsaToken.rawValue: "271828 182845",
    AuthenticatorKey.onPremMFA.rawValue: "161803",
    AuthenticatorKey.symantecVIP.rawValue: "141421",
    AuthenticatorKey.yubiKey.rawValue: "cccccccfhcbelrhifitrrddvrrvbvkhtrgjnbgnhdbiv",
    AuthenticatorKey.customOTP.rawValue: "662607",
    AuthenticatorKey.temporaryAccessCode.rawValue: "welcome-ann",
    AuthenticatorKey.nfcPIN.rawValue: "2468",
    AuthenticatorKey.unknown.rawValue: "violet",
  ]
}
