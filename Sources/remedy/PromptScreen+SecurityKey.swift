// A security key answers: what the person sees of it, and what becomes of its words.
//
// 1. A form that only a security key can answer, and that is what the prompt is about, begins by
//    itself: nothing is signed without a touch. Beside `skip`, or beside a form that asks for a name, it
//    has to be chosen.
// 2. While the key is asked, every other way is one key away, as while the broker polls.
// 3. A signature is for the issuer that the prompt names, and is asked for in no other name.

internal import JSON
internal import Prompts
internal import SecurityKeys

extension PromptScreen {
  /// Whether a security key, and only one, can answer it here.
  func isForKey(_ form: Form) -> Bool {
    abilities.hasSecurityKeys && form.kind != .poll && prompt.content.context["webauthn"] != nil
      && form.fields.contains { $0.isComputed && $0.name.hasSuffix(".clientData") }
      && form.fields.allSatisfy { !$0.isRequired || $0.isComputed || $0.value != nil }
  }

  /// Whether it is what the prompt is about.
  func beginsByItself(_ form: Form) -> Bool {
    let isMain = ["challenge-authenticator", "enroll-authenticator"].contains(form.remediation)
    return isMain && isForKey(form) && !prompt.content.forms.contains { $0.remediation == "skip" }
  }

  var isAskingKey: Bool {
    switch step {
    case .key, .keyPIN: true
    default: false
    }
  }

  mutating func askKey(_ form: Form) -> [Effect] {
    guard let context = prompt.content.context["webauthn"],
      let origin = context["origin"]?.string,
      let host = IssuerHost.name(of: origin), host == IssuerHost.name(of: prompt.issuer)
    else { return keyFailed(.foreignParty) }
    walk = FormWalk(form: form)
    step = .key
    return [.askKey(context)]
  }

  /// What the helper says.
  mutating func heard(_ report: KeyReport) -> [Effect] {
    guard isAskingKey, let form = walk?.form else { return [] }
    switch report {
    case .touch(let device):
      step = .key
      let name: TerminalText = device.isEmpty ? "" : " (" + TerminalText(words: device) + ")"
      return [.write("  Touch your security key" + name + " when it blinks.\n")]
        + (keyLetters.isEmpty ? [] : [.write(keyLetters)])
    case .pin(let tries, let trouble):
      step = .keyPIN(LineEditor(isSecret: true))
      let said: TerminalText =
        switch trouble {
        case .wrong: "  " + style.red("error: ") + "that PIN is wrong" + Self.left(tries) + "\n"
        case .unfit: "  a PIN has 4 to 63 characters\n"
        case nil: ""
        }
      return [.write(said + question)]
    case .result(let values):
      var answer = JSONObject()
      for field in form.fields where field.isComputed {
        let name = field.name.split(separator: ".").last.map { String($0) } ?? field.name
        answer.append(field.name, values[name])
      }
      step = .waiting
      return [.submit(Answer(form: form.id, fields: answer))]
    case .failure(let fault):
      return keyFailed(fault)
    }
  }

  private static func left(_ tries: Int?) -> TerminalText {
    switch tries {
    case nil: ""
    case 1: "; one try is left"
    case let tries?: "; \(tries) tries are left"
    }
  }

  private mutating func keyFailed(_ fault: KeyFault) -> [Effect] {
    walk = nil
    step = .waiting
    var words = errorLines(TerminalText(words: fault.words))
    if let hint = fault.hint {
      let lines = style.block("hint: " + TerminalText(words: hint))
      words += lines.map { $0 + "\n" }.joined(separator: "")
    }
    return [.write(style.freshLine + words)] + showForms()
  }

  static let pinQuestion: TerminalText = "PIN of your security key: "

  mutating func enteredPIN(_ pin: String) -> [Effect] {
    step = .key
    return [.tellKey(pin)]
  }

  /// The other ways, while the key is asked.
  private var keyLetters: TerminalText {
    keys.filter { $0.form.id != walk?.form.id }.map { key, form in
      style.faint("  \(key) = " + name(of: form)) + "\n"
    }.joined(separator: "")
  }
}
