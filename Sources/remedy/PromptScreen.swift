// One prompt at a terminal, as a value: keys go in, text to write and an answer come out.
//
// 1. The screen never reads, writes or waits; `PromptConversation` does.
// 2. What is written is added below what stands there. Only the line being typed, and a menu while
//    the arrow keys move in it, are ever written over.
// 3. The first form that asks something goes straight to its first field. Every other form on offer
//    is one key away (Tab, or `?` and Enter), in a menu in the issuer's order.
// 4. An action is never taken unless it was chosen, however alone it stands.

internal import JSON
internal import Prompts

/// What a person sees of one prompt, and how keys become an answer.
struct PromptScreen: Sendable {
  /// What is to be done, in order.
  enum Effect: Sendable, Equatable {
    case write(TerminalText)
    case submit(Answer)
    /// The person wants out: Control-D on an empty line.
    case cancel
  }

  /// Where the person is.
  private enum Step: Sendable, Equatable {
    /// Choosing what to do.
    case forms(Menu, [Form])
    /// Typing a string, an integer, or yes or no.
    case line(LineEditor)
    /// Choosing a value.
    case choice(Menu, [Choice])
    /// Nothing is asked: the broker polls, or an answer is under way.
    case waiting
  }

  private(set) var prompt: Prompt
  var style: Style
  private let isOwn: Bool
  private var walk: FormWalk?
  private var step = Step.waiting

  /// - Parameter isOwn: whether this process asked for the sign-in.
  init(prompt: Prompt, style: Style, isOwn: Bool) {
    self.prompt = prompt
    self.style = style
    self.isOwn = isOwn
  }

  /// Whether nothing is asked right now.
  var isWaiting: Bool { step == .waiting }

  /// What the broker waits for by itself, in the issuer's words.
  var pollWords: TerminalText? {
    prompt.content.forms.first { $0.kind == .poll }.map { poll in
      let name = poll.label ?? poll.authenticator?.name ?? prompt.content.authenticator?.name
      return name.map { TerminalText(words: $0) } ?? TerminalText(foreign: poll.remediation)
    }
  }

  /// Shows the prompt and asks.
  mutating func begin() -> [Effect] {
    [.write(head)] + askFirst()
  }

  /// Shows what changed and asks on: typed text stays where the form is still there.
  mutating func update(_ new: Prompt) -> [Effect] {
    let old = (head: head, forms: prompt.content.forms)
    prompt = new
    guard head != old.head || new.content.forms != old.forms else { return [] }
    let isKept = walk.map { walk in new.content.forms.contains(walk.form) } ?? false
    switch step {
    case .line where isKept, .choice where isKept:
      return head == old.head ? [] : [.write(style.freshLine + head + question)]
    default:
      let announcement: [Effect] = head == old.head ? [] : [.write(style.freshLine + head)]
      if case .forms(_, let forms) = step, forms == answerable {
        return announcement.isEmpty ? [] : announcement + [.write(question)]
      }
      return announcement + (announcement.isEmpty ? [.write(style.freshLine)] : []) + askFirst()
    }
  }

  /// Says why the answer was not taken and asks the same form again.
  mutating func refused(_ why: TerminalText) -> [Effect] {
    let note: Effect = .write("  " + style.red("error: ") + why + "\n")
    return [note] + (walk.map { open($0.form) } ?? askFirst())
  }

  /// The question with what is typed, for a terminal that was given back.
  var question: TerminalText {
    switch step {
    case .forms(let menu, _), .choice(let menu, _): menu.painted
    case .line(let line): lineQuestion + line.shown
    case .waiting: ""
    }
  }

  private var head: TerminalText {
    PromptHead(prompt: prompt, style: style, isOwn: isOwn).painted
  }

  private var answerable: [Form] { prompt.content.forms.filter(\.isAnswerable) }
}

// MARK: Which form

extension PromptScreen {
  private mutating func askFirst() -> [Effect] {
    walk = nil
    step = .waiting
    for form in prompt.content.forms {
      if form.kind == .poll { return [.write(notes)] }
      if form.isAnswerable, form.asksSomething, form.kind == .form || form.kind == .unsupported {
        return open(form)
      }
    }
    return answerable.isEmpty ? [.write(notes)] : showForms()
  }

  /// What is on offer beside the questions, where nothing is asked.
  private var notes: TerminalText {
    var notes: TerminalText = ""
    for form in prompt.content.forms where form.kind != .poll && !form.isAnswerable {
      notes += "  " + name(of: form) + ": needs a program that this terminal is not\n"
    }
    return notes + (answerable.isEmpty ? "" : otherWays)
  }

  private mutating func showForms() -> [Effect] {
    let forms = answerable
    guard !forms.isEmpty else { return [] }
    walk = nil
    step = .forms(Menu(entries: forms.map { name(of: $0) }, style: style), forms)
    return [.write(question)]
  }

  private func name(of form: Form) -> TerminalText {
    let name = TerminalText(words: form.label ?? form.remediation)
    return form.kind == .browser ? name + " (in a browser)" : name
  }

  private mutating func open(_ form: Form) -> [Effect] {
    if form.kind == .browser, !form.asksSomething {
      let address = TerminalText(address: form.url ?? "")
      step = .waiting
      return [.write("  open this address in a browser:\n    " + address + "\n")] + showForms()
    }
    var effects: [Effect] = []
    if form != prompt.content.forms.first(where: { $0.asksSomething && $0.isAnswerable }) {
      effects.append(.write(style.bold(name(of: form)) + "\n"))
    }
    if !form.details.isEmpty, let scopes = FormDetails.scopes(of: form) {
      effects.append(.write(scopes))
    }
    walk = FormWalk(form: form)
    let hasOthers = answerable.contains { $0.id != form.id }
    if hasOthers, form.asksSomething { effects.append(.write(otherWays)) }
    return effects + askNext()
  }

  private var otherWays: TerminalText {
    style.faint("  (other ways: press Tab, or type ? and Enter)") + "\n"
  }
}

// MARK: Which field

extension PromptScreen {
  private mutating func askNext() -> [Effect] {
    guard let current = walk else { return askFirst() }
    guard let field = current.field else {
      step = .waiting
      return [.submit(current.answer)]
    }
    var note: TerminalText = ""
    for message in field.messages {
      note += PromptHead.lines(of: message, style: style).map { $0 + "\n" }.joined(separator: "")
    }
    let noted: [Effect] = note.isEmpty ? [] : [.write(note)]
    if field.kind == .choice { return noted + askChoice(field) }
    step = .line(LineEditor(isSecret: field.isSecret))
    return noted + [.write(question)]
  }

  private mutating func askChoice(_ field: Field) -> [Effect] {
    let choices = field.choices.filter { !$0.fields.needProgram }
    guard !choices.isEmpty else {
      let why: TerminalText = "  \(label(of: field)): nothing here can be chosen at a terminal\n"
      guard field.isRequired else {
        walk?.give(nil)
        return askNext()
      }
      step = .waiting
      return [.write(why)] + (answerable.count > 1 ? showForms() : [])
    }
    if walk?.isNested == true, field.isRequired, let only = choices.first, choices.count == 1 {
      walk?.choose(only)
      return askNext()
    }
    let initial = choices.firstIndex { field.value?.string == $0.id }
    let isOptional = !field.isRequired
    let menu = Menu(
      entries: choices.map(entry), initial: initial ?? (isOptional ? nil : 0),
      isOptional: isOptional, style: style)
    step = .choice(menu, choices)
    return [.write(style.bold(label(of: field)) + "\n" + menu.painted)]
  }

  /// A choice's label, and the masked address that tells two enrolments apart.
  private func entry(_ choice: Choice) -> TerminalText {
    let label = TerminalText(words: choice.label.isEmpty ? choice.id : choice.label)
    let profile = choice.authenticator?.details["profile"]
    let address = profile?["phoneNumber"]?.string ?? profile?["email"]?.string
    guard let address, !choice.label.contains(address) else { return label }
    return "\(label) (\(words: address))"
  }

  private func label(of field: Field) -> TerminalText {
    TerminalText(words: field.label ?? field.name, limit: 300)
  }

  private var lineQuestion: TerminalText {
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
      return label + " [\(choice)]: "
    }
    let known = given?.string ?? given?.number?.text
    if let known, !known.isEmpty { return "\(label) [\(known)]: " }
    return field.isRequired ? label + ": " : label + " (optional): "
  }
}

// MARK: Keys

extension PromptScreen {
  mutating func handle(_ key: Key) -> [Effect] {
    switch step {
    case .waiting:
      return key == .tab || key == .character("?") ? leaveFor() : []
    case .forms(var menu, let forms):
      if key == .endOfInput, !menu.isTouched { return [.cancel] }
      let outcome = menu.handle(key)
      step = .forms(menu, forms)
      return took(outcome) { screen, index in screen.open(forms[index]) }
    case .choice(var menu, let choices):
      if key == .endOfInput, !menu.isTouched { return [.cancel] }
      if key == .tab || (key == .character("?") && !menu.isTouched) { return leaveFor() }
      let outcome = menu.handle(key)
      step = .choice(menu, choices)
      return took(outcome) { screen, index in
        screen.walk?.choose(choices[index])
        return screen.askNext()
      }
    case .line(let line):
      return typed(key, line)
    }
  }

  /// To the menu of all forms, where there is one to go to.
  private mutating func leaveFor() -> [Effect] {
    let others = answerable.filter { $0.id != walk?.form.id }
    guard !others.isEmpty else { return [] }
    let newline: [Effect] = isWaiting ? [.write(style.freshLine)] : [.write("\n")]
    return newline + showForms()
  }

  private mutating func took(
    _ outcome: Menu.Outcome, chosen: (inout PromptScreen, Int) -> [Effect]
  ) -> [Effect] {
    switch outcome {
    case .going(let text):
      return text.isEmpty ? [] : [.write(text)]
    case .chosen(let index):
      return [.write("\n")] + chosen(&self, index)
    case .skipped:
      walk?.give(nil)
      return [.write("\n")] + askNext()
    case .wrong:
      return [.write("\n  choose one of the numbers\n")] + clearedMenu()
    }
  }

  private mutating func clearedMenu() -> [Effect] {
    switch step {
    case .forms:
      return showForms()
    case .choice:
      return walk?.field.map { askChoice($0) } ?? askFirst()
    case .line, .waiting:
      return []
    }
  }

  private mutating func typed(_ key: Key, _ before: LineEditor) -> [Effect] {
    var line = before
    switch key {
    case .endOfInput where line.isEmpty:
      return [.cancel]
    case .tab:
      return leaveFor()
    case .enter:
      return [.write("\n")] + entered(line.text)
    default:
      let text = line.edit(key)
      step = .line(line)
      return text.isEmpty ? [] : [.write(text)]
    }
  }

  private mutating func entered(_ text: String) -> [Effect] {
    guard let field = walk?.field, let form = walk?.form else { return askFirst() }
    if text == "?", answerable.contains(where: { $0.id != form.id }) { return showForms() }
    switch field.value(ofTyped: text) {
    case .success(let value):
      walk?.give(value)
      return askNext()
    case .failure(let fault):
      step = .line(LineEditor(isSecret: field.isSecret))
      return [.write("  " + fault.words + "\n" + question)]
    }
  }
}
