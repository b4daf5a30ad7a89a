// The link in the mail has expired. Whoever has it may ask for another one.

import FoundationEssentials

/// The wish for a new activation link.
struct RequestActivationStep: Step {
  /// Whose account it is, by place in the directory.
  var member: Int

  func page(_ context: StepContext) -> Page {
    Page(
      forms: [Form(name: "request-activation-email", path: "/idp/idx/request-activation")],
      messages: [.expiredActivationToken])
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    _ = organisation.sendLink(.activation, toMember: member, isAgain: true, now: now)
    return .next(EndStep(message: .activationRequested))
  }
}

extension Message {
  static let expiredActivationToken = Message(
    "idx.expired.activation.token",
    "Your account activation link is no longer valid. Request a new activation email below.",
    parameters: [])
  static let activationRequested = Message(
    "idx.request.activation.email",
    "New activation link requested. If your information matches our records, you will receive a new "
      + "activation link in your inbox soon.", level: .info)
}
