// A code that is sent, by mail, SMS or call, and typed back.
//
// 1. Entering the step sends one code; each resend sends another and kills the one before.
// 2. A code works once, for as long as the switches say.
// 3. Too many wrong ones suspend the factor; from then on no code is right.
// 4. Where mails have a link, clicking it is as good as the code, and denying it ends the sign-in.

import FoundationEssentials

/// The challenge of an e-mail address or a phone.
struct SentCodeStep: Step {
  var enrolment: Enrolment
  var method: String
  private var code = ""
  private var sentAt = Date.distantPast
  /// The token of the link in the last mail.
  private(set) var link: String?

  init(enrolment: Enrolment, method: String) {
    self.enrolment = enrolment
    self.method = method
  }

  func page(_ context: StepContext) -> Page {
    var actions: [Form] = [.resend]
    if enrolment.key == .email {
      actions.append(.poll(every: context.switches.pollMilliseconds))
    }
    var current = context.current(enrolment, actions: actions)
    if sendsLink(context) { current.object["contextualData"] = ["useEmailMagicLink": true] }
    return Page(
      forms: [.challenge(enrolment.key, .code)] + context.choiceBeside, current: current)
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    switch submission.form {
    case "poll":
      return news(context, in: &organisation, now: now) ?? .again
    case "resend":
      if context.switches.resendThrottle && now < sentAt + throttle {
        return .refused(status: context.switches.validationStatus, top: [tooEarly])
      }
      send(context, in: &organisation, now: now)
      return .next(self)
    case "challenge-authenticator":
      let isAlive = now < sentAt + Double(context.switches.codeSeconds)
      let typed = submission.credential("passcode")
      let isRight = isAlive && !code.isEmpty && typed == code
      return organisation.judge(
        isRight, of: enrolment, amr: amr, context, refusal: .invalidPasscode, at: "passcode")
    default:
      return organisation.choose(submission.body, context, now: now)
    }
  }

  mutating func news(
    _ context: StepContext, in organisation: inout Organisation, now: Date
  ) -> Outcome? {
    switch link.flatMap({ organisation.links[$0]?.state }) {
    case .approved: .proven(Proof(key: enrolment.key, amr: amr))
    case .denied: .next(RefusedStep(messages: [.cancelledElsewhere], status: 200))
    case .waiting, nil: nil
    }
  }

  private func sendsLink(_ context: StepContext) -> Bool {
    enrolment.key == .email && context.switches.emailMagicLink
  }

  /// Sends a new code. Nobody gets one where there is nobody, but it looks the same.
  mutating func send(_ context: StepContext, in organisation: inout Organisation, now: Date) {
    sentAt = now
    code =
      enrolment.key == .email && context.switches.alphanumericCodes
      ? organisation.random.base32(8) : organisation.random.code()
    guard let member = context.member, !member.isPhantom else {
      code = ""
      return
    }
    let kind: OutboxMessage.Kind =
      switch method {
      case "sms": .sms
      case "voice": .call
      default: .email
      }
    var address: String?
    if sendsLink(context) {
      let made = organisation.makeLink(
        of: context, code: code, expiresAt: now + Double(context.switches.codeSeconds))
      link = made.token
      address = made.address
    }
    organisation.deliver(
      kind, code: code, link: address, to: enrolment.destination, of: member.person.identifier,
      now: now)
  }

  private var throttle: TimeInterval { enrolment.key == .email ? 5 : 30 }

  private var tooEarly: Message {
    switch method {
    case "sms": .tooEarlyForSMS
    case "voice": .tooEarlyForCall
    default: .tooEarlyForEmail
    }
  }

  private var amr: String {
    switch method {
    case "sms": "sms"
    case "voice": "tel"
    default: "otp"
    }
  }
}

extension Organisation {
  /// The verdict on a code: right, wrong, or wrong once too often.
  mutating func judge(
    _ isRight: Bool, of enrolment: Enrolment, amr: String, _ context: StepContext,
    refusal: Message, at field: String
  ) -> Outcome {
    let limit = context.switches.factorAttempts
    var wrong = context.member?.wrongCodes[enrolment.identifier] ?? 0
    if isRight && wrong < limit {
      remember(wrongCodes: 0, of: enrolment, subject: context.subject)
      return .proven(Proof(key: enrolment.key, amr: amr))
    }
    wrong += 1
    remember(wrongCodes: wrong, of: enrolment, subject: context.subject)
    if wrong >= limit {
      return .refused(status: context.switches.validationStatus, top: [.suspendedFactor])
    }
    return .refused(
      status: context.switches.credentialStatus, at: ["credentials", field], field: [refusal])
  }

  private mutating func remember(
    wrongCodes: Int, of enrolment: Enrolment, subject: Subject?
  ) {
    guard case .member(let place) = subject, members.indices.contains(place) else { return }
    members[place].wrongCodes[enrolment.identifier] = wrongCodes
  }
}
