// Which of the forms on offer is asked, and how the others are reached.

internal import JSON
internal import Prompts

extension PromptScreen {
  /// - Parameter isNew: whether the forms on offer have to be said, too.
  mutating func askFirst(isNew: Bool = true) -> [Effect] {
    walk = nil
    step = .waiting
    for form in prompt.content.forms {
      if form.kind == .poll { return isNew ? [.write(notes)] : [] }
      if beginsByItself(form) { return askKey(form) }
      // What the engine would rather have is a browser; to show its address does nothing.
      if isNew, form.kind == .browser, form.id == prompt.content.forms.first?.id,
        prompt.content.forms.count(where: { $0.kind == .browser }) == 1
      {
        return open(form)
      }
      if form.isAnswerable, form.asksSomething, form.kind == .form || form.kind == .unsupported {
        // What stands before it is what the engine would rather have.
        return (passedOver(before: form).map { [.write($0)] } ?? []) + open(form)
      }
    }
    let forms = answerable
    guard !forms.isEmpty else { return isNew ? [.write(notes)] : [] }
    let unanswerable: [Effect] = unanswerableNotes.isEmpty ? [] : [.write(unanswerableNotes)]
    // To show an address does nothing: the only way to go on is begun at once.
    if forms.count == 1, let only = forms.first, only.kind == .browser {
      return unanswerable + open(only)
    }
    return unanswerable + showForms()
  }

  /// What is on offer while nothing is asked.
  private var notes: TerminalText {
    var notes = unanswerableNotes
    for (key, form) in keys { notes += style.faint("  \(key) = " + name(of: form)) + "\n" }
    return notes
  }

  /// What cannot be done here, and why.
  private var unanswerableNotes: TerminalText { notes(of: prompt.content.forms) }

  private func passedOver(before form: Form) -> TerminalText? {
    let notes = notes(of: prompt.content.forms.prefix { $0.id != form.id })
    return notes.isEmpty ? nil : notes
  }

  private func notes(of forms: some Sequence<Form>) -> TerminalText {
    forms.filter { $0.kind != .poll && !canAnswer($0) }.map { form in
      let address = form.kind == .unsupported ? form.url : nil
      return "  " + name(of: form) + ": " + Self.obstacle(to: form) + "\n"
        + (address.map { "    " + TerminalText(address: $0) + "\n" } ?? "")
    }.joined(separator: "")
  }

  /// What it would take to answer the form.
  private static func obstacle(to form: Form) -> TerminalText {
    if form.kind == .unsupported, form.url != nil { return "cannot be done here; it leads to" }
    let names = form.fields.filter { $0.isComputed && $0.isRequired && $0.value == nil }.map(\.name)
    if names.contains(where: { $0.hasPrefix("captcha") }) {
      return "needs a captcha, which only a browser can show"
    }
    if form.authenticator?.key == "duo" { return "needs Duo's page in a browser" }
    if form.authenticator?.key == "webauthn" || names.contains("credentials.clientData") {
      return "needs a program that can use security keys"
    }
    return "needs a program that this terminal is not"
  }

  /// A letter for each form while nothing is typed: the first one of its name that is free.
  var keys: [(key: TerminalText, form: Form)] {
    var taken: Set<Character> = []
    return answerable.compactMap { form in
      let label = (form.label ?? form.remediation).lowercased()
      let letters = label.filter { ("a"..."z").contains($0) } + "abcdefghijklmnopqrstuvwxyz"
      guard let letter = letters.first(where: { !taken.contains($0) }) else { return nil }
      taken.insert(letter)
      return ("\(String(letter))", form)
    }
  }

  mutating func showForms() -> [Effect] {
    let forms = answerable
    guard !forms.isEmpty else { return [] }
    walk = nil
    step = .forms(Menu(entries: forms.map { name(of: $0) }, style: style), forms)
    return [.write(question)]
  }

  func name(of form: Form) -> TerminalText {
    let name = TerminalText(words: form.label ?? form.remediation)
    if isForKey(form) { return name + " (with your security key)" }
    return form.kind == .browser ? name + " (in a browser)" : name
  }

  mutating func open(_ form: Form) -> [Effect] {
    if form.kind == .browser { return browse(form) }
    if isForKey(form) { return askKey(form) }
    var effects: [Effect] = []
    if form != prompt.content.forms.first(where: { $0.asksSomething && $0.isAnswerable }) {
      effects.append(.write(style.bold(name(of: form)) + "\n"))
    }
    if let scopes = FormDetails.scopes(of: form) { effects.append(.write(scopes)) }
    let rules = passwordRules(for: form)
    if !rules.isEmpty { effects.append(.write(rules)) }
    walk = FormWalk(form: form)
    if form.asksSomething { effects += otherWays(than: form) }
    return effects + askNext()
  }

  func otherWays(than form: Form) -> [Effect] {
    var lines: [TerminalText] = []
    let others = answerable.filter { $0.id != form.id }
    if let only = others.first, others.count == 1 {
      lines.append("(or press Tab: " + name(of: only) + ")")
    } else if !others.isEmpty {
      lines.append("(other ways: press Tab, or type ? and Enter)")
    }
    if let poll {
      let isMail = (poll.authenticator ?? prompt.content.authenticator)?.key == "okta_email"
      if !isMail {
        lines.append("(or wait: this goes on by itself when " + (pollWords ?? "it") + " is done)")
      } else if prompt.content.context["useEmailMagicLink"] != false {
        lines.append("(or follow the link in the e-mail: this goes on by itself then)")
      }
    }
    return lines.flatMap(faintBlock).map { .write($0 + "\n") }
  }

  /// To the menu of all forms, where there is one to go to.
  mutating func leaveFor() -> [Effect] {
    let others = answerable.filter { $0.id != walk?.form.id }
    guard !others.isEmpty else { return [] }
    let newline: [Effect] = isWaiting ? [.write(style.freshLine)] : [.write("\n")]
    return newline + showForms()
  }
}
