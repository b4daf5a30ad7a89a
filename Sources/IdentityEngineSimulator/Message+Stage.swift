// What the organisation says on the way through registration, enrolment, recovery and the rest.

import FoundationEssentials

extension Message {
  // MARK: Passwords

  static func passwordRequirementsNotMet(_ rules: String) -> Message {
    Message(
      "password.passwordRequirementsNotMet", "Password requirements were not met. " + rules,
      parameters: [rules])
  }

  static func passwordExpiring(_ organisation: String) -> Message {
    Message(
      "idx.password.expiring.message",
      "When your password expires, you will have to change your password before you can login to "
        + "your \(organisation) account.",
      level: .info, parameters: [organisation])
  }

  // MARK: Registration and enrolment

  static func notUnique(_ label: String) -> Message {
    Message(
      "registration.error.notUniqueWithinOrg", "A user with this \(label) already exists",
      parameters: [label])
  }

  static func outOfRange(_ label: String) -> Message {
    Message(
      "registration.error.doesNotMatchPattern",
      "Provided value for property '\(label)' is not in the range that is allowed",
      parameters: [label])
  }

  static func doesNotMatchPattern(_ label: String) -> Message {
    Message(
      "registration.error.doesNotMatchPattern",
      "Provided value for property '\(label)' does not match required pattern",
      parameters: [label])
  }

  static func invalidLoginEmail(_ label: String) -> Message {
    Message(
      "registration.error.invalidLoginEmail", "'\(label)' must be in the form of an email address",
      parameters: [label])
  }

  /// Without a key, as captures have it.
  static let invalidPhoneNumber = Message(
    nil, "Unable to initiate factor enrollment: Invalid Phone Number.")
  static let answerTooShort = Message(
    "securityQuestion.answer.tooShort.arg",
    "The security question answer must be at least 4 characters in length", parameters: ["4"])
  static let tagsNotAllowed = Message("tagsNotAllowed", "The field must not contain HTML tags")
  static let notSelfService = Message(
    "enroll.hotp.restricted", "Contact your administrator to continue enrollment.")

  /// With links, as an administrator may have it said.
  static var accessDeniedWithLinks: Message {
    var message = Message(
      "security.access_denied_custom_message",
      "You do not have permission to perform the requested action. Ask for it.", parameters: [])
    message.links = [
      (label: "Help Desk", url: "https://help.example.com/access"),
      (label: "Request access", url: "https://access.example.com/"),
    ]
    return message
  }

  // MARK: Devices

  static func deviceGracePeriod(until moment: String) -> Message {
    Message(
      "idx.device_assurance.grace_period.warning.title.due_by_date",
      "Your device doesn't meet the security requirements. Fix the issue by \(moment) to prevent "
        + "lockout.",
      level: .warning, parameters: [moment])
  }

  static func deviceRemediation(_ name: String, _ text: String, _ parameters: [String]? = nil)
    -> Message
  {
    Message(
      "idx.error.code.access_denied.device_assurance.remediation." + name, text,
      parameters: parameters)
  }

  // MARK: Tokens of links

  static let invalidActivationToken = Message(
    "idx.expired.activation.token",
    "Your account activation link is no longer valid. Contact your administrator to request a new "
      + "activation link.")
  static let invalidRecoveryToken = Message(
    "idx.invalid.forgot.password.token",
    "Your password reset link is no longer valid. Contact your administrator to request a new one.")

  static let unlockedGoOn = Message(
    "oie.selfservice.unlock_user.landing.to.app.success.message",
    "Account successfully unlocked! Verify your account with a security method to continue.",
    level: .info, parameters: [])
  static let unlockFailed = Message(
    "oie.selfservice.unlock_user.failed.message",
    "We are unable to unlock your account at this time, please contact your administrator",
    parameters: [])
}

extension SignOnPolicy.Ending {
  /// What is said at the end.
  var message: Message {
    switch self {
    case .emailVerificationRequired:
      Message(
        "idx.email.verification.required",
        "To finish signing in, check your email.", level: .info)
    case .recoveryCompleted:
      Message(
        "idx.recovery.completed",
        "You can now sign in with your existing username and new password.", level: .info)
    case .unlocked:
      Message(
        "oie.selfservice.unlock_user.success.message", "Your account is now unlocked!",
        level: .info, parameters: [])
    case .accessDenied:
      Message(
        "security.access_denied", "You do not have permission to perform the requested action.")
    case .accessDeniedWithLinks:
      Message.accessDeniedWithLinks
    case .consentDenied:
      Message("idx.operation.cancelled.by.user", "Operation cancelled by user.")
    }
  }
}
