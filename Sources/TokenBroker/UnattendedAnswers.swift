// What a service account answers without a person (contract §4, `answers`; protocol reference
// §10.18). A value decides: a prompt goes in, an answer or a reason to stop comes out.
//
// 1. Only what is known is answered: the name, a password where a password is verified, a code where
//    a code of the seed is, an answer where the security question is. A value never goes to another
//    authenticator than its own, though the field may have the same name.
// 2. What is optional is skipped: enrolments, the warning before a password expires. To stay signed in
//    is declined: nobody comes back to that browser. Everything else that is not known stops it:
//    consent, a new factor, an expired password.
// 3. No answer is given twice. An error in the issuer's words, or the same question again, stops it:
//    a second try is what locks accounts.
// 4. No code is given twice: where the code of the moment was used, the next one is waited for.

internal import JSON
public import Prompts
public import Secrets

/// The configured answers of a profile.
public struct UnattendedAnswers: Sendable, Equatable {
  /// The name to sign in with.
  public var identifier: String?
  /// Where the codes come from.
  public var codes: OneTimeCodes?
  /// Values by the field's dotted name, like `credentials.passcode`.
  public var fields: [String: Secret]

  /// Made of its parts; what is left out has the value that stands here.
  public init(
    identifier: String? = nil, codes: OneTimeCodes? = nil, fields: [String: Secret] = [:]
  ) {
    self.identifier = identifier
    self.codes = codes
    self.fields = fields
  }
}

/// Why the configured answers do not lead on. The messages are the issuer's.
public enum UnattendedStop: Sendable, Equatable {
  /// The issuer says that something is wrong.
  case refused([Message])
  /// It asks again, without a word, for what that form has answered.
  case repeated(form: String)
  /// Nothing that it asks or offers is known: these forms.
  case unknown(forms: [String])
  /// The configured value breaks a rule of that form, such as a length.
  case unfit(form: String)
}

/// What one run has answered so far.
struct UnattendedRun: Equatable {
  /// Each question by what makes it the same one.
  var answered: Set<String> = []
  /// The one whose answer has been decided on and has not left yet.
  var unsent: String?
  /// How often it was decided: what comes of an earlier decision is dropped.
  var decisions = 0
}

/// What to do with a prompt.
enum UnattendedDecision: Equatable {
  /// - Parameters:
  ///   - question: what makes it the same one, should it come again.
  ///   - step: that of the time-based code in the answer.
  case answer(Answer, question: String, step: Int64?)
  /// The code of this moment was used: decide again when that step begins.
  case wait(forStep: Int64)
  case stop(UnattendedStop)
}

extension UnattendedAnswers {
  /// An authenticator that can be answered for.
  private enum Factor: String {
    case password, code, question

    init?(_ authenticator: AuthenticatorSummary?) {
      guard let authenticator, !authenticator.isEnrollment else { return nil }
      switch authenticator.key {
      case "okta_password": self = .password
      case "google_otp", "okta_verify": self = .code
      case "security_question": self = .question
      case nil where authenticator.type == "password": self = .password
      case nil where authenticator.type == "security_question": self = .question
      default: return nil
      }
    }

    /// The engine's word for its method, per authenticator.
    func method(of key: String?) -> String {
      switch self {
      case .password: "password"
      case .code: key == "okta_verify" ? "totp" : "otp"
      case .question: "security_question"
      }
    }
  }

  private struct Candidate {
    var answer: Answer
    var question: String
    var needsCode = false

    init(_ form: Form, _ fields: JSONObject = [:], about what: String = "") {
      answer = Answer(form: form.id, fields: fields)
      question = form.remediation + "/" + what
    }
  }

  private static let password = "credentials.passcode"
  private static let reply = "credentials.answer"
  private static let verifyCode = "credentials.totp"

  /// What `skip` may decline. Consent is not among it, nor is what the engine does not let one skip.
  private static let optional: Set = [
    "select-authenticator-enroll", "reenroll-authenticator-warning",
    "reenroll-custom-password-expiry-warning", "enroll-authenticator-promotion",
    "enroll-webauthn-residentkey", "profile-update", "skip",
  ]
  /// More would be an engine that leads in circles.
  private static let mostAnswers = 20

  /// Decides about a prompt.
  ///
  /// - Parameters:
  ///   - fallback: the name to sign in with where none is configured here.
  ///   - step: that of this moment; `used`: the newest one whose code was given.
  func decide(
    _ content: Prompt.Content, after run: UnattendedRun, fallback: String?, step: Int64,
    used: Int64?
  ) -> UnattendedDecision {
    let errors = content.errors
    guard errors.isEmpty else { return .stop(.refused(errors)) }
    guard let candidate = candidate(content, run, fallback) else {
      return .stop(.unknown(forms: content.forms.map(\.remediation)))
    }
    guard !run.answered.contains(candidate.question), run.answered.count < Self.mostAnswers else {
      return .stop(.repeated(form: candidate.answer.form))
    }
    guard candidate.needsCode, let codes else {
      return .answer(candidate.answer, question: candidate.question, step: nil)
    }
    // One of far ahead was given by a clock that has been set since: nothing is to be waited for.
    if let used, (step...step + 2).contains(used) { return .wait(forStep: used + 1) }
    var answer = candidate.answer
    for member in answer.fields.members where member.value == .null {
      answer.fields[member.name] = .string(codes.code(step: step))
    }
    return .answer(answer, question: candidate.question, step: step)
  }

  private func candidate(
    _ content: Prompt.Content, _ run: UnattendedRun, _ fallback: String?
  ) -> Candidate? {
    let forms = content.forms.filter { $0.kind == .form || $0.kind == .action }
    func first(_ name: String, _ make: (Form) -> Candidate?) -> Candidate? {
      forms.lazy.filter { $0.remediation == name }.compactMap(make).first
    }
    return first("identify") { identify($0, fallback) }
      ?? first("challenge-authenticator") { verify($0, $0.authenticator ?? content.authenticator) }
      ?? first("authenticator-verification-data") {
        begin($0, $0.authenticator ?? content.authenticator)
      }
      ?? first("select-authenticator-authenticate") { choose($0, run) }
      ?? first("profile-update") { complete($0) }
      ?? first("keep-me-signed-in") { decline($0) }
      ?? skip(content)
  }

  // MARK: Forms

  private func identify(_ form: Form, _ fallback: String?) -> Candidate? {
    guard let name = identifier ?? fallback else { return nil }
    var known = texts { $0 != Self.reply && $0 != Self.verifyCode }
    known["identifier"] = .string(name)
    return Self.fill(form, known).map { Candidate(form, $0) }
  }

  private func verify(_ form: Form, _ authenticator: AuthenticatorSummary?) -> Candidate? {
    guard let factor = Factor(authenticator) else { return nil }
    let known: [String: JSONValue]
    switch factor {
    case .password:
      known = texts { $0 == Self.password }
    case .question:
      known = texts { $0 == Self.reply }
    case .code:
      guard codes != nil else { return nil }
      // The code itself is put in at the last moment.
      known =
        authenticator?.key == "okta_verify" ? [Self.verifyCode: .null] : [Self.password: .null]
    }
    guard let fields = Self.fill(form, known) else { return nil }
    var candidate = Candidate(form, fields, about: Self.name(authenticator))
    candidate.needsCode = factor == .code
    return candidate
  }

  /// Has the engine begin with an authenticator, by the method that can be answered.
  private func begin(_ form: Form, _ authenticator: AuthenticatorSummary?) -> Candidate? {
    guard let factor = Factor(authenticator), has(factor) else { return nil }
    let known = [
      "authenticator.methodType": JSONValue.string(factor.method(of: authenticator?.key))
    ]
    guard Self.fits(form.fields, known) else { return nil }
    return Candidate(form, Self.taken(form.fields, known), about: Self.name(authenticator))
  }

  private func choose(_ form: Form, _ run: UnattendedRun) -> Candidate? {
    guard let field = form.fields.first(where: { $0.name == "authenticator" }) else { return nil }
    let candidates = field.choices.compactMap { choice -> Candidate? in
      guard let factor = Factor(choice.authenticator), has(factor) else { return nil }
      let known = ["methodType": JSONValue.string(factor.method(of: choice.authenticator?.key))]
      guard Self.fits(choice.fields, known) else { return nil }
      let value: JSONValue = [
        "id": .string(choice.id), "fields": .object(Self.taken(choice.fields, known)),
      ]
      return Candidate(form, ["authenticator": value], about: choice.id)
    }
    return candidates.first { !run.answered.contains($0.question) } ?? candidates.first
  }

  /// Attributes that the profile must have, where each of them is configured.
  private func complete(_ form: Form) -> Candidate? {
    Self.fill(form, texts { $0.hasPrefix("userProfile.") }).map { Candidate(form, $0) }
  }

  /// No to the one question of the form, as a boolean or as a choice.
  private func decline(_ form: Form) -> Candidate? {
    let name = "keepMeSignedIn"
    guard let field = form.fields.first(where: { $0.name == name }) else { return nil }
    let no: JSONValue = field.kind == .choice ? "false" : false
    return Self.fill(form, [name: no]).map { Candidate(form, $0) }
  }

  private func skip(_ content: Prompt.Content) -> Candidate? {
    guard let skip = content.forms.first(where: { $0.remediation == "skip" }),
      content.forms.allSatisfy({ Self.optional.contains($0.remediation) || $0.isBeside })
    else { return nil }
    let declined = content.forms.map(\.remediation).sorted().joined(separator: "+")
    return Candidate(skip, about: declined)
  }

  // MARK: Fields

  private func has(_ factor: Factor) -> Bool {
    switch factor {
    case .password: fields[Self.password] != nil
    case .code: codes != nil
    case .question: fields[Self.reply] != nil
    }
  }

  private func texts(_ isMeant: (String) -> Bool) -> [String: JSONValue] {
    fields.filter { isMeant($0.key) }.mapValues { .string($0.exposedText()) }
  }

  private static func name(_ authenticator: AuthenticatorSummary?) -> String {
    authenticator?.details["id"]?.string ?? authenticator?.key ?? ""
  }

  /// The known values of a form; `nil` where one that it needs is not known, or none is of it.
  private static func fill(_ form: Form, _ known: [String: JSONValue]) -> JSONObject? {
    let taken = taken(form.fields, known)
    return !taken.isEmpty && fits(form.fields, known) ? taken : nil
  }

  private static func taken(_ fields: [Field], _ known: [String: JSONValue]) -> JSONObject {
    var taken = JSONObject()
    for field in fields { taken.append(field.name, known[field.name]) }
    return taken
  }

  /// Whether each field that matters is known, and each choice among the options.
  private static func fits(_ fields: [Field], _ known: [String: JSONValue]) -> Bool {
    fields.allSatisfy { field in
      guard let value = known[field.name] else { return !field.isNeeded }
      return field.kind != .choice || field.choices.contains { .string($0.id) == value }
    }
  }
}

extension Answer {
  /// Whether it has something in it that counts as an attempt: a second one may lock the account.
  var hasCredential: Bool { fields.members.contains { $0.name.hasPrefix("credentials.") } }
}

extension Field {
  /// The engine does not mark every field that it needs: a credential left out is a wrong one.
  fileprivate var isNeeded: Bool {
    guard value == nil else { return false }
    return isRequired || isSecret || (name.hasPrefix("credentials.") && kind == .string)
  }
}

extension Form {
  /// An action that hangs on another object, like `recover`: it stands beside what is asked.
  fileprivate var isBeside: Bool { kind == .action && remediation != id }
}

extension Prompt.Content {
  /// The errors at the top and at fields, those in choices too.
  fileprivate var errors: [Message] {
    let all = messages + forms.flatMap { $0.fields.flatMap(\.allMessages) }
    return all.filter { $0.level == .error }
  }
}

extension Field {
  fileprivate var allMessages: [Message] {
    messages + choices.flatMap { $0.fields.flatMap(\.allMessages) }
  }
}
