// Which factor? And, where the factor leaves it open, by which method?

import FoundationEssentials

/// The choice among the factors that meet a requirement.
struct SelectStep: Step {
  func page(_ context: StepContext) -> Page { Page(forms: [context.choice]) }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    organisation.choose(submission.body, context, now: now)
  }
}

/// A factor is chosen, but nothing is sent before the method is known.
struct VerificationDataStep: Step {
  var enrolment: Enrolment

  func page(_ context: StepContext) -> Page {
    let data = Form(
      name: "authenticator-verification-data", path: "/idp/idx/challenge",
      relatesTo: ["$." + enrolment.key.currentMember],
      fields: [
        FormField(
          name: "authenticator", label: enrolment.key.label, required: true,
          form: context.selection(of: enrolment, methodRequired: true))
      ])
    return Page(
      forms: [data, context.choice],
      current: context.current(
        enrolment, actions: [enrolment.key == .oktaVerify ? .send : .resend]))
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    if submission.form == "resend" || submission.form == "send" {
      let method = enrolment.key.methods.first
      return organisation.challenge(enrolment, method: method, context, now: now)
    }
    organisation.remember(
      sendsPushByItself: submission.body["authenticator"]?["autoChallenge"], of: context.subject)
    return organisation.choose(submission.body, context, now: now)
  }
}

extension Organisation {
  /// What choosing one of the eligible enrolments leads to. Choosing sends: there is no way to
  /// choose twice and get one message.
  mutating func choose(_ body: WireObject, _ context: StepContext, now: Date) -> Outcome {
    let chosen = body["authenticator"]
    let enrolment = context.eligible.first { enrolment in
      guard context.authenticators[enrolment.key] == chosen?["id"]?.text else { return false }
      guard let wanted = chosen?["enrollmentId"]?.text else { return true }
      return wanted == enrolment.identifier
    }
    guard let enrolment else {
      return .refused(status: context.switches.validationStatus, top: [.badRequest])
    }
    return challenge(enrolment, method: chosen?["methodType"]?.text, context, now: now)
  }

  /// The challenge of an enrolment, or the question by which method.
  mutating func challenge(
    _ enrolment: Enrolment, method: String?, _ context: StepContext, now: Date
  ) -> Outcome {
    switch enrolment.key {
    case .password: return .next(PasswordStep(enrolment: enrolment))
    case .googleOTP: return .next(TimeBasedCodeStep(enrolment: enrolment))
    case .securityQuestion: return .next(SecurityQuestionStep(enrolment: enrolment))
    case .email, .phone:
      guard let method else { return .next(VerificationDataStep(enrolment: enrolment)) }
      var step = SentCodeStep(enrolment: enrolment, method: method)
      step.send(context, in: &self, now: now)
      return .next(step)
    case .rsaToken, .onPremMFA, .symantecVIP, .yubiKey, .customOTP, .temporaryAccessCode, .unknown:
      return .next(PasscodeStep(enrolment: enrolment))
    case .oktaVerify where (method ?? context.methods(of: .oktaVerify).first) == "signed_nonce":
      return .next(signedNonce(enrolment, context, now: now))
    case .oktaVerify where method == nil:
      return .next(VerificationDataStep(enrolment: enrolment))
    case .oktaVerify where method == "totp":
      return .next(TimeBasedCodeStep(enrolment: enrolment))
    case .oktaVerify, .customApp:
      var step = PushStep(enrolment: enrolment)
      step.send(context, in: &self, now: now)
      return .next(step)
    case .identityProvider:
      return .next(RedirectStep(enrolment: enrolment, provider: .authenticator))
    case .webAuthn:
      return .next(PasskeyStep(enrolment: enrolment, challenge: random.handle(32)))
    case .smartCard:
      return .next(RedirectStep(enrolment: enrolment, provider: .smartCard))
    case .duo where context.switches.duoRedirects:
      return .next(RedirectStep(enrolment: enrolment, provider: .duo))
    case .duo:
      return .next(duo(enrolment, context, now: now))
    case .nfcPIN:
      return .next(badge(enrolment, context, now: now))
    }
  }
}
