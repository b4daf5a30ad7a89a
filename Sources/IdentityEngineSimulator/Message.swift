// The words of the organisation. Keys, classes and texts are those of captured answers where there
// is one; a text that no capture shows is our own.

/// A message at the top of an answer or at a field.
struct Message: Sendable, Equatable {
  enum Level: String, Sendable { case error = "ERROR", warning = "WARNING", info = "INFO" }

  var level = Level.error
  var key: String?
  var text: String
  var parameters: [String]?
  /// Where more is said, or something can be done about it.
  var links: [(label: String, url: String)] = []

  static func == (left: Message, right: Message) -> Bool { left.wire == right.wire }

  init(_ key: String?, _ text: String, level: Level = .error, parameters: [String]? = nil) {
    self.level = level
    self.key = key
    self.text = text
    self.parameters = parameters
  }

  var wire: WireValue {
    var object = WireObject([("message", .string(text))])
    if let key {
      var i18n = WireObject([("key", .string(key))])
      if let parameters { i18n["params"] = .array(parameters.map { .string($0) }) }
      object["i18n"] = .object(i18n)
    }
    object["class"] = .string(level.rawValue)
    if !links.isEmpty {
      object["links"] = .array(
        links.map { ["label": .string($0.label), "url": .string($0.url)] })
    }
    return .object(object)
  }

  static func list(_ messages: [Message]) -> WireValue {
    ["type": "array", "value": .array(messages.map(\.wire))]
  }
}

extension Message {
  static let sessionExpired = Message("idx.session.expired", "The session has expired.")
  static let badRequest = Message("E0000020", "Bad request.")
  static let authenticationFailed = Message("errors.E0000004", "Authentication failed")
  static let incorrectPassword = Message("incorrectPassword", "Password is incorrect")
  static let invalidPasscode = Message(
    "api.authn.error.PASSCODE_INVALID", "Invalid code. Try again.", parameters: [])
  static let usedPasscode = Message(
    "authfactor.challenge.soft_token.used_passcode",
    "Each code can only be used once. Please wait for a new code and try again.")
  static let waitForNextCode = Message(
    "errors.E0000113", "Pin accepted, Wait for token to change, then enter new passcode",
    parameters: ["Pin accepted, Wait for token to change, then enter new passcode"])
  static let wrongAnswer = Message(
    "authfactor.challenge.question_factor.answer_invalid",
    "Your answer doesn't match our records. Please try again.")
  static let suspendedFactor = Message(
    "authfactor.challenge.suspended_factor",
    "This factor is suspended for your account due to too many failed attempts")
  static let tooEarlyForSMS = Message(
    "errors.E0000109",
    "An SMS message was recently sent. Please wait 30 seconds before trying again.")
  static let tooEarlyForCall = Message(
    "errors.E0000133", "A call was recently made. Please wait 30 seconds before trying again.")
  static let tooEarlyForEmail = Message(
    "errors.E0000118", "An email was recently sent. Please wait 5 seconds before trying again.")
  static let resetNotAllowed = Message(
    "oie.selfservice.reset.password.not.allowed",
    "Reset password is not allowed at this time. Please contact support for assistance.",
    parameters: [])
  static let cancelledElsewhere = Message(
    "idx.operation.cancelled.on.other.device", "Access denied on other device.")
  static let notAssigned = Message(
    "idx.error.code.user_not_assigned", "User is not assigned to this application.")
  static let noMatchingPolicy = Message(
    "idx.error.code.no_matching_policy",
    "Policy evaluation failed for this request, please check the policy configurations.")
  static let fieldBlank = Message("model.validation.field.blank", "This field cannot be left blank")
  static let tooManyRequests = Message("tooManyRequests", "Too many requests")

  static func unknownUser(_ identifier: String) -> Message {
    Message(
      "idx.unknown.user",
      "There is no account with the Username \(identifier). "
        + "<a href=\"#\">Sign up</a> for an account.",
      level: .info)
  }

  static func unsatisfiable(_ app: String) -> Message {
    Message(
      "oie.assurance.unsatisfiable",
      "Unable to login to \"\(app)\" at this time. For assistance, "
        + "please contact your administrator.",
      parameters: [app])
  }
}
