// Google Authenticator: a code that nobody sends.

import FoundationEssentials

/// The challenge of a time-based code (RFC 6238). A code is good for its step and the one on either
/// side, and only once (RFC 6238 §5.2).
struct TimeBasedCodeStep: Step {
  var enrolment: Enrolment

  func page(_ context: StepContext) -> Page {
    Page(
      forms: [.challenge(.googleOTP, .code)] + context.choiceBeside,
      current: context.current(enrolment))
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    guard submission.form == "challenge-authenticator" else {
      return organisation.choose(submission.body, context, now: now)
    }
    let typed = submission.credential("passcode")
    let step = context.member?.timeBasedCode()?.match(typed, at: now)
    let isUsed = step.map { $0 <= context.member?.usedStep ?? .min } ?? false
    let outcome = organisation.judge(
      step != nil && !isUsed, of: enrolment, amr: "otp", context,
      refusal: isUsed ? .usedPasscode : .invalidPasscode, at: "passcode")
    if case .proven = outcome, let step, case .member(let place) = context.subject,
      organisation.members.indices.contains(place)
    {
      organisation.members[place].usedStep = step
    }
    return outcome
  }
}
