// A forgotten password. "Recover" is an action of the password, so a person may be known already
// when it is asked for, or not.

import FoundationEssentials

/// Who is it whose password is to be recovered?
struct IdentifyRecoveryStep: Step {
  func page(_ context: StepContext) -> Page {
    Page(forms: [
      Form(
        name: "identify-recovery", path: "/idp/idx/identify",
        fields: [FormField(name: "identifier", label: "Username", required: true)])
    ])
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    let identifier = submission.body["identifier"]?.text ?? ""
    if let place = organisation.place(of: identifier) {
      return organisation.recover(.member(place), context)
    }
    if context.switches.enumerationProtection {
      return organisation.recover(
        .phantom(organisation.phantom(called: identifier)), context)
    }
    return .refused(
      status: context.switches.credentialStatus, top: [.unknownUser(identifier)])
  }
}

extension Organisation {
  /// What "forgot password" leads to.
  mutating func recover(_ subject: Subject?, _ context: StepContext) -> Outcome {
    guard let recovery = scenario.policy.recovery else { return refuseRecovery() }
    guard let subject else {
      return .turned(Course(purpose: .recovery, step: IdentifyRecoveryStep()))
    }
    return .turned(
      Course(
        purpose: .recovery, subject: subject,
        plan: recovery.factors.map { .factor($0) } + afterRecovery(recovery)))
  }

  /// What follows once it is clear who it is: the new password, and then the end or the rest of the
  /// sign-in, without what the new password has shown already.
  func afterRecovery(_ recovery: SignOnPolicy.Recovery) -> [SignOnPolicy.Stage] {
    let reset = SignOnPolicy.Stage.password(
      SignOnPolicy.PasswordChange(.reset, offersRevokeSessions: recovery.offersRevokeSessions))
    guard recovery.goesOn else { return [reset, .end(.recoveryCompleted)] }
    return [reset] + scenario.policy.stages.filter { !$0.factors.contains(.password) }
  }
}
