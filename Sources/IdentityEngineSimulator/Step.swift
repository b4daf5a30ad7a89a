// The step machine. A transaction is at one step at a time; the step says what its page offers, and
// what an answer to one of those forms means. A new kind of step is a new file with a type of this
// protocol, and a place that returns it from `.next` or from the policy
// (`Organisation+Policy.swift`).
//
// 1. `page` decides nothing: introspect shows the same page as often as it is asked.
// 2. `take` gets only answers that fit a form the page offers; what is fixed in the form is as it
//    was.
// 3. Whoever wants the next step of the policy says what was proven and leaves the rest to it.

import FoundationEssentials

/// Where a transaction stands.
protocol Step: Sendable {
  /// What is offered here.
  func page(_ context: StepContext) -> Page

  /// What an answer to one of the page's forms leads to.
  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome

  /// What has happened elsewhere since: on a phone, in a mail reader. Polls and introspect ask.
  mutating func news(
    _ context: StepContext, in organisation: inout Organisation, now: Date
  ) -> Outcome?

  /// What it means that a provider vouched for a person in a browser.
  func returned(from browser: Return, in organisation: inout Organisation) -> Outcome

  /// The transaction goes on without this step: whatever waits elsewhere waits in vain.
  mutating func left(_ organisation: inout Organisation)
}

extension Step {
  mutating func news(
    _ context: StepContext, in organisation: inout Organisation, now: Date
  ) -> Outcome? { nil }

  func returned(from browser: Return, in organisation: inout Organisation) -> Outcome { .again }

  mutating func left(_ organisation: inout Organisation) {}
}

/// An answer to a form.
struct Submission: Sendable {
  var form: String
  var body: WireObject

  /// A member of `credentials`.
  func credential(_ name: String) -> String { body["credentials"]?[name]?.text ?? "" }
}

/// A factor that was proven.
struct Proof: Sendable {
  var key: AuthenticatorKey
  /// How the ID token names the method (RFC 8176).
  var amr: String
}

/// Where a run is turned to.
struct Course: Sendable {
  var purpose: Run.Purpose
  var subject: Subject?
  var proofs: [Proof] = []
  var plan: [SignOnPolicy.Stage] = []
  /// Where it begins, if not with the plan.
  var step: (any Step)?
}

/// What an answer led to.
enum Outcome: Sendable {
  /// Another step, good news.
  case next(any Step)
  /// It is known who this is, and these were proven with it.
  case identified(Subject, [Proof])
  /// A factor was proven.
  case proven(Proof)
  /// A factor was set up, and proven with it.
  case enrolled(Proof)
  /// What this step is for is got through.
  case done
  /// The person agrees, but not to these scopes.
  case granted(without: Set<String>)
  /// It is something else from here on.
  case turned(Course)
  /// The same step, which may show something new: what a poll is answered with.
  case again
  /// The same page with messages at the top or at a field of the answered form.
  case refused(status: Int, top: [Message] = [], at: [String] = [], field: [Message] = [])
}

extension Outcome {
  /// Whether another page follows.
  var leadsOn: Bool {
    switch self {
    case .again, .refused: false
    default: true
    }
  }
}

/// What a step may know of the transaction it belongs to.
struct StepContext: Sendable {
  /// Who it is about, once that is known.
  var subject: Subject?
  /// The same, looked up.
  var member: Member?
  /// The enrolments that the answer shows, which `relatesTo` counts.
  var shown: [Enrolment] = []
  /// Those that meet the current requirement.
  var eligible: [Enrolment] = []
  /// The one of them that comes without being chosen.
  var preferred: Enrolment?
  /// Whether the choice stands beside a challenge.
  var offersChoice = false
  /// What the run is for.
  var purpose = Run.Purpose.signIn
  /// The authenticators that can be set up now.
  var enrollable: [AuthenticatorKey] = []
  /// Until when setting up may be put off, where it may not be left out.
  var gracePeriod: WireValue?
  /// Whether setting up can be skipped.
  var maySkip = false
  /// What new passwords must be like.
  var passwordRules = PasswordRules()
  var authenticators: [AuthenticatorKey: String]
  var switches: Switches
  /// The providers that the first page links to.
  var providers: [IdentityProvider] = []
  /// The newest state handle, for links.
  var stateHandle = ""
  /// The interaction that the run belongs to.
  var interaction = ""
  /// Where the authorization endpoint of its server is.
  var authorizePath = ""
  var clientIdentifier = ""
  /// The organisation's own origin.
  var origin = ""

  /// What the first page offers beside signing in.
  var offers: [Form] = []

  // MARK: Authenticators

  private func object(_ key: AuthenticatorKey, id: String) -> WireObject {
    WireObject([
      ("type", .string(key.type)), ("key", .string(key.rawValue)), ("id", .string(id)),
      ("displayName", .string(key.label)),
      ("methods", .array(methods(of: key).map { ["type": .string($0)] })),
    ])
  }

  /// The methods of an authenticator, the one that comes by itself first.
  func methods(of key: AuthenticatorKey) -> [String] {
    switch (key, switches.fastPass) {
    case (.oktaVerify, .offered): ["signed_nonce"] + key.methods
    case (.oktaVerify, .only): ["signed_nonce"]
    case (.duo, _) where switches.duoRedirects: ["idp"]
    default: key.methods
    }
  }

  /// An authenticator of the organisation.
  func authenticator(_ key: AuthenticatorKey) -> WireObject {
    object(key, id: authenticators[key] ?? "")
  }

  /// A person's enrolment of it.
  func enrolment(_ enrolment: Enrolment) -> WireObject {
    var object = object(enrolment.key, id: enrolment.identifier)
    if !enrolment.profile.isEmpty {
      object["profile"] = .object(
        WireObject(enrolment.profile.map { (name: $0.name, value: .string($0.value)) }))
    }
    if let passkey = member?.person.passkeys.first(where: {
      enrolment.key == .webAuthn && $0.identifier == enrolment.destination
    }) {
      object["displayName"] = .string(passkey.name)
      object["credentialId"] = .string(passkey.identifier)
      object["transports"] = .array(passkey.transports.map { .string($0) })
    }
    return object
  }

  /// The authenticator that is being verified, with its actions.
  func current(_ enrolment: Enrolment, actions: [Form] = []) -> CurrentAuthenticator {
    let member = enrolment.key.currentMember
    let isAuthenticator = member == "currentAuthenticator"
    return CurrentAuthenticator(
      member: member,
      object: isAuthenticator ? authenticator(enrolment.key) : self.enrolment(enrolment),
      actions: actions)
  }

  /// Whether this is Okta Verify, and its owner wants a push at once.
  func sendsPush(to enrolment: Enrolment) -> Bool {
    enrolment.key == .oktaVerify && member?.sendsPushByItself == true
  }

  // MARK: Choosing

  /// The form in which one of the eligible enrolments is chosen.
  var choice: Form {
    Form(
      name: "select-authenticator-authenticate", path: "/idp/idx/challenge",
      fields: [
        FormField(
          name: "authenticator", type: "object", options: chosenAmong.map { option(for: $0) })
      ])
  }

  /// The same form where it belongs beside a challenge.
  var choiceBeside: [Form] { offersChoice ? [choice] : [] }

  /// Of an authenticator whose enrolments are not told apart one stands for all.
  private var chosenAmong: [Enrolment] {
    var seen: Set<AuthenticatorKey> = []
    return eligible.filter { !$0.key.isChosenAsOne || seen.insert($0.key).inserted }
  }

  private func option(for enrolment: Enrolment) -> FormOption {
    let place =
      enrolment.key.isChosenAsOne
      ? "authenticators.value[\(shownKeys.firstIndex(of: enrolment.key) ?? 0)]"
      : "authenticatorEnrollments.value[\(shown.firstIndex(of: enrolment) ?? 0)]"
    return FormOption(
      label: enrolment.key.label, content: .form(selection(of: enrolment, methodRequired: false)),
      relatesTo: "$." + place)
  }

  /// The authenticators that the answer shows, in the order in which it shows them.
  var shownKeys: [AuthenticatorKey] {
    AuthenticatorKey.allCases.filter { key in shown.contains { $0.key == key } }
  }

  /// The fields that name an enrolment and a method.
  func selection(of enrolment: Enrolment, methodRequired: Bool) -> [FormField] {
    var fields = [FormField.fixed("id", authenticators[enrolment.key] ?? "")]
    switch enrolment.key {
    case .phone:
      fields.append(
        FormField(
          name: "methodType", type: "string", required: methodRequired,
          options: [
            FormOption(label: "SMS", content: .plain("sms")),
            FormOption(label: "Voice call", content: .plain("voice")),
          ]))
      fields.append(.fixed("enrollmentId", enrolment.identifier))
    case .email where methodRequired:
      fields.append(
        FormField(
          name: "methodType", type: "string", required: true,
          options: [FormOption(label: "Email", content: .plain("email"))]))
    case .oktaVerify where methods(of: .oktaVerify).count == 1:
      fields.append(.fixed("methodType", "signed_nonce", required: false))
    case .oktaVerify, .customApp:
      fields.append(
        FormField(
          name: "methodType", type: "string", required: methodRequired,
          options: methods(of: enrolment.key).map {
            FormOption(label: label(ofMethod: $0), content: .plain(.string($0)))
          }))
      if methodRequired && enrolment.key == .oktaVerify {
        fields.append(.autoChallenge(member?.sendsPushByItself ?? false))
      }
    case .googleOTP, .symantecVIP:
      break
    case .rsaToken, .onPremMFA:
      fields.append(.fixed("enrollmentId", enrolment.identifier))
    default:
      for method in methods(of: enrolment.key) {
        fields.append(.fixed("methodType", method, required: false))
      }
    }
    return fields
  }

  private func label(ofMethod method: String) -> String {
    switch method {
    case "push": "Get a push notification"
    case "signed_nonce": "Use Okta FastPass"
    default: "Enter a code"
    }
  }
}
