// What a step shows, before it is dressed with what every answer repeats.

/// The current page of a transaction.
struct Page: Sendable {
  /// The remediations, in order of preference.
  var forms: [Form] = []
  /// The authenticator in question.
  var current: CurrentAuthenticator?
  /// Forms that hang on something else than the current authenticator.
  var hidden: [Form] = []
  /// What stands at the top.
  var messages: [Message] = []
  /// More members of the answer; they replace what would stand there otherwise.
  var extra = WireObject()
  /// The interaction code, when all is done.
  var interactionCode: String?
  /// The status of the answer.
  var status = 200
  /// What an extension of the operating system is asked, by a header (RFC 9110 §11.6.1).
  var deviceChallenge: String?

  /// Every form that can be answered on this page.
  var answerable: [Form] {
    forms.filter { $0.link == nil } + (current?.actions ?? []) + hidden
  }
}

/// The authenticator that a page is about.
struct CurrentAuthenticator: Sendable {
  var member: String
  /// The authenticator without its actions.
  var object: WireObject
  var actions: [Form]

  func wire(origin: String, stateHandle: String) -> WireValue {
    var object = object
    for action in actions {
      object[action.name] = action.wire(origin: origin, stateHandle: stateHandle)
    }
    return ["type": "object", "value": .object(object)]
  }
}

extension Form {
  static let recover = Form(name: "recover", path: "/idp/idx/recover")
  static let resend = Form(name: "resend", path: "/idp/idx/challenge/resend")

  static func poll(every milliseconds: Int) -> Form {
    Form(name: "poll", path: "/idp/idx/challenge/poll", refresh: milliseconds)
  }

  /// The form that takes the proof of the current authenticator.
  static func challenge(_ key: AuthenticatorKey, _ fields: FormField...) -> Form {
    Form(
      name: "challenge-authenticator", path: "/idp/idx/challenge/answer",
      relatesTo: ["$." + key.currentMember], fields: [.credentials(fields)])
  }
}
