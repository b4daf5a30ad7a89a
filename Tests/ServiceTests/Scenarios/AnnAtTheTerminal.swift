// What Ann types where a transcript says nothing else: by the question and by what stands above it,
// which is all that a person has.

import SimulatedPeople

/// Ann's habits.
enum AnnAtTheTerminal {
  static let newPassword = "Tired-mountain-9-lamp"

  /// By the beginning of the question.
  private static let byQuestion: [(question: String, reply: String)] = [
    ("Username", Ann.name), ("Password", "<password>"), ("New password", "<new password>"),
    ("Enter password", "<new password>"), ("Answer", Ann.answer),
    ("Phone number", Knowledge.phoneNumber), ("Activation Code", "abcdxywz"),
    ("First name", "Cleo"), ("Last name", "Example"), ("Email", "cleo@example.com"),
    ("Division", "Boats"), ("Age", "40"), ("Enter PIN", "<passcodes nfc_pin>"),
    ("Create a security question", "What is my boat called?"),
    ("What do you say", "blue heron"), ("Address (not shown)", "<browser>"),
    ("Enter credential ID", "VSMT12345678"),
    ("Security Code 1", "314159"), ("Security Code 2", "271828"),
  ]

  /// By what a prompt's lines name.
  private static let byAuthenticator: [(name: String, reply: String)] = [
    ("Google Authenticator", "<Google code>"), ("Okta Verify", "<Okta Verify code>"),
    ("RSA SecurID", "<passcodes rsa_token>"), ("On-prem MFA", "<passcodes onprem_mfa>"),
    ("Symantec VIP", "<passcodes symantec_vip>"), ("YubiKey", "<passcodes yubikey_token>"),
    ("Custom OTP", "<passcodes custom_otp>"), ("Temporary Access Code", "<passcodes tac>"),
    ("mail", "<code>"), ("hone", "<code>"),
  ]

  /// What is typed, or a word in angle brackets for it; `nil` where she does not know.
  static func reply(to question: String, _ prompt: [String]) -> String? {
    if let known = byQuestion.first(where: { question.hasPrefix($0.question) }) {
      return known.reply
    }
    if question.hasPrefix("Choose ") { return question.contains("[") ? "" : "1" }
    if question.hasSuffix("[y/n]: ") { return "y" }
    if question.contains("]: ") || question.contains("(optional)") { return "" }
    let title = prompt.dropFirst().first ?? ""
    let isNew = title.hasPrefix("Set up")
    if isNew, title.contains("Google") { return "<code of the new key>" }
    if isNew, title.contains("YubiKey") { return Knowledge.yubiKey }
    if isNew, title.contains("RSA") || title.contains("On-prem") { return "271828" }
    return byAuthenticator.first { authenticator in
      prompt.contains { $0.contains(authenticator.name) }
    }?.reply
  }
}
