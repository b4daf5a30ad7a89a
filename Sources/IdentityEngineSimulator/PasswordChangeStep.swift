// A new password in place of an old one: because it has expired, is about to, or was forgotten.

import FoundationEssentials

/// The change of a password.
struct PasswordChangeStep: Step {
  var change: SignOnPolicy.PasswordChange

  private var formName: String {
    switch change.kind {
    case .expired: "reenroll-authenticator"
    case .expiring: "reenroll-authenticator-warning"
    case .customExpired: "reenroll-custom-password-expiry"
    case .customExpiring: "reenroll-custom-password-expiry-warning"
    case .reset: "reset-authenticator"
    }
  }

  private var isWarning: Bool { change.kind == .expiring || change.kind == .customExpiring }
  private var isCustom: Bool { change.kind == .customExpired || change.kind == .customExpiring }

  func page(_ context: StepContext) -> Page {
    var fields = [
      FormField(name: "passcode", label: "New password", required: true, secret: true)
    ]
    if change.kind == .reset && change.offersRevokeSessions {
      fields.append(
        FormField(
          name: "revokeSessions", label: "Sign me out of all other devices", type: "boolean"))
    }
    var form = Form(
      name: formName, path: "/idp/idx/challenge/answer", relatesTo: ["$.currentAuthenticator"],
      fields: [.credentials(fields)])
    if isCustom {
      form.extra["customExpiredPasswordName"] = "Password desk"
      form.extra["customExpiredPasswordURL"] = "https://passwords.example.com/change"
    }
    let settings = context.passwordRules.settings(daysToExpiry: isWarning ? change.days : nil)
    let current = context.enrolling(.password, adding: [("settings", settings)])
    var page = Page(
      forms: isWarning ? [form, .skip] : [form], current: current,
      messages: isWarning ? [.passwordExpiring("Remedy Simulator")] : [])
    let member = change.kind == .reset ? "recoveryAuthenticator" : "enrollmentAuthenticator"
    page.extra[member] = ["type": "object", "value": .object(current.object)]
    return page
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    if submission.form == "skip" { return .done }
    let password = submission.credential("passcode")
    if let refusal = organisation.fault(in: password, context) { return refusal }
    guard case .member(let place) = context.subject,
      organisation.members.indices.contains(place)
    else { return .done }
    organisation.members[place].person.password = password
    organisation.members[place].wrongPasswords = 0
    if !organisation.members[place].enrolments.contains(where: { $0.key == .password }) {
      organisation.enrol(.password, context.subject)
    }
    if submission.body["credentials"]?["revokeSessions"] == .bool(true) {
      organisation.revokeGrants(of: place)
    }
    guard change.kind == .reset else { return .done }
    return .proven(Proof(key: .password, amr: "pwd"))
  }
}

extension Organisation {
  /// Ends everything that a person has signed in to.
  mutating func revokeGrants(of member: Int) {
    for place in families.indices where families[place].member == member {
      families[place].isRevoked = true
    }
    accessTokens = accessTokens.filter { $0.value.member != member }
  }
}
