// What the engine sends along that helps to answer: a number to choose on the phone, a code to scan,
// a masked address. What nobody here knows is shown by its name.

internal import JSON
internal import Prompts

extension PromptHead {
  /// For programs, or said elsewhere on the screen.
  private static let unshown: Set = [
    "integrationType", "host", "signedToken", "script", "selectedChannel", "useEmailMagicLink",
    "challenge", "webauthn", "password_policy", "days_to_expiry", "devicebootstrap",
  ]

  var context: [TerminalText] {
    var lines = daysLeft
    for member in content.context.members where !Self.unshown.contains(member.name) {
      lines += self.lines(of: member.name, member.value)
    }
    return lines + enrolment
  }

  private func lines(of name: String, _ value: JSONValue) -> [TerminalText] {
    switch (name, value) {
    case ("number_challenge", .string(let number)):
      return self.number(number)
    case ("number_challenge", .number(let number)):
      return self.number(number.text)
    case ("question", .string(let question)):
      return block("question: \(words: question)")
    case ("phone", .string(let address)), ("email", .string(let address)):
      return block((isSent ? "sent to " : "") + TerminalText(words: address))
    case ("continue_url", .string(let address)):
      return block("go on in a browser:") + ["    " + TerminalText(address: address)]
    case ("change_password_at", let place):
      guard let address = place["url"]?.string else { return [] }
      let name = place["name"]?.string.map { TerminalText(words: $0) } ?? "another place"
      return block("this password is kept at " + name + ", and can be changed there:")
        + ["    " + TerminalText(address: address)]
    case ("samedevice", let device):
      return sameDevice(device)
    case ("shared_secret", _), ("qr_code", _):
      return []
    case (let name, .string(let text)):
      return block("\(name): \(words: text)")
    case (let name, .number(let number)):
      return block("\(name): \(number.text)")
    default:
      return []
    }
  }

  private func number(_ digits: String) -> [TerminalText] {
    ["  on your device, choose"] + LargeNumber.lines(digits).map { style.bold($0) }
  }

  /// Whether the address has got something by now; before, it says where that would go.
  private var isSent: Bool {
    content.forms.contains { form in
      form.kind == .poll || form.fields.contains { $0.name == "credentials.passcode" }
    }
  }

  /// That the password is over; and how long it is good for still, only where the engine warns: at any
  /// other time the number says nothing.
  private var daysLeft: [TerminalText] {
    let isExpired = content.forms.contains {
      ["reenroll-authenticator", "reenroll-custom-password-expiry"].contains($0.remediation)
    }
    // The engine does not say so itself: its page has that for a title.
    if isExpired { return block("Your password has expired.") }
    guard content.forms.contains(where: { $0.remediation.hasSuffix("-warning") }),
      let words = PasswordRules.daysLeft(content.context["password_policy"])
    else { return [] }
    return block(words)
  }

  /// Okta Verify on this very machine, where the engine offers that.
  private func sameDevice(_ device: JSONValue) -> [TerminalText] {
    let addresses: [(TerminalText, String)] = [
      ("get Okta Verify:", "downloadHref"), ("set it up on this device:", "setupOVUrl"),
    ]
    return addresses.flatMap { words, name -> [TerminalText] in
      guard let address = device[name]?.string else { return [] }
      return block(words) + ["    " + TerminalText(address: address)]
    }
  }

  private var enrolment: [TerminalText] {
    let enrolment = EnrolmentCode(prompt: prompt)
    guard enrolment.isThere else { return [] }
    let key = enrolment.groupedSecret.map { ["    " + style.bold($0)] }
    let secret = key.map { block("Type this key into the app:") + $0 }
    guard let code = enrolment.code else {
      return block("There is a QR code to scan, which cannot be shown here. \(otherChannels)")
        + (secret ?? [])
    }
    let drawing = QRDrawing(code: code, style: style)
    guard let lines = drawing.lines else {
      return block(
        "The QR code needs a terminal of \(drawing.leastWidth) columns with block characters. "
          + otherChannels) + (secret ?? [])
    }
    return block("scan this with the app on your phone") + lines
      + (key.map { block("or type this key into the app:") + $0 } ?? [])
  }

  /// What else can be chosen where the code cannot be scanned.
  private var otherChannels: TerminalText {
    let channel = content.forms.first { $0.remediation == "select-enrollment-channel" }
    guard let channel else { return "" }
    return "Choose “\(words: channel.label ?? channel.remediation)” instead."
  }
}
