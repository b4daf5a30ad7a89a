// Setting up an e-mail address or a phone: a code goes there, and comes back.

import FoundationEssentials

/// A code to an address or number that is being set up.
struct EnrolSentCodeStep: Step {
  var key: AuthenticatorKey
  var method: String
  var destination: String
  private var code = ""
  private var sentAt = Date.distantPast

  init(key: AuthenticatorKey, method: String, destination: String) {
    self.key = key
    self.method = method
    self.destination = destination
  }

  func page(_ context: StepContext) -> Page {
    var actions: [Form] = [.resend]
    if key == .email { actions.append(.poll(every: context.switches.pollMilliseconds)) }
    return context.enrolmentPage(key, .credentials([.code]), actions: actions)
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    switch submission.form {
    case "poll":
      return .again
    case "resend":
      if context.switches.resendThrottle && now < sentAt + (key == .email ? 5 : 30) {
        let tooEarly: Message =
          switch method {
          case "sms": .tooEarlyForSMS
          case "voice": .tooEarlyForCall
          default: .tooEarlyForEmail
          }
        return .refused(status: context.switches.validationStatus, top: [tooEarly])
      }
      send(context, in: &organisation, now: now)
      return .next(self)
    case "enroll-authenticator":
      let isAlive = now < sentAt + Double(context.switches.codeSeconds)
      guard isAlive, !code.isEmpty, submission.credential("passcode") == code else {
        return .refused(
          status: context.switches.credentialStatus, at: ["credentials", "passcode"],
          field: [.invalidPasscode])
      }
      return enrolled(context, in: &organisation)
    default:
      return organisation.chooseEnrolment(submission, context, now: now)
    }
  }

  private func enrolled(_ context: StepContext, in organisation: inout Organisation) -> Outcome {
    let destination = destination
    if key == .email {
      organisation.enrol(
        .email, context.subject, profile: [("email", Member.masked(email: destination))],
        destination: destination)
      return .enrolled(Proof(key: .email, amr: "otp"))
    }
    organisation.enrol(
      .phone, context.subject, profile: [("phoneNumber", Member.masked(phone: destination))],
      destination: destination
    ) { $0.phones.append(destination) }
    return .enrolled(Proof(key: .phone, amr: method == "voice" ? "tel" : "sms"))
  }

  mutating func send(_ context: StepContext, in organisation: inout Organisation, now: Date) {
    sentAt = now
    code = ""
    guard let member = context.member, !member.isPhantom else { return }
    code = organisation.random.code()
    let kind: OutboxMessage.Kind =
      switch method {
      case "sms": .sms
      case "voice": .call
      default: .email
      }
    organisation.deliver(
      kind, code: code, to: destination, of: member.person.identifier, now: now)
  }
}

/// A phone is chosen; number and method are missing.
struct PhoneDataStep: Step {
  func page(_ context: StepContext) -> Page {
    let data = Form(
      name: "authenticator-enrollment-data", path: "/idp/idx/credential/enroll",
      relatesTo: ["$.currentAuthenticator"],
      fields: [
        FormField(
          name: "authenticator", label: AuthenticatorKey.phone.label, type: "object",
          required: true,
          form: [
            .fixed("id", context.authenticators[.phone] ?? ""), .phoneMethod(required: true),
            FormField(name: "phoneNumber", label: "Phone number", type: "string", required: true),
          ])
      ])
    return Page(forms: [data] + context.enrolmentChoice, current: context.enrolling(.phone))
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    organisation.chooseEnrolment(submission, context, now: now)
  }
}

extension Organisation {
  /// A number in E.164, `+` and 8 to 15 digits, gets its code. Any other leads back to the choice.
  mutating func beginEnrolment(
    ofPhone number: String, method: String, _ context: StepContext, now: Date
  ) -> Outcome {
    guard number.isPhoneNumber else {
      return .next(SelectEnrolmentStep(messages: [.invalidPhoneNumber]))
    }
    var step = EnrolSentCodeStep(key: .phone, method: method, destination: number)
    step.send(context, in: &self, now: now)
    return .next(step)
  }
}
