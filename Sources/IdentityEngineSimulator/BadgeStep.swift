// A badge that is held to the machine (NFC), and then its PIN. The badge is read by Okta Verify on the
// same machine, so a client without it cannot get as far as the PIN.

import FoundationEssentials

/// The wait for a badge.
struct BadgeStep: Step {
  var enrolment: Enrolment
  var request: String
  var ring: Int?

  func page(_ context: StepContext) -> Page {
    var current = context.current(enrolment)
    current.object["contextualData"] = [
      "challenge": [
        "type": "object",
        "value": .object(DeviceProbe(.customURI).challenge(request, context)),
      ]
    ]
    let poll = Form(
      name: "challenge-poll", path: "/idp/idx/authenticators/poll",
      relatesTo: ["$." + current.member], refresh: context.switches.pollMilliseconds)
    return Page(forms: [poll] + context.choiceBeside, current: current)
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    guard submission.form == "challenge-poll" else {
      return organisation.choose(submission.body, context, now: now)
    }
    return news(context, in: &organisation, now: now) ?? .again
  }

  mutating func news(
    _ context: StepContext, in organisation: inout Organisation, now: Date
  ) -> Outcome? {
    switch organisation.decision(of: ring) {
    case .approved: .next(PasscodeStep(enrolment: enrolment))
    case .denied: .next(RefusedStep(messages: [.badgeUnread], status: 400))
    case .waiting, .replaced: nil
    }
  }

  mutating func left(_ organisation: inout Organisation) {
    organisation.withdraw(phoneRequest: ring)
  }
}

extension Organisation {
  mutating func badge(_ enrolment: Enrolment, _ context: StepContext, now: Date) -> BadgeStep {
    var step = BadgeStep(enrolment: enrolment, request: random.handle(42))
    if let member = context.member, !member.isPhantom {
      step.ring = ring(.device, .nfcPIN, of: member.person.identifier, now: now)
    }
    return step
  }
}

extension Message {
  static let badgeUnread = Message(
    "api.authenticator.error.nfc.sign_in_to_use",
    "The badge could not be read. Sign in another way to use it.", parameters: [])
}
