// The small steps: a yes or no, a code that another device shows, and two that only take time.

import FoundationEssentials

/// Stay signed in?
struct KeepMeSignedInStep: Step {
  func page(_ context: StepContext) -> Page {
    Page(forms: [
      Form(
        name: "keep-me-signed-in", path: "/idp/idx/keep-me-signed-in",
        fields: [
          FormField(
            name: "keepMeSignedIn", label: "Keep me signed in", type: "boolean", required: true)
        ])
    ])
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome { .done }
}

/// The code of a device without a keyboard (RFC 8628 §3.3). Hyphens and case do not matter.
struct UserCodeStep: Step {
  var code: String

  func page(_ context: StepContext) -> Page {
    Page(forms: [
      Form(
        name: "user-code", path: "/idp/idx/device/activate",
        fields: [FormField(name: "userCode", label: "Activation Code", required: true)])
    ])
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    let typed = submission.body["userCode"]?.text ?? ""
    guard UserCodeStep.plain(typed) == UserCodeStep.plain(code) else {
      return .refused(status: context.switches.validationStatus, top: [.invalidPasscode])
    }
    return .done
  }

  private static func plain(_ code: String) -> String { code.uppercased().filter(\.isLetter) }
}

/// The device is not as it should be, but may go on until a date. What is wrong is said in messages
/// whose order matters: a title, then each option with what it takes.
struct DeviceAssuranceStep: Step {
  /// Until when, in ISO 8601.
  var until: String

  func page(_ context: StepContext) -> Page {
    Page(
      forms: [Form(name: "device-assurance-grace-period", path: "/idp/idx/skip")],
      messages: [
        .deviceGracePeriod(until: until),
        .deviceRemediation("option_index", "Option 1:", ["1"]),
        .deviceRemediation("linux.upgrade_os_version", "Update to kernel 6.12", ["6.12"]),
        .deviceRemediation("linux.use_disk_encryption", "Encrypt the disk"),
        .deviceRemediation("option_index", "Option 2:", ["2"]),
        .deviceRemediation("linux.use_lock_screen", "Enable lock screen"),
        .deviceRemediation(
          "additional_help_default",
          "For more information, follow the instructions on the help page or contact your "
            + "administrator for help"),
      ])
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome { .done }
}

/// The organisation is busy: come back, in so many milliseconds, and perhaps in so many more.
struct SafeModeStep: Step {
  var milliseconds: [Int]

  func page(_ context: StepContext) -> Page {
    Page(forms: [
      Form(name: "poll", path: "/idp/idx/poll", refresh: milliseconds.first ?? 1000)
    ])
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    if milliseconds.count <= 1 { return .done }
    milliseconds.removeFirst()
    return .again
  }
}
