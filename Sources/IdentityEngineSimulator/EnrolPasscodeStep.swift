// Setting up a token of another maker. The organisation has no way to know which passcodes are
// right, so any that looks like one is, and from then on it is the one that is asked for.

import FoundationEssentials

/// An RSA or on-premises token, a Symantec VIP credential, a YubiKey.
struct EnrolPasscodeStep: Step {
  var key: AuthenticatorKey

  func page(_ context: StepContext) -> Page {
    context.enrolmentPage(key, .credentials(fields(context)))
  }

  private func fields(_ context: StepContext) -> [FormField] {
    switch key {
    case .symantecVIP:
      return [
        FormField(name: "credentialId", label: "Enter credential ID", required: true),
        FormField(name: "passcode", label: "Security Code 1", required: true),
        FormField(name: "nextPasscode", label: "Security Code 2", required: true),
      ]
    case .rsaToken, .onPremMFA:
      return [
        .fixed("id", context.authenticators[key] ?? ""), .fixed("methodType", "otp"),
        FormField(
          name: "clientData", label: "User Name",
          value: .string(context.member?.person.identifier ?? ""), required: true),
        FormField(name: "passcode", label: "Passcode", required: true),
      ]
    default:
      return [
        FormField(
          name: "passcode", label: "Insert then tap your YubiKey", required: true, secret: true)
      ]
    }
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    guard submission.form == "enroll-authenticator" else {
      return organisation.chooseEnrolment(submission, context, now: now)
    }
    let passcode = submission.credential("passcode")
    guard isPlausible(passcode), submission.credential("nextPasscode") != passcode else {
      return .refused(
        status: context.switches.credentialStatus, at: ["credentials", "passcode"],
        field: [.invalidPasscode])
    }
    let name = key.rawValue
    organisation.enrol(key, context.subject) { $0.passcodes[name] = passcode }
    return .enrolled(Proof(key: key, amr: key == .yubiKey ? "hwk" : "otp"))
  }

  /// Six to eight digits; of a YubiKey 44 characters of its own alphabet.
  private func isPlausible(_ passcode: String) -> Bool {
    if key == .yubiKey {
      return passcode.count == 44 && passcode.allSatisfy { "cbdefghijklnrtuv".contains($0) }
    }
    return (6...8).contains(passcode.count)
      && passcode.allSatisfy { $0.isASCII && $0.isNumber }
  }
}
