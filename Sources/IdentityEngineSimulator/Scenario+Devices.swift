// The scenarios of phones, keys and browsers.

extension Scenario {
  static let devices: [Scenario] = [
    Scenario(
      name: "push", sentence: "Password, then a push of Okta Verify, or the code it shows.",
      policy: after([Requirement([.oktaVerify], .straight)])),
    Scenario(
      name: "push-number-challenge",
      sentence: "Password, then a push where the number shown here is chosen on the phone.",
      policy: after([Requirement([.oktaVerify], .straight)]),
      switches: Switches {
        $0.numberChallenge = true
        $0.numberChallengePolls = 1
      }),
    Scenario(
      name: "push-auto-challenge-off",
      sentence: "Password, then a push that is sent only once the form says so.",
      policy: after([Requirement([.oktaVerify], .verificationData)]),
      switches: Switches { $0.autoChallenge = false }),
    Scenario(
      name: "okta-verify-totp",
      sentence: "Password, then push or code of Okta Verify, chosen from a list.",
      policy: after([Requirement([.oktaVerify], .choose)])),
    Scenario(
      name: "custom-push", sentence: "Password, then a push of the organisation's own app.",
      policy: after([Requirement([.customApp], .straight)])),
    Scenario(
      name: "passkey",
      sentence: "Password, then a security key or, for whoever has none, an e-mail.",
      policy: after([Requirement([.webAuthn, .email], .choose)])),
    Scenario(
      name: "security-key",
      sentence: "Password, then a security key, for which a touch is enough.",
      policy: after([Requirement([.webAuthn], .straight)]),
      switches: Switches { $0.userVerification = .discouraged }),
    Scenario(
      name: "passkey-verified",
      sentence: "Password, then a passkey that must know its owner (PIN or finger).",
      policy: after([Requirement([.webAuthn], .straight)]),
      switches: Switches { $0.userVerification = .required }),
    Scenario(
      name: "passkey-autofill",
      sentence: "User name and password, or a passkey and no name at all, as browsers fill it in.",
      policy: passkeyFirst(.autofill)),
    Scenario(
      name: "passkey-button", sentence: "The same, with a button for the passkey.",
      policy: passkeyFirst(.button)),
    Scenario(
      name: "passkey-launch",
      sentence: "User name and password, or a page of its own for a passkey and no name.",
      policy: passkeyFirst(.launch)),
    Scenario(
      name: "duo", sentence: "Password, then Duo's own page in a frame (play it with the phones).",
      policy: after([Requirement([.duo], .straight)])),
    Scenario(
      name: "duo-redirect", sentence: "Password, then Duo in a browser.",
      policy: after([Requirement([.duo], .straight)]),
      switches: Switches { $0.duoRedirects = true }),
    Scenario(
      name: "fastpass",
      sentence: "Password, then Okta Verify on this machine, or else its push or code.",
      policy: after([Requirement([.oktaVerify], .straight)]),
      switches: Switches { $0.fastPass = .offered }),
    Scenario(
      name: "fastpass-only",
      sentence: "Password, then Okta Verify on this machine, and no other way.",
      policy: after([Requirement([.oktaVerify], .straight)]),
      switches: Switches { $0.fastPass = .only }),
    probing(
      "device-challenge", DeviceProbe(.loopback),
      "Okta Verify on this machine is looked for; without it, the password."),
    probing(
      "device-challenge-uri", DeviceProbe(.customURI),
      "The same, by a link that only Okta Verify can open."),
    probing(
      "device-challenge-only", DeviceProbe(.loopback, polls: 3, hasAnotherWay: false),
      "Okta Verify on this machine is looked for, and there is no other way."),
    Scenario(
      name: "launch-authenticator",
      sentence: "User name and password, or a button that asks Okta Verify on this machine.",
      policy: SignOnPolicy(
        .identifierFirst, [Requirement([.password], .straight)], launchesAuthenticator: true)),
    Scenario(
      name: "launch-authenticator-only",
      sentence: "Nothing but a button that asks Okta Verify on this machine.",
      policy: SignOnPolicy(
        .nothing, [Requirement([.password], .straight)], launchesAuthenticator: true)),
    Scenario(
      name: "apple-sso",
      sentence: "Apple's sign-on extension is asked; without it, the password.",
      policy: SignOnPolicy(
        .identifierFirst, [Requirement([.password], .straight)],
        before: [.appleExtension(hasAnotherWay: true)])),
    Scenario(
      name: "apple-sso-only",
      sentence: "Apple's sign-on extension is asked, and there is no other way.",
      policy: SignOnPolicy(
        .identifierFirst, [Requirement([.password], .straight)],
        before: [.appleExtension(hasAnotherWay: false)])),
  ]

  private static func passkeyFirst(_ how: SignOnPolicy.PasskeyFirst) -> SignOnPolicy {
    SignOnPolicy(.identifierFirst, [Requirement([.password], .straight)], passkeyFirst: how)
  }

  private static func probing(
    _ name: String, _ probe: DeviceProbe, _ sentence: String
  ) -> Scenario {
    Scenario(
      name: name, sentence: sentence,
      policy: SignOnPolicy(
        .identifierFirst, [Requirement([.password], .straight)], before: [.deviceProbe(probe)],
        launchesAuthenticator: probe.hasAnotherWay))
  }
}

extension Switches {
  /// The defaults but for what is changed.
  init(_ change: (inout Switches) -> Void) {
    self.init()
    change(&self)
  }
}
