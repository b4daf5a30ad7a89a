// What a service account answers, and above all what it does not.

import JSON
import Prompts
import Secrets
import Testing

@testable import TokenBroker

@Suite("Answers without a person")
struct UnattendedAnswersTests {
  private static let codes = OneTimeCodes(seed: Secret("12345678901234567890"))
  private let all = UnattendedAnswers(
    identifier: "svc", codes: codes,
    fields: [
      "credentials.passcode": Secret("pass"), "credentials.answer": Secret("okra"),
      "userProfile.team": Secret("blue"),
    ])
  private let onlyPassword = UnattendedAnswers(
    identifier: "svc", fields: ["credentials.passcode": Secret("pass")])

  private func decide(
    _ content: Prompt.Content, _ answers: UnattendedAnswers? = nil, run: UnattendedRun = .init(),
    used: Int64? = nil
  ) -> UnattendedDecision {
    (answers ?? all).decide(content, after: run, fallback: nil, step: 100, used: used)
  }

  private func prompt(
    _ forms: Form..., authenticator: String? = nil, enrollment: Bool = false,
    messages: [Message] = []
  ) -> Prompt.Content {
    Prompt.Content(
      title: "", messages: messages,
      authenticator: authenticator.map {
        AuthenticatorSummary(key: $0, isEnrollment: enrollment)
      }, forms: forms)
  }

  private func form(
    _ name: String, _ fields: [Field] = [], kind: Form.Kind = .form, on place: String? = nil
  ) -> Form {
    Form(id: name, remediation: place ?? name, kind: kind, fields: fields)
  }

  private func passcode(_ messages: [Message] = []) -> Form {
    form(
      "challenge-authenticator",
      [Field(name: "credentials.passcode", isSecret: true, messages: messages)])
  }

  private func choice(_ keys: String..., methods: [String] = []) -> Form {
    form(
      "select-authenticator-authenticate",
      [
        Field(
          name: "authenticator", kind: .choice, isRequired: true,
          choices: keys.map { key in
            Choice(
              id: key, label: key,
              fields: methods.isEmpty
                ? []
                : [
                  Field(
                    name: "methodType", kind: .choice, isRequired: true,
                    choices: methods.map { Choice(id: $0, label: $0) })
                ],
              authenticator: AuthenticatorSummary(key: key))
          })
      ])
  }

  private func answer(
    _ form: String, _ fields: JSONObject = [:], _ question: String, step: Int64? = nil
  ) -> UnattendedDecision {
    .answer(Answer(form: form, fields: fields), question: question, step: step)
  }

  @Test("the name is given, and the password with it where one page asks for both")
  func identify() {
    let name = form("identify", [Field(name: "identifier", isRequired: true)])
    #expect(decide(prompt(name)) == answer("identify", ["identifier": "svc"], "identify/"))
    let both = form(
      "identify",
      [
        Field(name: "identifier", isRequired: true), Field(name: "credentials.passcode"),
        Field(name: "rememberMe", kind: .boolean),
      ])
    #expect(
      decide(prompt(both))
        == answer(
          "identify", ["identifier": "svc", "credentials.passcode": "pass"], "identify/"))
    let without = UnattendedAnswers(identifier: "svc", codes: Self.codes)
    #expect(decide(prompt(both), without) == .stop(.unknown(forms: ["identify"])))
  }

  @Test("a form that needs more than is known is not answered")
  func captcha() {
    let robot = form(
      "identify",
      [
        Field(name: "identifier", isRequired: true),
        Field(name: "captchaVerify.captchaToken", isRequired: true, isComputed: true),
      ])
    #expect(decide(prompt(robot)) == .stop(.unknown(forms: ["identify"])))
  }

  @Test("the name falls back on the login hint")
  func fallback() {
    let name = form("identify", [Field(name: "identifier", isRequired: true)])
    let decision = UnattendedAnswers(codes: Self.codes).decide(
      prompt(name), after: .init(), fallback: "hint", step: 1, used: nil)
    #expect(decision == answer("identify", ["identifier": "hint"], "identify/"))
  }

  @Test("a password goes to the password, and to nothing else that has a field of that name")
  func password() {
    #expect(
      decide(prompt(passcode(), authenticator: "okta_password"))
        == answer(
          "challenge-authenticator", ["credentials.passcode": "pass"],
          "challenge-authenticator/okta_password"))
    for other in [
      "okta_email", "phone_number", "onprem_mfa", "symantec_vip", "custom_otp", "tac", "unknown",
      "webauthn", "yubikey_token", "external_idp", "rsa_token",
    ] {
      #expect(
        decide(prompt(passcode(), authenticator: other))
          == .stop(.unknown(forms: ["challenge-authenticator"])), "\(other)")
    }
    #expect(decide(prompt(passcode())) == .stop(.unknown(forms: ["challenge-authenticator"])))
  }

  @Test("a code is made for Google Authenticator and Okta Verify, each in its own field")
  func code() {
    let code = JSONValue.string(Self.codes.code(step: 100))
    #expect(
      decide(prompt(passcode(), authenticator: "google_otp"))
        == answer(
          "challenge-authenticator", ["credentials.passcode": code],
          "challenge-authenticator/google_otp", step: 100))
    let verify = form("challenge-authenticator", [Field(name: "credentials.totp")])
    #expect(
      decide(prompt(verify, authenticator: "okta_verify"))
        == answer(
          "challenge-authenticator", ["credentials.totp": code],
          "challenge-authenticator/okta_verify", step: 100))
    #expect(
      decide(prompt(passcode(), authenticator: "google_otp"), onlyPassword)
        == .stop(.unknown(forms: ["challenge-authenticator"])))
  }

  @Test("no code is given twice: the next one is waited for")
  func usedCode() {
    let content = prompt(passcode(), authenticator: "google_otp")
    #expect(decide(content, used: 100) == .wait(forStep: 101))
    #expect(decide(content, used: 102) == .wait(forStep: 103))
    #expect(decide(content, used: 99) != .wait(forStep: 100))
    // Given while the clock was years ahead.
    #expect(decide(content, used: 9_000_000) == decide(content, used: 99))
  }

  @Test("a security question is answered, and an answer goes nowhere else")
  func question() {
    let asked = form("challenge-authenticator", [Field(name: "credentials.answer", isSecret: true)])
    #expect(
      decide(prompt(asked, authenticator: "security_question"))
        == answer(
          "challenge-authenticator", ["credentials.answer": "okra"],
          "challenge-authenticator/security_question"))
    #expect(
      decide(prompt(asked, authenticator: "okta_password"))
        == .stop(.unknown(forms: ["challenge-authenticator"])))
  }

  @Test("of several authenticators the one that can be answered is chosen, each once")
  func select() {
    let content = prompt(choice("okta_email", "okta_password", "google_otp"))
    let first = answer(
      "select-authenticator-authenticate",
      ["authenticator": ["id": "okta_password", "fields": [:]]],
      "select-authenticator-authenticate/okta_password")
    #expect(decide(content) == first)
    let run = UnattendedRun(answered: ["select-authenticator-authenticate/okta_password"])
    #expect(
      decide(content, run: run)
        == answer(
          "select-authenticator-authenticate",
          ["authenticator": ["id": "google_otp", "fields": [:]]],
          "select-authenticator-authenticate/google_otp"))
    #expect(
      decide(content, onlyPassword, run: run)
        == .stop(.repeated(form: "select-authenticator-authenticate")))
    #expect(
      decide(prompt(choice("okta_email", "phone_number")))
        == .stop(.unknown(forms: ["select-authenticator-authenticate"])))
  }

  @Test("of an authenticator's methods the one that can be answered is chosen")
  func method() {
    #expect(
      decide(prompt(choice("okta_verify", methods: ["push", "totp"])))
        == answer(
          "select-authenticator-authenticate",
          ["authenticator": ["id": "okta_verify", "fields": ["methodType": "totp"]]],
          "select-authenticator-authenticate/okta_verify"))
    #expect(
      decide(prompt(choice("okta_verify", methods: ["push", "signed_nonce"])))
        == .stop(.unknown(forms: ["select-authenticator-authenticate"])))
    let data = form(
      "authenticator-verification-data",
      [
        Field(
          name: "authenticator.methodType", kind: .choice, isRequired: true,
          choices: [Choice(id: "push", label: ""), Choice(id: "totp", label: "")])
      ])
    #expect(
      decide(prompt(data, authenticator: "okta_verify"))
        == answer(
          "authenticator-verification-data", ["authenticator.methodType": "totp"],
          "authenticator-verification-data/okta_verify"))
    #expect(
      decide(prompt(data, authenticator: "phone_number"))
        == .stop(.unknown(forms: ["authenticator-verification-data"])))
  }

  @Test("a challenge for somebody's phone is left for the authenticator that can be answered")
  func switches() {
    let content = prompt(
      passcode(), choice("okta_email", "okta_password"),
      form("resend", kind: .action, on: "x.resend"),
      authenticator: "okta_email")
    #expect(
      decide(content)
        == answer(
          "select-authenticator-authenticate",
          ["authenticator": ["id": "okta_password", "fields": [:]]],
          "select-authenticator-authenticate/okta_password"))
  }

  @Test("optional enrolment and the warning before a password expires are skipped")
  func skips() {
    let skip = form("skip", kind: .action)
    for name in ["select-authenticator-enroll", "reenroll-authenticator-warning"] {
      let decision = decide(prompt(form(name), skip))
      #expect(
        decision == answer("skip", [:], "skip/\([name, "skip"].sorted().joined(separator: "+"))"))
    }
  }

  @Test("the question whether to stay signed in is answered with no, and remembered nowhere")
  func staySignedIn() {
    func asked(_ field: Field) -> Form { form("keep-me-signed-in", [field]) }
    let boolean = Field(name: "keepMeSignedIn", kind: .boolean, isRequired: true)
    #expect(
      decide(prompt(asked(boolean)))
        == answer("keep-me-signed-in", ["keepMeSignedIn": false], "keep-me-signed-in/"))
    let choices = ["true", "false"].map { Choice(id: $0, label: $0) }
    let choice = Field(
      name: "keepMeSignedIn", kind: .choice, isRequired: true, choices: choices)
    #expect(
      decide(prompt(asked(choice)))
        == answer("keep-me-signed-in", ["keepMeSignedIn": "false"], "keep-me-signed-in/"))
    for unknown in [
      Field(name: "keepMeSignedIn", kind: .choice, isRequired: true, choices: [choices[0]]),
      Field(name: "somethingElse", kind: .boolean, isRequired: true),
    ] {
      #expect(decide(prompt(asked(unknown))) == .stop(.unknown(forms: ["keep-me-signed-in"])))
    }
  }

  @Test(
    "everything else stops it",
    arguments: [
      "consent", "admin-consent", "granular-consent", "email-challenge-consent",
      "reenroll-authenticator", "reenroll-custom-password-expiry", "reset-authenticator",
      "enroll-authenticator", "select-authenticator-enroll", "enroll-profile", "enroll-poll",
      "challenge-poll", "redirect-idp", "keep-me-signed-in", "user-code", "unlock-account",
      "authenticator-enrollment-data", "identify-recovery", "a-name-of-tomorrow",
    ])
  func stops(name: String) {
    let fields = [
      Field(name: "identifier"), Field(name: "credentials.passcode"),
      Field(name: "consent", kind: .boolean),
    ]
    #expect(
      decide(prompt(form(name, fields), authenticator: "okta_password"))
        == .stop(.unknown(forms: [name])))
  }

  @Test("consent is not skipped past, and an expired password neither")
  func skipsNothingElse() {
    for name in ["consent", "reenroll-authenticator", "device-assurance-grace-period"] {
      #expect(
        decide(prompt(form(name), form("skip", kind: .action)))
          == .stop(.unknown(forms: [name, "skip"])))
    }
  }

  @Test("an authenticator that is being set up is not answered")
  func enrolment() {
    #expect(
      decide(prompt(passcode(), authenticator: "okta_password", enrollment: true))
        == .stop(.unknown(forms: ["challenge-authenticator"])))
  }

  @Test("attributes are given where each of them is configured")
  func attributes() {
    let team = form("profile-update", [Field(name: "userProfile.team", isRequired: true)])
    #expect(
      decide(prompt(team))
        == answer("profile-update", ["userProfile.team": "blue"], "profile-update/"))
    let more = form(
      "profile-update",
      [
        Field(name: "userProfile.team", isRequired: true),
        Field(name: "userProfile.shoe", isRequired: true),
      ])
    #expect(decide(prompt(more)) == .stop(.unknown(forms: ["profile-update"])))
  }

  @Test("an error in the issuer's words stops it, wherever it stands")
  func refused() {
    let wrong = Message(level: .error, key: "incorrectPassword", text: "Password is incorrect")
    #expect(
      decide(prompt(passcode([wrong]), authenticator: "okta_password")) == .stop(.refused([wrong])))
    #expect(
      decide(prompt(passcode(), authenticator: "okta_password", messages: [wrong]))
        == .stop(.refused([wrong])))
    let warning = Message(level: .warning, text: "Soon")
    guard
      case .answer = decide(
        prompt(passcode(), authenticator: "okta_password", messages: [warning]))
    else {
      Issue.record("a warning is no refusal")
      return
    }
  }

  @Test("the same question again stops it, though nobody says why")
  func repeated() {
    let content = prompt(passcode(), authenticator: "okta_password")
    let run = UnattendedRun(answered: ["challenge-authenticator/okta_password"])
    #expect(decide(content, run: run) == .stop(.repeated(form: "challenge-authenticator")))
    var long = UnattendedRun()
    for number in 0..<20 { long.answered.insert("\(number)") }
    #expect(decide(content, run: long) == .stop(.repeated(form: "challenge-authenticator")))
  }
}
