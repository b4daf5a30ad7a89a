// The scenarios of setting up. In each of them Ann has nothing yet but a password and an address.

extension Scenario {
  /// The password, and then these.
  private static func afterPassword(_ stages: [SignOnPolicy.Stage]) -> SignOnPolicy {
    SignOnPolicy(
      .identifierFirst, [Requirement([.password], .straight)], afterwards: stages)
  }

  /// One authenticator that has to be set up, and from then on proves who it is.
  private static func enrolling(
    _ name: String, _ key: AuthenticatorKey, _ sentence: String,
    switches: Switches = Switches()
  ) -> Scenario {
    Scenario(
      name: name, sentence: "Password, then " + sentence, people: [.unreachable, .ben],
      policy: afterPassword([
        .enrol(SignOnPolicy.Enrolling(required: [key])), .factor(Requirement([key], .straight)),
      ]), switches: switches)
  }

  /// What can be set up.
  static let enrolments: [Scenario] = [
    Scenario(
      name: "enroll-required",
      sentence: "Password, then a phone and a security question that have to be set up.",
      people: [.newcomer, .ben],
      policy: afterPassword([
        .enrol(SignOnPolicy.Enrolling(required: [.phone, .securityQuestion]))
      ])),
    Scenario(
      name: "enroll-optional",
      sentence: "Password, then a phone, Google Authenticator or a question, or none of them.",
      people: [.newcomer, .ben],
      policy: afterPassword([
        .enrol(SignOnPolicy.Enrolling(optional: [.phone, .googleOTP, .securityQuestion]))
      ])),
    Scenario(
      name: "enroll-totp", sentence: "Password, then Google Authenticator that has to be set up.",
      people: [.newcomer, .ben],
      policy: afterPassword([.enrol(SignOnPolicy.Enrolling(required: [.googleOTP]))])),
    Scenario(
      name: "enroll-grace-period",
      sentence: "Password, then a phone that has to be set up, but not yet.",
      people: [.newcomer, .ben],
      policy: afterPassword([
        .enrol(SignOnPolicy.Enrolling(required: [.phone], graceDays: 7))
      ])),
    Scenario(
      name: "enroll-grace-skips",
      sentence:
        "Password, then a phone that has to be set up, unless it is skipped (twice at most).",
      people: [.newcomer, .ben],
      policy: afterPassword([
        .enrol(SignOnPolicy.Enrolling(required: [.phone], graceSkips: 2))
      ])),
    enrolling(
      "enroll-okta-verify-same-device", .oktaVerify,
      "Okta Verify on this machine, which has it, or by a device that is set up already.",
      switches: Switches { $0.enrolmentChannels = [.samedevice, .devicebootstrap] }),
    Scenario(
      name: "enroll-tokens",
      sentence: "Password, then tokens of other makers that can be set up.",
      people: [.newcomer, .ben],
      policy: afterPassword([
        .enrol(
          SignOnPolicy.Enrolling(
            optional: [.rsaToken, .onPremMFA, .symantecVIP, .yubiKey, .customOTP]))
      ])),
    enrolling(
      "enroll-passkey", .webAuthn,
      "a security key or passkey that has to be set up; the next sign-in asks for it."),
    enrolling(
      "enroll-passkey-verified", .webAuthn,
      "a passkey that must know its owner (PIN or finger), and says how it is reached.",
      switches: Switches {
        $0.userVerification = .required
        $0.asksPasskeyTransports = true
      }),
    enrolling(
      "enroll-okta-verify", .oktaVerify,
      "Okta Verify on a phone, by QR code, e-mail or SMS; the next sign-in sends a push."),
    Scenario(
      name: "passkey-promotion", sentence: "Password, then a passkey is suggested, or not now.",
      people: [.newcomer, .ben], policy: afterPassword([.promotePasskey])),
    enrolling("enroll-email", .email, "an e-mail address that has to be set up."),
    enrolling("enroll-phone", .phone, "a phone that has to be set up, by SMS or voice call."),
    enrolling(
      "enroll-question", .securityQuestion,
      "a security question that has to be set up: one of a list, or one's own."),
    enrolling("enroll-rsa", .rsaToken, "an RSA token that has to be set up."),
    enrolling("enroll-on-prem", .onPremMFA, "an on-premises token that has to be set up."),
    enrolling(
      "enroll-symantec-vip", .symantecVIP,
      "a Symantec VIP credential that has to be set up, with two codes of it."),
    enrolling("enroll-yubikey-otp", .yubiKey, "a YubiKey that has to be set up by what it types."),
    enrolling("enroll-duo", .duo, "Duo that has to be set up, in its own page in a frame."),
    enrolling(
      "enroll-idp", .identityProvider, "another identity provider that has to be set up."),
    enrolling(
      "enroll-smart-card", .smartCard, "a smart card that has to be set up in a browser."),
  ]
}
