// Setting up a security key or passkey. `activationData` is what a browser hands to
// `navigator.credentials.create`; what comes back is checked before the key is anybody's. A refused
// answer makes a new challenge.

import FoundationEssentials

/// The wish for a new credential.
struct EnrolPasskeyStep: Step {
  /// Whether it is a suggestion at the end of a sign-in, beside `skip`.
  var isPromotion = false
  private(set) var challenge: String

  init(challenge: String, isPromotion: Bool = false) {
    self.challenge = challenge
    self.isPromotion = isPromotion
  }

  private var formName: String {
    isPromotion ? "enroll-authenticator-promotion" : "enroll-authenticator"
  }

  func page(_ context: StepContext) -> Page {
    var fields: [FormField] = [
      .computed("attestation", "Attestation"), .computed("clientData", "Client Data"),
    ]
    if isPromotion || context.switches.asksPasskeyTransports {
      fields += [
        .computed("transports", "Transports"), .computed("clientExtensions", "clientExtensions"),
      ]
    }
    let data: (String, WireValue) = ("contextualData", ["activationData": activation(context)])
    var page = context.enrolmentPage(.webAuthn, .credentials(fields), adding: [data])
    if isPromotion {
      page.forms = [
        Form(
          name: formName, path: "/idp/idx/credential/enroll",
          relatesTo: ["$.currentAuthenticator"], fields: [.credentials(fields)]), .skip,
      ]
    }
    return page
  }

  private func activation(_ context: StepContext) -> WireValue {
    var party: WireObject = WireObject([("name", "Remedy Simulator")])
    if let identifier = context.switches.relyingParty { party["id"] = .string(identifier) }
    let person = context.member?.person
    var data = WireObject([
      ("rp", .object(party)),
      (
        "user",
        [
          "id": .string(context.member?.identifier ?? ""),
          "name": .string(person?.identifier ?? ""),
          "displayName": .string("\(person?.firstName ?? "") \(person?.lastName ?? "")"),
        ]
      ),
      // Every security key can do this one, and it is the one that is verified here.
      ("pubKeyCredParams", [["type": "public-key", "alg": -7]]),
      ("challenge", .string(challenge)), ("attestation", "direct"),
      (
        "authenticatorSelection",
        [
          "userVerification": .string(context.switches.userVerification.rawValue),
          "requireResidentKey": .bool(isPromotion),
        ]
      ),
      ("u2fParams", ["appid": .string(context.origin)]),
      (
        "excludeCredentials",
        .array(
          (person?.passkeys ?? []).map { ["type": "public-key", "id": .string($0.identifier)] })
      ),
    ])
    if isPromotion { data["hints"] = ["client-device"] }
    return .object(data)
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    guard submission.form == formName else {
      return organisation.chooseEnrolment(submission, context, now: now)
    }
    let credential = Attestation(submission)?.verified(
      challenge: challenge, origin: organisation.origin,
      relyingParty: context.relyingParty,
      requiresVerification: context.switches.userVerification == .required)
    guard let credential, organisation.isNew(credential) else {
      challenge = organisation.random.handle(32)
      return .refused(status: context.switches.credentialStatus, top: [.attestationRefused])
    }
    organisation.enrol(credential, transports(submission), context.subject)
    let proof = Proof(key: .webAuthn, amr: "hwk")
    return isPromotion ? .done : .enrolled(proof)
  }

  /// A JSON text in a text, where the form asks for it.
  private func transports(_ submission: Submission) -> [String] {
    let list = WireValue.parse(submission.credential("transports").utf8)?.elements
    return list?.compactMap(\.text) ?? []
  }
}

extension Organisation {
  /// Whether nobody has this credential yet.
  fileprivate func isNew(_ credential: Attestation.Credential) -> Bool {
    !members.contains { member in
      member.person.passkeys.contains { $0.identifier == credential.identifier }
    }
  }

  fileprivate mutating func enrol(
    _ credential: Attestation.Credential, _ transports: [String], _ subject: Subject?
  ) {
    guard case .member(let place) = subject, members.indices.contains(place) else { return }
    members[place].passkeyCounts[credential.identifier] = credential.count
    enrol(.webAuthn, subject, destination: credential.identifier) { person in
      person.passkeys.append(
        Passkey(
          identifier: credential.identifier, publicKey: credential.publicKey,
          name: "Security key \(person.passkeys.count + 1)", transports: transports))
    }
  }
}

extension Message {
  static let attestationRefused = Message(
    "authfactor.webauthn.error.attestation_validation_failure",
    "We were unable to set up this security key. Please try again.", parameters: [])
}
