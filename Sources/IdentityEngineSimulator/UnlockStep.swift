// A locked account, opened by whoever proves to be its owner.

import FoundationEssentials

/// Who is it, and by what is that to be shown?
struct UnlockStep: Step {
  var unlock: SignOnPolicy.Unlock

  func page(_ context: StepContext) -> Page {
    let options = unlock.anyOf.enumerated().map { place, key in
      FormOption(
        label: key.label,
        content: .form(fields(key, context)),
        relatesTo: "$.authenticatorEnrollments.value[\(place)]")
    }
    var page = Page(forms: [
      Form(
        name: "select-authenticator-unlock-account", path: "/idp/idx/challenge",
        fields: [
          FormField(name: "identifier", label: "Username", required: true),
          FormField(name: "authenticator", type: "object", required: true, options: options),
        ])
    ])
    let authenticators = unlock.anyOf.map { key in
      var object = context.authenticator(key)
      object["allowedFor"] = "any"
      return object
    }
    page.extra["authenticators"] = [
      "type": "array", "value": .array(authenticators.map { .object($0) }),
    ]
    page.extra["authenticatorEnrollments"] = [
      "type": "array",
      "value": .array(
        authenticators.map { object in
          var object = object
          object["id"] = nil
          object["allowedFor"] = nil
          return .object(object)
        }),
    ]
    return page
  }

  private func fields(_ key: AuthenticatorKey, _ context: StepContext) -> [FormField] {
    var fields = [FormField.fixed("id", context.authenticators[key] ?? "")]
    if key == .phone {
      fields.append(.phoneMethod(required: false))
    } else if key == .oktaVerify {
      fields.append(.oktaVerifyMethod)
    } else {
      for method in key.methods { fields.append(.fixed("methodType", method, required: false)) }
    }
    return fields
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    let identifier = submission.body["identifier"]?.text ?? ""
    let chosen = submission.body["authenticator"]
    let key = unlock.anyOf.first { context.authenticators[$0] == chosen?["id"]?.text }
    guard let key else {
      return .refused(status: context.switches.validationStatus, top: [.badRequest])
    }
    // Whoever is not there is played along with as far as the code.
    let subject: Subject
    let enrolments: [Enrolment]
    if let place = organisation.place(of: identifier) {
      subject = .member(place)
      enrolments = organisation.members[place].enrolments
    } else {
      let phantom = organisation.phantom(called: identifier)
      subject = .phantom(phantom)
      enrolments = phantom.enrolments
    }
    guard let enrolment = enrolments.first(where: { $0.key == key }) else {
      return .refused(status: context.switches.policyStatus, top: [.unlockFailed])
    }
    return organisation.unlockCourse(
      subject, enrolment, method: chosen?["methodType"]?.text, unlock, context, now: now)
  }
}

extension FormField {
  fileprivate static let oktaVerifyMethod = FormField(
    name: "methodType", type: "string", required: false,
    options: [
      FormOption(label: "Get a push notification", content: .plain("push")),
      FormOption(label: "Enter a code", content: .plain("totp")),
    ])
}

extension Organisation {
  fileprivate mutating func unlockCourse(
    _ subject: Subject, _ enrolment: Enrolment, method: String?, _ unlock: SignOnPolicy.Unlock,
    _ context: StepContext, now: Date
  ) -> Outcome {
    var context = context
    context.subject = subject
    switch subject {
    case .member(let place): context.member = members[place]
    case .phantom(let member): context.member = member
    }
    let outcome = challenge(enrolment, method: method, context, now: now)
    guard case .next(let step) = outcome else { return outcome }
    var plan: [SignOnPolicy.Stage] = [
      .factor(SignOnPolicy.Requirement([enrolment.key], .straight)), .unlock,
    ]
    if unlock.goesOn {
      let rest = scenario.policy.stages.filter { !$0.factors.contains(.password) }
      plan += rest
    } else {
      plan.append(.end(.unlocked))
    }
    return .turned(Course(purpose: .unlock, subject: subject, plan: plan, step: step))
  }
}
