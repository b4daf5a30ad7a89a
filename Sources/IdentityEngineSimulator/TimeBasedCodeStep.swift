// A code that nobody sends: that of Google Authenticator, or of Okta Verify.

import FoundationEssentials

/// The challenge of a time-based code (RFC 6238). A code is good for its step and the one on either
/// side, and only once (RFC 6238 §5.2).
struct TimeBasedCodeStep: Step {
  var enrolment: Enrolment

  func page(_ context: StepContext) -> Page {
    Page(
      forms: [.challenge(enrolment.key, field)] + context.choiceBeside,
      current: current(context))
  }

  /// Okta Verify has its own name for it.
  private var field: FormField {
    enrolment.key == .oktaVerify
      ? FormField(name: "totp", label: "Enter code from Okta Verify app", required: true) : .code
  }

  private func current(_ context: StepContext) -> CurrentAuthenticator {
    var current = context.current(enrolment)
    if enrolment.key == .oktaVerify { current.object["methods"] = [["type": "totp"]] }
    return current
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    guard submission.form == "challenge-authenticator" else {
      return organisation.choose(submission.body, context, now: now)
    }
    let typed = submission.credential(field.name)
    let step = context.member?.timeBasedCode(of: enrolment.key)?.match(typed, at: now)
    let isUsed = step.map { $0 <= context.member?.usedSteps[enrolment.identifier] ?? .min } ?? false
    let outcome = organisation.judge(
      step != nil && !isUsed, of: enrolment, amr: "otp", context,
      refusal: isUsed ? .usedPasscode : .invalidPasscode, at: field.name)
    if case .proven = outcome, let step, case .member(let place) = context.subject,
      organisation.members.indices.contains(place)
    {
      organisation.members[place].usedSteps[enrolment.identifier] = step
    }
    return outcome
  }
}
