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
  ]
}

extension Switches {
  /// The defaults but for what is changed.
  init(_ change: (inout Switches) -> Void) {
    self.init()
    change(&self)
  }
}
