// The password, when the person is known already.

import FoundationEssentials

/// The password of a person who said who they are.
struct PasswordStep: Step {
  var enrolment: Enrolment

  func page(_ context: StepContext) -> Page {
    Page(
      forms: [.challenge(.password, .password)] + context.choiceBeside,
      current: context.current(enrolment, actions: [.recover]))
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    switch submission.form {
    case "recover":
      return organisation.recover(context.subject, context)
    case "challenge-authenticator":
      let password = submission.credential("passcode")
      if organisation.accepts(password: password, of: context.subject) {
        return .proven(Proof(key: .password, amr: "pwd"))
      }
      let saysWhich =
        !context.switches.enumerationProtection && organisation.isActive(context.subject)
      return .refused(
        status: context.switches.credentialStatus,
        top: [saysWhich ? .incorrectPassword : .authenticationFailed])
    default:
      return organisation.choose(submission.body, context, now: now)
    }
  }
}

extension Organisation {
  /// Whether this password opens this account. A wrong one counts, and too many lock it; from then
  /// on the right one is as good as a wrong one, and no answer says so.
  mutating func accepts(password: String, of subject: Subject?) -> Bool {
    guard case .member(let place) = subject, members.indices.contains(place),
      members[place].person.status == .active
    else { return false }
    if members[place].person.password == password {
      members[place].wrongPasswords = 0
      return true
    }
    members[place].wrongPasswords += 1
    if members[place].wrongPasswords >= scenario.switches.passwordAttempts {
      members[place].person.status = .lockedOut
    }
    return false
  }

  /// Whether an account is open.
  func isActive(_ subject: Subject?) -> Bool {
    guard case .member(let place) = subject, members.indices.contains(place) else { return false }
    return members[place].person.status == .active
  }

  /// "Forgot password" is offered, as every real answer offers it; whoever follows it hears that
  /// the policy does not allow it.
  func refuseRecovery() -> Outcome {
    .refused(status: scenario.switches.policyStatus, top: [.resetNotAllowed])
  }
}
