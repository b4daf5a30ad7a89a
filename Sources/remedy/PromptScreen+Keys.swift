// What a key does, by where the person is.

internal import JSON
internal import Prompts

extension PromptScreen {
  mutating func handle(_ key: Key) -> [Effect] {
    switch step {
    case .waiting, .key:
      return pressedWhileWaiting(key)
    case .keyPIN(let line):
      return typed(key, line, as: { .keyPIN($0) }) { $0.enteredPIN($1) }
    case .forms(var menu, let forms):
      if key == .endOfInput, !menu.isTouched { return [.cancel] }
      let outcome = menu.handle(key)
      step = .forms(menu, forms)
      return took(outcome) { screen, index in
        forms.indices.contains(index) ? screen.open(forms[index]) : []
      }
    case .choice(var menu, let choices):
      if key == .endOfInput, !menu.isTouched { return [.cancel] }
      if key == .tab || (key == .character("?") && !menu.isTouched) { return leaveFor() }
      let outcome = menu.handle(key)
      step = .choice(menu, choices)
      return took(outcome) { screen, index in
        guard choices.indices.contains(index) else { return [] }
        screen.walk?.choose(choices[index])
        return screen.askNext()
      }
    case .line(let line):
      return typed(key, line, as: { .line($0) }) { $0.entered($1) }
    case .again(let line, let first):
      return typed(key, line, as: { .again($0, first: first) }) {
        $0.enteredAgain($1, first: first)
      }
    case .offer(let line, let address):
      return typed(key, line, as: { .offer($0, address) }) { $0.answeredOffer($1, address) }
    case .returned(let line):
      return typed(key, line, as: { .returned($0) }) { $0.cameBack($1) }
    }
  }

  private mutating func pressedWhileWaiting(_ key: Key) -> [Effect] {
    if key == .tab || key == .character("?") { return leaveFor() }
    guard case .character(let scalar) = key else { return [] }
    let letter: TerminalText = "\(String(Character(scalar)).lowercased())"
    guard let form = keys.first(where: { $0.key == letter })?.form,
      step != .key || form.id != walk?.form.id
    else { return [] }
    return [.write(style.freshLine)] + open(form)
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
    if case .forms = step { return showForms() }
    return walk?.field.map { askChoice($0) } ?? askFirst()
  }

  /// A key while a line is typed; `enter` is given what was typed.
  private mutating func typed(
    _ key: Key, _ before: LineEditor, as step: (LineEditor) -> Step,
    enter: (inout PromptScreen, String) -> [Effect]
  ) -> [Effect] {
    var line = before
    switch key {
    case .endOfInput where line.isEmpty:
      return [.cancel]
    case .tab:
      return leaveFor()
    case .enter:
      return [.write("\n")] + enter(&self, line.text)
    case .unreadable:
      return [.write("\n  " + Key.unreadableWords + "\n" + question)]
    default:
      let text = line.edit(key)
      self.step = step(line)
      return text.isEmpty ? [] : [.write(text)]
    }
  }
}
