// Who is it? With a password on the same form, or without.

import FoundationEssentials

/// The first page.
struct IdentifyStep: Step {
  /// What it asks for.
  var identification: SignOnPolicy.Identification
  /// What `login_hint` said at the start.
  var hint: String?
  /// Whether it can be answered with a passkey in place of a name.
  var passkeys: SignOnPolicy.PasskeyFirst?
  var passkeyChallenge = ""
  /// What brought the person back here.
  var messages: [Message] = []

  private var withPassword: Bool { identification == .onePage }
  /// Whether there is nothing to fill in here, only providers to go to.
  private var onlyLinks: Bool { identification == .providersOnly }

  func page(_ context: StepContext) -> Page {
    var fields = [
      FormField(
        name: "identifier", label: "Username", value: hint.map { .string($0) }, required: true)
    ]
    var current: CurrentAuthenticator?
    if withPassword {
      fields.append(.credentials([.password]))
      current = CurrentAuthenticator(
        member: "currentAuthenticator", object: context.authenticator(.password),
        actions: [.recover])
    }
    fields.append(
      FormField(name: "rememberMe", label: "Remember this device", type: "boolean"))
    if context.switches.captcha { fields.append(Captcha.field) }
    let identify = Form(name: "identify", path: "/idp/idx/identify", fields: fields)
    var page = Page(
      forms: (onlyLinks || identification == .nothing ? [] : [identify])
        + context.providers.map { context.link(to: $0) }
        + (passkeys?.forms ?? []) + (onlyLinks ? [] : context.offers),
      current: current, messages: messages,
      status: messages.isEmpty ? 200 : context.switches.policyStatus)
    if context.switches.captcha { page.extra["captcha"] = Captcha.member }
    if let passkeys, passkeys != .launch {
      page.extra["webauthnAutofillUIChallenge"] = [
        "type": "object",
        "value": ["challengeData": context.passkeyChallenge(passkeyChallenge)],
      ]
    }
    return page
  }

  func returned(from browser: Return, in organisation: inout Organisation) -> Outcome {
    let policy = organisation.scenario.policy
    let left = browser.isEnough ? policy.afterwards : Array(policy.stages.dropFirst())
    return .turned(
      Course(
        purpose: .signIn, subject: .member(browser.member),
        proofs: [Proof(key: .identityProvider, amr: "fed")], plan: left))
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    switch submission.form {
    case "recover":
      return organisation.recover(nil, context)
    case "select-enroll-profile":
      guard let registration = organisation.scenario.policy.registration else { return .again }
      return .turned(
        Course(
          purpose: .registration, step: RegistrationStep(registration: registration)))
    case "unlock-account":
      guard let unlock = organisation.scenario.policy.unlock else { return .again }
      return .turned(Course(purpose: .unlock, step: UnlockStep(unlock: unlock)))
    case "launch-authenticator":
      return .next(organisation.probe(DeviceProbe(.customURI), now: now))
    case "launch-webauthn-authenticator":
      return .next(PasskeyFirstStep(challenge: organisation.random.handle(32)))
    case "challenge-webauthn-autofillui-authenticator", "launch-passkeys-authenticator":
      if let outcome = organisation.signIn(with: submission, challenge: passkeyChallenge) {
        return outcome
      }
      passkeyChallenge = organisation.random.handle(32)
      return .refused(status: context.switches.credentialStatus, top: [.assertionRefused])
    default:
      return identify(submission, context, in: &organisation)
    }
  }

  private func identify(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation
  ) -> Outcome {
    if context.switches.captcha && !Captcha.isSolved(in: submission.body) {
      return .refused(status: context.switches.validationStatus, top: [.captchaUnsolved])
    }
    let identifier = submission.body["identifier"]?.text ?? ""
    guard let place = organisation.place(of: identifier) else {
      if withPassword && context.switches.enumerationProtection {
        return .refused(
          status: context.switches.credentialStatus, top: [.authenticationFailed])
      }
      if context.switches.enumerationProtection {
        return .identified(.phantom(organisation.phantom(called: identifier)), [])
      }
      return .refused(
        status: context.switches.credentialStatus, top: [.unknownUser(identifier)])
    }
    guard withPassword else { return .identified(.member(place), []) }
    guard organisation.accepts(password: submission.credential("passcode"), of: .member(place))
    else {
      return .refused(status: context.switches.credentialStatus, top: [.authenticationFailed])
    }
    return .identified(.member(place), [Proof(key: .password, amr: "pwd")])
  }
}
