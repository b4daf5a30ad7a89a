// Setting up a password.

import FoundationEssentials

/// A first password.
struct EnrolPasswordStep: Step {
  func page(_ context: StepContext) -> Page {
    context.enrolmentPage(
      .password,
      .credentials([
        FormField(name: "passcode", label: "Enter password", required: true, secret: true)
      ]),
      adding: [("settings", context.passwordRules.settings())])
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    guard submission.form == "enroll-authenticator" else {
      return organisation.chooseEnrolment(submission, context, now: now)
    }
    let password = submission.credential("passcode")
    if let refusal = organisation.fault(in: password, context) { return refusal }
    organisation.enrol(.password, context.subject) { $0.password = password }
    return .enrolled(Proof(key: .password, amr: "pwd"))
  }
}

extension Organisation {
  /// The refusal of a password that the rules do not allow.
  func fault(in password: String, _ context: StepContext) -> Outcome? {
    context.passwordRules.fault(in: password, of: context.member?.person.identifier ?? "").map {
      .refused(
        status: context.switches.validationStatus, at: ["credentials", "passcode"], field: [$0])
    }
  }
}
