// Tokens of other makers, and codes that an administrator hands out: what is typed is compared with
// what the scenario says. Where it says several, each but the last is answered with the wish for the
// next (`errors.E0000113`), as RSA's server does with a new PIN.

import FoundationEssentials

/// The challenge of a passcode that comes from elsewhere.
struct PasscodeStep: Step {
  var enrolment: Enrolment
  /// How many of the passcodes were right.
  private var accepted = 0

  init(enrolment: Enrolment) { self.enrolment = enrolment }

  func page(_ context: StepContext) -> Page {
    var current = context.current(enrolment)
    if enrolment.key == .unknown {
      current.object["contextualData"] = ["resonance": ["hertz": 440, "phase": .number(0.5)]]
    }
    return Page(
      forms: [.challenge(enrolment.key, field)] + context.choiceBeside, current: current)
  }

  private var field: FormField {
    switch enrolment.key {
    case .yubiKey:
      FormField(
        name: "passcode", label: "Insert then tap your YubiKey", required: true, secret: true)
    case .symantecVIP:
      FormField(name: "passcode", label: "Enter security code", required: true)
    case .temporaryAccessCode:
      FormField(name: "passcode", label: "Enter code", required: true, secret: true)
    case .unknown:
      FormField(
        name: "glow", label: "What colour does the badge glow?", type: "colour", required: true)
    case .nfcPIN:
      FormField(name: "passcode", label: "Enter PIN", required: true, secret: true)
    default:
      .code
    }
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    guard submission.form == "challenge-authenticator" else {
      return organisation.choose(submission.body, context, now: now)
    }
    let expected = (context.member?.person.passcodes[enrolment.key.rawValue] ?? "")
      .split(separator: " ").map { String($0) }
    let wanted = expected.indices.contains(accepted) ? expected[accepted] : nil
    let isRight = wanted == submission.credential(field.name)
    if isRight && accepted + 1 < expected.count {
      accepted += 1
      return .refused(
        status: context.switches.credentialStatus, at: ["credentials", field.name],
        field: [.waitForNextCode])
    }
    return organisation.judge(
      isRight, of: enrolment, amr: enrolment.key == .yubiKey ? "hwk" : "otp", context,
      refusal: .invalidPasscode, at: field.name)
  }
}
