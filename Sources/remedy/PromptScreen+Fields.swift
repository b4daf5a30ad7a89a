// Which field of a form is asked next, and how.

internal import JSON
internal import Prompts

extension PromptScreen {
  mutating func askNext() -> [Effect] {
    guard let current = walk else { return askFirst() }
    guard let field = current.field else {
      step = .waiting
      return [.submit(current.answer)]
    }
    let lines =
      described(field) + MessageLines(style: style).lines(of: field.messages)
    let noted: [Effect] =
      lines.isEmpty ? [] : [.write(lines.map { $0 + "\n" }.joined(separator: ""))]
    if field.kind == .choice { return noted + askChoice(field) }
    step = .line(LineEditor(isSecret: field.isSecret))
    return noted + [.write(question)]
  }

  /// What the issuer says of the field beside its label, and what must be typed in it; a new
  /// password's rules stand above the form.
  private func described(_ field: Field) -> [TerminalText] {
    let words = field.details["desc"]?.string.map { TerminalText(words: $0) }
    let isNew = walk.map { isNewPassword(field, of: $0.form) } ?? false
    let rule = isNew ? nil : field.rule.map { "(" + $0 + ")" }
    return [words, rule].compactMap { $0 }.flatMap(faintBlock)
  }

  func faintBlock(_ text: TerminalText) -> [TerminalText] { style.block(text).map(style.faint) }

  mutating func askChoice(_ field: Field) -> [Effect] {
    let choices = field.choices.filter { !$0.fields.needProgram }
    guard !choices.isEmpty else {
      let label = label(of: field)
      let why =
        "  " + (label.isEmpty ? "" : label + ": ") + "nothing here can be chosen at a terminal\n"
      guard field.isRequired else {
        walk?.give(nil)
        return askNext()
      }
      step = .waiting
      return [.write(why)] + (answerable.count > 1 ? showForms() : [])
    }
    // What a choice asks in turn (by which method) belongs to it, though the engine leaves it open.
    let isNested = walk?.isNested == true
    let isRequired = field.isRequired || isNested && field.value == nil
    if isNested, isRequired, let only = choices.first, choices.count == 1 {
      walk?.choose(only)
      return askNext()
    }
    let heading = label(of: field)
    let above: TerminalText = heading.isEmpty ? "" : style.bold(heading) + "\n"
    if let only = field.choices.first, field.choices.count == 1, isPlain(field) {
      walk?.choose(only)
      let said = above + "  there is only one: " + entry(only, among: choices) + "\n"
      return [.write(said)] + askNext()
    }
    let initial = choices.firstIndex { field.value?.string == $0.id }
    // Enter alone must not grant anything.
    let mustBeSaid = !isRequired || walk?.form.isConsent == true
    let menu = Menu(
      entries: choices.map { entry($0, among: choices) },
      initial: initial ?? (mustBeSaid ? nil : choices.firstIndex { !$0.isDeviceBound } ?? 0),
      isOptional: !isRequired, style: style)
    step = .choice(menu, choices)
    return [.write(above + menu.painted)]
  }

  /// Whether the one choice that a field has may be taken without a word of the person's: it names an
  /// authenticator or a method, which grants nothing, there is no other form, so that nothing else could
  /// be wanted, and nothing has gone wrong, which would only be tried once more.
  private func isPlain(_ field: Field) -> Bool {
    let name = field.name.split(separator: ".").last.map { String($0) }
    return isOwn && mayGoOn && field.isRequired
      && ["authenticator", "channel", "methodType"].contains(name)
      && prompt.content.forms.count == 1
      && (prompt.content.messages + field.messages).allSatisfy { $0.level == .info }
  }

  /// A choice's label, what tells two enrolments apart, and until when it can be left out.
  private func entry(_ choice: Choice, among choices: [Choice]) -> TerminalText {
    var entry = TerminalText(words: choice.label.isEmpty ? choice.id : choice.label)
    let details = choice.authenticator?.details
    let profile = details?["profile"]
    // The authenticator's own name mostly says what the label does.
    let isAlone = choices.count { $0.label == choice.label } == 1
    let own =
      profile?["phoneNumber"]?.string ?? profile?["email"]?.string ?? details?["nickname"]?.string
      ?? profile?["deviceName"]?.string
      ?? (isAlone ? nil : profile?["authenticatorName"]?.string)
    if let own, !choice.label.contains(own) { entry += " (\(words: own))" }
    if let grace = details?["gracePeriod"].flatMap(Self.grace) { entry += " (" + grace + ")" }
    return entry
  }

  private static func grace(_ period: JSONValue) -> TerminalText? {
    if let skips = period["remainingSkips"]?.int {
      return skips == 1 ? "can be skipped once more" : "can be skipped \(skips) more times"
    }
    guard let expiry = period["expiry"]?.string else { return nil }
    return "needed by \(String(expiry.prefix(10)))"
  }

  /// What is asked for, without the colon that a question ends in here anyway.
  private func label(of field: Field) -> TerminalText {
    if let label = field.label {
      let isEnded = label.last.map { ":：".contains($0) } ?? false
      return TerminalText(words: isEnded ? String(label.dropLast()) : label, limit: 300)
    }
    let name = field.name.split(separator: ".").last.map { String($0) } ?? field.name
    return Self.unlabelled[name] ?? TerminalText(words: field.name, limit: 300)
  }

  /// What the engine leaves without a label, since a page shows it as tabs or buttons. An empty one
  /// says no more than the title does.
  private static let unlabelled: [String: TerminalText] = [
    "authenticator": "", "channel": "How to set it up", "consent": "Allow this", "credentials": "",
    "methodType": "Which method",
  ]

  var lineQuestion: TerminalText {
    guard let field = walk?.field else { return "" }
    let label = label(of: field)
    let given = field.isSecret ? nil : field.value
    if field.kind == .boolean {
      let choice: TerminalText =
        switch given?.bool {
        case true?: "Y/n"
        case false?: "y/N"
        case nil: "y/n"
        }
      let leave: TerminalText = field.isRequired || given != nil ? "" : " (optional)"
      return label + " [\(choice)]" + leave + ": "
    }
    let known = given?.string ?? given?.number?.text
    if let known, !known.isEmpty { return "\(label) [\(known)]: " }
    guard field.isRequired else { return label + " (optional): " }
    let isQuestion = field.label?.last.map { "?？".contains($0) } ?? false
    return label + (isQuestion ? " " : ": ")
  }

  var againQuestion: TerminalText {
    walk?.field.map { label(of: $0) + ", once more: " } ?? ""
  }

  mutating func entered(_ text: String) -> [Effect] {
    guard let field = walk?.field, let form = walk?.form else { return askFirst() }
    if text == "?", answerable.contains(where: { $0.id != form.id }) { return showForms() }
    switch field.value(ofTyped: text) {
    case .success(.some) where isNewPassword(field, of: form):
      step = .again(LineEditor(isSecret: true), first: text)
      return [.write(question)]
    case .success(let value):
      walk?.give(value)
      return askNext()
    case .failure(let fault):
      step = .line(LineEditor(isSecret: field.isSecret))
      return [.write("  " + fault.words + "\n" + question)]
    }
  }

  /// A new password is typed without being seen: only twice the same is what was meant.
  mutating func enteredAgain(_ text: String, first: String) -> [Effect] {
    if text == first {
      walk?.give(.string(text))
      return askNext()
    }
    step = .line(LineEditor(isSecret: true))
    return [.write("  the two are not the same\n" + question)]
  }
}

extension PromptScreen {
  /// What a password that the form sets must look like.
  func passwordRules(for form: Form) -> TerminalText {
    guard form.fields.contains(where: { isNewPassword($0, of: form) }),
      let policy = prompt.content.context["password_policy"]
    else { return "" }
    return PasswordRules.words(of: policy).flatMap { words in
      style.block(words).map { $0 + "\n" }
    }.joined(separator: "")
  }

  /// Whether the field takes a password that is being set, not verified.
  private func isNewPassword(_ field: Field, of form: Form) -> Bool {
    guard field.isSecret, field.kind == .string, field.name.hasSuffix("passcode") else {
      return false
    }
    if form.remediation == "enroll-profile" { return true }
    let sets = ["enroll-authenticator", "reset-authenticator", "reenroll-"]
    guard sets.contains(where: { form.remediation.hasPrefix($0) }) else { return false }
    // Codes of other authenticators are typed in such forms, too.
    let key = form.authenticator?.key ?? prompt.content.authenticator?.key
    return key.map { $0 == "okta_password" } ?? true
  }
}

extension Choice {
  /// FastPass: a program of Okta's on this machine would have to answer, and there is none.
  fileprivate var isDeviceBound: Bool { id == "signed_nonce" }
}

extension Form {
  /// Whether answering it grants something.
  var isConsent: Bool { remediation.hasSuffix("consent") }
}
