// Signing in with a passkey before anybody has said who it is: the credential brings its owner along.
// A browser fills it in beside the user name (`webauthnAutofillUIChallenge`), offers it on a button,
// or goes to a page of its own for it.

import FoundationEssentials

extension SignOnPolicy {
  /// How the first page offers passkeys.
  public enum PasskeyFirst: String, Codable, Sendable, CaseIterable {
    /// With what a browser fills in: `challenge-webauthn-autofillui-authenticator`.
    case autofill
    /// The same, and a button for it: `launch-passkeys-authenticator`.
    case button
    /// On a page of its own, behind `launch-webauthn-authenticator`.
    case launch
  }
}

extension SignOnPolicy.PasskeyFirst {
  /// The forms beside `identify`.
  var forms: [Form] {
    switch self {
    case .autofill: [.passkey("challenge-webauthn-autofillui-authenticator")]
    case .button:
      [
        .passkey("launch-passkeys-authenticator"),
        .passkey("challenge-webauthn-autofillui-authenticator"),
      ]
    case .launch:
      [
        Form(
          name: "launch-webauthn-authenticator",
          path: "/idp/idx/authenticators/webauthn/launch")
      ]
    }
  }
}

extension Form {
  fileprivate static func passkey(_ name: String) -> Form {
    Form(
      name: name, path: "/idp/idx/challenge/answer/webauthn-autofillui",
      relatesTo: ["webauthnAutofillUIChallenge"], fields: [.passkeyCredentials])
  }
}

extension FormField {
  fileprivate static var passkeyCredentials: FormField {
    var handle = FormField.computed("userHandle", "User Handle")
    handle.required = false
    return .credentials([
      .computed("authenticatorData", "Authenticator Data"), .computed("clientData", "Client Data"),
      .computed("signatureData", "Signature Data"), handle,
    ])
  }
}

/// The page behind `launch-webauthn-authenticator`.
struct PasskeyFirstStep: Step {
  private(set) var challenge: String

  func page(_ context: StepContext) -> Page {
    let form = Form.challenge(
      .webAuthn, .computed("authenticatorData", "Authenticator Data"),
      .computed("clientData", "Client Data"), .computed("signatureData", "Signature Data"))
    let data = (
      "contextualData", ["challengeData": context.passkeyChallenge(challenge)] as WireValue
    )
    return Page(forms: [form], current: context.enrolling(.webAuthn, adding: [data]))
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    if let outcome = organisation.signIn(with: submission, challenge: challenge) { return outcome }
    challenge = organisation.random.handle(32)
    return .refused(status: context.switches.credentialStatus, top: [.assertionRefused])
  }
}

extension Organisation {
  /// Where a passkey leads whose owner is known by it alone; `nil` where it is nobody's.
  mutating func signIn(with submission: Submission, challenge: String) -> Outcome? {
    guard let assertion = Assertion(submission) else { return nil }
    let handle = submission.credential("userHandle")
    for place in members.indices {
      guard members[place].person.status == .active,
        handle.isEmpty || handle == members[place].identifier,
        recognise(assertion, of: place, challenge: challenge)
      else { continue }
      return .turned(
        Course(
          purpose: .signIn, subject: .member(place),
          proofs: [Proof(key: .webAuthn, amr: "hwk")], plan: scenario.policy.afterwards))
    }
    return nil
  }
}
