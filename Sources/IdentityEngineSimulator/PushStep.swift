// A push to a phone, by Okta Verify or an app of one's own, and what the phone said.
//
// 1. Entering the step sends one push; choosing the authenticator again, `resend` and `send` each
//    send another, and the one before is worth nothing any more.
// 2. The decision is learnt by polling; a poll in itself changes nothing.
// 3. With a number challenge the number that the person must find on the phone is shown here. It may
//    come only with a later poll, as it does from a busy organisation.

import FoundationEssentials

/// The challenge of a phone.
struct PushStep: Step {
  var enrolment: Enrolment
  private var push: Int?
  private var answer: String?
  private var polls = 0
  private var isRejected = false

  init(enrolment: Enrolment) { self.enrolment = enrolment }

  func page(_ context: StepContext) -> Page {
    let identifier = context.authenticators[enrolment.key] ?? ""
    var current = context.current(enrolment, actions: [.sendAgain(identifier)])
    current.object["methods"] = [["type": "push"]]
    if isRejected {
      return Page(
        forms: [.resend(identifier, label: enrolment.key.label)] + context.choiceBeside,
        current: current, messages: [.pushRejected])
    }
    if let answer, polls >= context.switches.numberChallengePolls {
      current.object["contextualData"] = ["correctAnswer": .string(answer)]
    }
    var poll = Form(
      name: "challenge-poll", path: "/idp/idx/authenticators/poll",
      relatesTo: ["$.currentAuthenticator"], refresh: context.switches.pollMilliseconds)
    if enrolment.key == .oktaVerify && !context.switches.autoChallenge {
      poll.fields = [.autoChallenge(context.member?.sendsPushByItself ?? false)]
    }
    return Page(forms: [poll] + context.choiceBeside, current: current)
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    guard submission.form == "challenge-poll" else {
      return organisation.choose(submission.body, context, now: now)
    }
    polls += 1
    organisation.remember(
      sendsPushByItself: submission.body["autoChallenge"], of: context.subject)
    return news(context, in: &organisation, now: now) ?? .again
  }

  mutating func news(
    _ context: StepContext, in organisation: inout Organisation, now: Date
  ) -> Outcome? {
    guard !isRejected else { return nil }
    switch organisation.decision(of: push) {
    case .approved:
      return .proven(Proof(key: enrolment.key, amr: "swk"))
    case .denied:
      isRejected = true
      return .next(self)
    case .waiting, .replaced:
      return nil
    }
  }

  mutating func left(_ organisation: inout Organisation) {
    organisation.withdraw(phoneRequest: push)
  }

  /// Sends the push. Nobody gets one where there is nobody, but it looks the same.
  mutating func send(_ context: StepContext, in organisation: inout Organisation, now: Date) {
    let number = context.switches.numberChallenge
    guard let member = context.member, !member.isPhantom else {
      if number { answer = String(Int.random(in: 10...99, using: &organisation.random)) }
      return
    }
    let person = member.person.identifier
    push = organisation.ring(.push, enrolment.key, of: person, withNumber: number, now: now)
    answer = organisation.phone.last?.answer
    organisation.deliver(
      .push, code: "", to: enrolment.destination, of: person, now: now)
  }
}

extension Organisation {
  /// What the box "send push automatically" was set to.
  mutating func remember(sendsPushByItself value: WireValue?, of subject: Subject?) {
    guard case .bool(let isOn)? = value, case .member(let place) = subject,
      members.indices.contains(place)
    else { return }
    members[place].sendsPushByItself = isOn
  }
}

extension Form {
  /// Sends the first push, where that doesn't happen by itself.
  static let send = Form(name: "send", path: "/idp/idx/challenge/send")

  /// The action that sends a push again: it chooses the authenticator again.
  static func sendAgain(_ authenticator: String) -> Form {
    Form(
      name: "resend", path: "/idp/idx/challenge",
      fields: [
        FormField(
          name: "authenticator",
          value: ["methodType": "push", "id": .string(authenticator)], required: true,
          mutable: false, visible: false)
      ])
  }

  /// The remediation that stands alone after a push was rejected.
  static func resend(_ authenticator: String, label: String) -> Form {
    Form(
      name: "resend", path: "/idp/idx/challenge", relatesTo: ["$.currentAuthenticator"],
      fields: [
        FormField(
          name: "authenticator", label: label, type: "object",
          form: [
            .fixed("id", authenticator), .fixed("methodType", "push", required: false),
          ], isFormInValue: true)
      ])
  }
}

extension FormField {
  static func autoChallenge(_ value: Bool) -> FormField {
    FormField(
      name: "autoChallenge", label: "Send push automatically", type: "boolean",
      value: .bool(value), required: false, mutable: true)
  }
}

extension Message {
  static let pushRejected = Message(
    "api.authn.poll.error.push_rejected", "You have chosen to reject this login.", parameters: [])
}
