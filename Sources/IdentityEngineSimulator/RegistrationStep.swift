// Self-service registration. The form makes a person of the directory, staged: what is enrolled
// afterwards belongs to that person at once.

import FoundationEssentials

/// The registration form.
struct RegistrationStep: Step {
  var registration: SignOnPolicy.Registration

  func page(_ context: StepContext) -> Page {
    var fields = [
      FormField(
        name: "userProfile", required: true,
        form: registration.attributes.map(\.field))
    ]
    if registration.asksPassword { fields.append(.credentials([.password])) }
    var page = Page(forms: [
      Form(name: "enroll-profile", path: "/idp/idx/enroll/new", fields: fields),
      Form(name: "select-identify", path: "/idp/idx/identify/select"),
    ])
    if registration.asksPassword {
      page.current = context.enrolling(
        .password, adding: [("settings", context.passwordRules.settings())])
    }
    return page
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    if submission.form == "select-identify" {
      return .turned(Course(purpose: .signIn))
    }
    let status = context.switches.validationStatus
    for attribute in registration.attributes {
      let value = submission.body["userProfile"]?[attribute.name]
      if let fault = attribute.fault(in: value) {
        return .refused(status: status, at: ["userProfile", attribute.name], field: [fault])
      }
    }
    let email = submission.body.attribute("email") ?? ""
    let identifier = submission.body.attribute("login") ?? email
    guard !identifier.isEmpty, organisation.place(of: identifier) == nil else {
      let field = submission.body.attribute("login") == nil ? "email" : "login"
      let label = registration.attributes.first { $0.name == field }?.label ?? "Email"
      return .refused(
        status: status, at: ["userProfile", field],
        field: [identifier.isEmpty ? .invalidLoginEmail(label) : .notUnique(label)])
    }
    let password = submission.credential("passcode")
    if registration.asksPassword,
      let fault = context.passwordRules.fault(in: password, of: identifier)
    {
      return .refused(status: status, at: ["credentials", "passcode"], field: [fault])
    }
    let place = organisation.register(
      Person(
        identifier: identifier, password: password,
        firstName: submission.body.attribute("firstName") ?? "",
        lastName: submission.body.attribute("lastName") ?? "", email: email))
    organisation.keep(submission.body, registration.attributes, of: .member(place))
    return .turned(
      Course(
        purpose: .registration, subject: .member(place),
        proofs: password.isEmpty ? [] : [Proof(key: .password, amr: "pwd")],
        plan: registration.stages))
  }
}

extension Organisation {
  /// Adds a person who has proven nothing yet but, perhaps, chosen a password.
  mutating func register(_ person: Person) -> Int {
    var member = Member(person, random: &random)
    member.enrolments.removeAll { $0.key != .password }
    members.append(member)
    return members.count - 1
  }
}
