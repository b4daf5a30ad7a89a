// Setting up an authenticator: which one, and then whatever it takes. What the choice and each of
// the steps after it have in common is here; each kind that takes more than a passcode has a file of
// its own.
//
// 1. What is required comes first, without `skip`, unless there is a grace period.
// 2. What is optional comes once the required is there, beside `skip`.
// 3. Choosing begins anew: another code is sent, another secret is made.

import FoundationEssentials

/// The choice among the authenticators that can be set up.
struct SelectEnrolmentStep: Step {
  var messages: [Message] = []

  func page(_ context: StepContext) -> Page {
    Page(
      forms: context.enrolmentChoice, messages: messages,
      status: messages.isEmpty ? 200 : context.switches.validationStatus)
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    organisation.chooseEnrolment(submission, context, now: now)
  }
}

extension StepContext {
  /// The choice, with `skip` where that is allowed.
  var enrolmentChoice: [Form] {
    guard !enrollable.isEmpty else { return [] }
    let choice = Form(
      name: "select-authenticator-enroll", path: "/idp/idx/credential/enroll",
      fields: [
        FormField(
          name: "authenticator", type: "object",
          options: enrollable.enumerated().map { place, key in
            FormOption(
              label: key.label, content: .form(enrolmentFields(key)),
              relatesTo: "$.authenticators.value[\(place)]")
          })
      ])
    return maySkip ? [choice, .skip] : [choice]
  }

  private func enrolmentFields(_ key: AuthenticatorKey) -> [FormField] {
    var fields = [FormField.fixed("id", authenticators[key] ?? "")]
    switch key {
    case .phone:
      fields += [
        .phoneMethod(required: false),
        FormField(name: "phoneNumber", label: "Phone number", type: "string", required: false),
      ]
    case .oktaVerify:
      fields.append(.channel(among: switches.enrolmentChannels))
    case .googleOTP, .symantecVIP:
      break
    default:
      for method in methods(of: key) {
        fields.append(.fixed("methodType", method, required: false))
      }
    }
    return fields
  }

  /// The authenticator that is being set up.
  func enrolling(
    _ key: AuthenticatorKey, adding members: [(String, WireValue)] = [], actions: [Form] = []
  ) -> CurrentAuthenticator {
    var object = authenticator(key)
    for (name, value) in members { object[name] = value }
    return CurrentAuthenticator(member: "currentAuthenticator", object: object, actions: actions)
  }

  /// The page on which the current authenticator is finished.
  func enrolmentPage(
    _ key: AuthenticatorKey, _ credentials: FormField,
    adding members: [(String, WireValue)] = [], actions: [Form] = []
  ) -> Page {
    let finish = Form(
      name: "enroll-authenticator", path: "/idp/idx/challenge/answer",
      relatesTo: ["$.currentAuthenticator"], fields: [credentials])
    var page = Page(
      forms: [finish] + enrolmentChoice,
      current: enrolling(key, adding: members, actions: actions))
    page.extra["enrollmentAuthenticator"] = [
      "type": "object",
      "value": .object(enrolling(key, adding: members.filter { $0.0 == "settings" }).object),
    ]
    return page
  }
}

extension FormField {
  static func phoneMethod(required: Bool) -> FormField {
    FormField(
      name: "methodType", type: "string", required: required,
      options: [
        FormOption(label: "SMS", content: .plain("sms")),
        FormOption(label: "Voice call", content: .plain("voice")),
      ])
  }
}

extension Form {
  static let skip = Form(name: "skip", path: "/idp/idx/skip")
}

extension Organisation {
  /// What an answer to the choice or to `skip` leads to.
  mutating func chooseEnrolment(
    _ submission: Submission, _ context: StepContext, now: Date
  ) -> Outcome {
    if submission.form == "skip" {
      if case .member(let place)? = context.subject, members.indices.contains(place) {
        members[place].skips += 1
      }
      return .done
    }
    let chosen = submission.body["authenticator"]
    let identifier = chosen?["id"]?.text
    guard let key = context.enrollable.first(where: { authenticators[$0] == identifier }) else {
      return .refused(status: context.switches.validationStatus, top: [.badRequest])
    }
    return beginEnrolment(of: key, chosen, context, now: now)
  }

  /// The first step of setting up an authenticator.
  mutating func beginEnrolment(
    of key: AuthenticatorKey, _ chosen: WireValue?, _ context: StepContext, now: Date
  ) -> Outcome {
    switch key {
    case .password:
      return .next(EnrolPasswordStep())
    case .email:
      var step = EnrolSentCodeStep(
        key: .email, method: "email", destination: context.member?.person.email ?? "")
      step.send(context, in: &self, now: now)
      return .next(step)
    case .phone:
      guard let method = chosen?["methodType"]?.text,
        let number = chosen?["phoneNumber"]?.text, !number.isEmpty
      else { return .next(PhoneDataStep()) }
      return beginEnrolment(ofPhone: number, method: method, context, now: now)
    case .googleOTP:
      return .next(EnrolTimeBasedCodeStep(secret: random.base32(16)))
    case .securityQuestion:
      return .next(EnrolQuestionStep())
    case .rsaToken, .onPremMFA, .symantecVIP, .yubiKey:
      return .next(EnrolPasscodeStep(key: key))
    case .customOTP, .temporaryAccessCode:
      return .refused(status: context.switches.policyStatus, top: [.notSelfService])
    case .oktaVerify:
      let channel =
        chosen?["channel"]?.text.flatMap { EnrolmentChannel(rawValue: $0) }
        ?? context.switches.enrolmentChannels.first ?? .qrcode
      let step = EnrolOktaVerifyStep(channel: channel)
      return .next(step.sent(to: nil, context, in: &self, now: now))
    case .webAuthn:
      return .next(EnrolPasskeyStep(challenge: random.handle(32)))
    case .duo where !context.switches.duoRedirects:
      return .next(duo(nil, context, now: now))
    case .duo, .identityProvider, .smartCard:
      return .next(EnrolRedirectStep(key: key))
    case .customApp, .nfcPIN, .unknown:
      return .refused(status: context.switches.validationStatus, top: [.badRequest])
    }
  }

  /// Writes a new enrolment into the directory.
  mutating func enrol(
    _ key: AuthenticatorKey, _ subject: Subject?, profile: [(name: String, value: String)] = [],
    destination: String = "", _ change: (inout Person) -> Void = { _ in }
  ) {
    guard case .member(let place) = subject, members.indices.contains(place) else { return }
    change(&members[place].person)
    members[place].enrolments.append(
      Enrolment(
        identifier: random.identifier(key.enrolmentPrefix), key: key, profile: profile,
        destination: destination))
  }
}
