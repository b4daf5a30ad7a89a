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
    current.object["contextualData"] = ["challengeData": context.passkeyChallenge(challenge)]
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
      organisation.recognise(assertion, of: place, challenge: challenge)
    {
      return .proven(Proof(key: .webAuthn, amr: "hwk"))
    }
    challenge = organisation.random.handle(32)
    return .refused(status: context.switches.credentialStatus, top: [.assertionRefused])
  }
}

extension StepContext {
  /// What a browser hands to `navigator.credentials.get`; the credentials it may use stand among the
  /// enrolments.
  func passkeyChallenge(_ challenge: String) -> WireValue {
    var data = WireObject([
      ("challenge", .string(challenge)),
      ("userVerification", .string(switches.userVerification.rawValue)),
      ("extensions", ["appid": .string(origin)]),
    ])
    if let identifier = switches.relyingParty { data["rpId"] = .string(identifier) }
    return .object(data)
  }

  /// The relying party of security keys: what the organisation says, or its own host.
  var relyingParty: String { switches.relyingParty ?? relyingPartyIdentifier(of: origin) }
}

extension Organisation {
  /// Whether one of a person's keys made this assertion, and remembers how far it has counted.
  mutating func recognise(_ assertion: Assertion, of place: Int, challenge: String) -> Bool {
    guard members.indices.contains(place) else { return false }
    let switches = scenario.switches
    for passkey in members[place].person.passkeys {
      let count = assertion.verified(
        by: passkey, challenge: challenge, origin: origin,
        relyingParty: passkey.isU2F
          ? origin : switches.relyingParty ?? relyingPartyIdentifier(of: origin),
        requiresVerification: switches.userVerification == .required,
        lastCount: members[place].passkeyCounts[passkey.identifier] ?? 0)
      guard let count else { continue }
      members[place].passkeyCounts[passkey.identifier] = count
      return true
    }
    return false
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
