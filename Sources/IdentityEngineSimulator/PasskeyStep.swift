// A security key or passkey, as a factor. Which of a person's keys answered is not said: the one whose
// signature fits did. A refused answer makes a new challenge.

import FoundationEssentials

/// The challenge of a person's security keys.
struct PasskeyStep: Step {
  var enrolment: Enrolment
  private(set) var challenge: String

  init(enrolment: Enrolment, challenge: String) {
    self.enrolment = enrolment
    self.challenge = challenge
  }

  func page(_ context: StepContext) -> Page {
    var current = context.current(enrolment)
    current.object["contextualData"] = [
      "challengeData": [
        "challenge": .string(challenge),
        "userVerification": .string(context.switches.userVerification.rawValue),
        "extensions": ["appid": .string(context.origin)],
      ]
    ]
    let form = Form.challenge(
      .webAuthn, .computed("authenticatorData", "Authenticator Data"),
      .computed("clientData", "Client Data"), .computed("signatureData", "Signature Data"))
    return Page(forms: [form] + context.choiceBeside, current: current)
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    guard submission.form == "challenge-authenticator" else {
      return organisation.choose(submission.body, context, now: now)
    }
    if let assertion = Assertion(submission), case .member(let place)? = context.subject,
      organisation.members.indices.contains(place)
    {
      for passkey in organisation.members[place].person.passkeys {
        let last = organisation.members[place].passkeyCounts[passkey.identifier] ?? 0
        let count = assertion.verified(
          by: passkey, challenge: challenge, origin: organisation.origin,
          requiresVerification: context.switches.userVerification == .required, lastCount: last)
        guard let count else { continue }
        organisation.members[place].passkeyCounts[passkey.identifier] = count
        return .proven(Proof(key: .webAuthn, amr: "hwk"))
      }
    }
    challenge = organisation.random.handle(32)
    return .refused(status: context.switches.credentialStatus, top: [.assertionRefused])
  }
}

extension FormField {
  /// A value that a program computes, and nobody types.
  static func computed(_ name: String, _ label: String) -> FormField {
    FormField(name: name, label: label, required: true, visible: false)
  }
}

extension Message {
  static let assertionRefused = Message(
    "authfactor.webauthn.error.assertion_validation_failure",
    "We were unable to verify this security key. Please try again.", parameters: [])
}
