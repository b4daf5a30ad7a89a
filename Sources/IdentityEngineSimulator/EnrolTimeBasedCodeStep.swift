// Setting up Google Authenticator: a secret, as text and as a picture, and one code to show that it
// has arrived.

import FoundationEssentials

/// A new secret for time-based codes.
struct EnrolTimeBasedCodeStep: Step {
  /// The secret in base32.
  var secret: String

  func page(_ context: StepContext) -> Page {
    let account = context.member?.person.identifier ?? ""
    let link = "otpauth://totp/Remedy:\(account)?secret=\(secret)&issuer=Remedy"
    return context.enrolmentPage(
      .googleOTP, .credentials([.code]),
      adding: [
        (
          "contextualData",
          [
            "qrcode": [
              "method": "embedded", "href": .string(QRPicture.dataURL(of: link)),
              "type": "image/png",
            ],
            "sharedSecret": .string(secret),
          ]
        )
      ])
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    guard submission.form == "enroll-authenticator" else {
      return organisation.chooseEnrolment(submission, context, now: now)
    }
    let codes = TimeBasedCode(base32: secret)
    guard codes?.match(submission.credential("passcode"), at: now) != nil else {
      return .refused(
        status: context.switches.credentialStatus, at: ["credentials", "passcode"],
        field: [.invalidPasscode])
    }
    let secret = secret
    organisation.enrol(.googleOTP, context.subject) { $0.totpSeed = secret }
    return .enrolled(Proof(key: .googleOTP, amr: "otp"))
  }
}

extension SeededRandom {
  /// Characters of the base32 alphabet (RFC 4648 §6).
  mutating func base32(_ length: Int) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    return String((0..<length).map { _ in alphabet.randomElement(using: &self) ?? "A" })
  }
}
