// A step that a browser takes: its address is shown, with its host above it, and opened here only where
// there is a desktop and the person says so. The broker learns by itself how it ends, where the browser
// is on this machine; elsewhere the person brings back the address that the browser ended at.

internal import JSON
internal import Prompts

extension PromptScreen {
  mutating func browse(_ form: Form) -> [Effect] {
    walk = FormWalk(form: form)
    let address = BrowserAddress(form.url ?? "")
    let host = address.host.map { TerminalText(address: $0) }
    var text = style.bold(TerminalText(words: form.label ?? form.remediation)) + "\n"
    guard address.isOpenable else {
      text += "  This address is not one to open: it is not https.\n"
      text += "    " + TerminalText(address: address.text) + "\n"
      step = .waiting
      let others = answerable.filter { $0.id != form.id }
      return [.write(text)] + (others.isEmpty ? [] : showForms())
    }
    text += "  Open this address in a browser, at " + style.bold(host ?? "") + ":\n"
    text += "    " + TerminalText(address: address.text) + "\n"
    let shown: [Effect] = [.write(text)] + otherWays(than: form)
    guard abilities.hasDesktop else { return shown + awaitReturn(form) }
    step = .offer(LineEditor(), address)
    return shown + [.write(question)]
  }

  static let offerQuestion: TerminalText = "Open it here? [y/N]: "
  static let returnedQuestion: TerminalText = "Address (not shown): "

  mutating func answeredOffer(_ text: String, _ address: BrowserAddress) -> [Effect] {
    guard let form = walk?.form else { return askFirst() }
    switch text.lowercased() {
    case "y", "yes": return [.browse(address)] + awaitReturn(form)
    case "", "n", "no": return awaitReturn(form)
    default:
      step = .offer(LineEditor(), address)
      return [.write("  answer y or n\n" + question)]
    }
  }

  private mutating func awaitReturn(_ form: Form) -> [Effect] {
    step = .returned(LineEditor(isSecret: true))
    return [
      .write(
        "  This goes on by itself when you are done there. If it does not, paste the\n"
          + "  address at which the browser ended, or press Enter alone.\n" + question)
    ]
  }

  mutating func cameBack(_ text: String) -> [Effect] {
    guard let form = walk?.form else { return askFirst() }
    let pasted = text.filter { $0 != " " }
    step = .waiting
    if text == "?", answerable.contains(where: { $0.id != form.id }) { return showForms() }
    let hasField = form.fields.contains { $0.name == Self.callbackField }
    guard !pasted.isEmpty, hasField else { return [.submit(Answer(form: form.id))] }
    return [.submit(Answer(form: form.id, fields: [Self.callbackField: .string(pasted)]))]
  }

  /// The broker adds it to every form of this kind.
  private static let callbackField = "callback_url"
}
