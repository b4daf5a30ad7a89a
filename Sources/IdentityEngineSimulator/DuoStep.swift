// Duo, which runs a page of its own in a frame: the client hands it `signedToken`, the person approves
// there, and what the page gives back is `signatureData`. Here Duo's page is played where the phones
// are: once the request is approved, what it would give back is shown there.

import Crypto
import FoundationEssentials

/// Duo, as a factor or being set up.
struct DuoStep: Step {
  /// What is verified; `nil` where it is being set up.
  var enrolment: Enrolment?
  var signedToken: String
  var ring: Int?

  private var formName: String {
    enrolment == nil ? "enroll-authenticator" : "challenge-authenticator"
  }

  func page(_ context: StepContext) -> Page {
    let credentials = FormField.credentials([.computed("signatureData", "Signature Data")])
    let data: WireValue = [
      "integrationType": "IFRAME", "host": "api-simulated.duosecurity.example",
      "signedToken": .string(signedToken),
      "script": .string(context.origin + "/js/sections/duo/Duo-Web-v2.js"),
    ]
    guard let enrolment else {
      return context.enrolmentPage(.duo, credentials, adding: [("contextualData", data)])
    }
    var current = context.current(enrolment)
    current.object["contextualData"] = data
    let form = Form(
      name: formName, path: "/idp/idx/challenge/answer", relatesTo: ["$.currentAuthenticator"],
      fields: [credentials])
    return Page(forms: [form] + context.choiceBeside, current: current)
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    guard submission.form == formName else {
      return enrolment == nil
        ? organisation.chooseEnrolment(submission, context, now: now)
        : organisation.choose(submission.body, context, now: now)
    }
    let request = organisation.phone.first { $0.number == ring }
    guard request?.state == .approved, let response = request?.response,
      response == submission.credential("signatureData")
    else {
      return .refused(
        status: context.switches.credentialStatus,
        top: [request?.state == .waiting ? .duoTimeout : .duoFailed])
    }
    let proof = Proof(key: .duo, amr: "swk")
    if enrolment != nil { return .proven(proof) }
    organisation.enrol(.duo, context.subject) { $0.enrolled.append(.duo) }
    return .enrolled(proof)
  }

  mutating func left(_ organisation: inout Organisation) {
    organisation.withdraw(phoneRequest: ring)
  }
}

extension Organisation {
  /// Duo's step, with what its page gives back once somebody approves there.
  mutating func duo(_ enrolment: Enrolment?, _ context: StepContext, now: Date) -> DuoStep {
    let person = context.member?.person.identifier ?? ""
    let user = Data("\(person)|simulated|\(Int(now.timeIntervalSince1970) + 300)".utf8)
      .base64EncodedString()
    let nonce = random.handle(20)
    let application = "APP|\(user)|\(Organisation.duoMark("APP", user, nonce))"
    let token = "TX|\(user)|\(Organisation.duoMark("TX", user, nonce)):\(application)"
    var step = DuoStep(enrolment: enrolment, signedToken: token)
    if let member = context.member, !member.isPhantom {
      step.ring = ring(
        .push, .duo, of: person,
        response: "AUTH|\(user)|\(Organisation.duoMark("AUTH", user, nonce)):\(application)",
        now: now)
    }
    return step
  }

  private static func duoMark(_ prefix: String, _ user: String, _ nonce: String) -> String {
    let key = SymmetricKey(data: Array("Duo's own key, simulated; \(nonce)".utf8))
    let mark = HMAC<Insecure.SHA1>.authenticationCode(
      for: Array("\(prefix)|\(user)".utf8), using: key)
    return mark.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

extension Message {
  static let duoFailed = Message(
    "oie.authenticator.duo.method.duo.verification_failed",
    "We were unable to verify with Duo. Try again.", parameters: [])
  static let duoTimeout = Message(
    "oie.authenticator.duo.method.duo.verification_timeout",
    "We were unable to verify with Duo in time. Try again.", parameters: [])
}
