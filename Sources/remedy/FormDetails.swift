// What the engine attaches to a form beside its fields. Most of it is for programs; what somebody
// must read before they answer is shown.

internal import JSON
internal import Prompts

/// What a form carries beside its fields and a person must read before answering.
enum FormDetails {
  /// The scopes to consent to, one a line; `nil` where the form has none.
  static func scopes(of form: Form) -> TerminalText? {
    guard let scopes = form.details["scopes"]?.array, !scopes.isEmpty else { return nil }
    return scopes.map { scope in
      let label = scope["label"]?.string ?? scope["name"]?.string ?? scope.string ?? ""
      let more = scope["desc"]?.string ?? scope["description"]?.string
      let line: TerminalText = "  - \(words: label)"
      return (more.map { line + ": \(words: $0)" } ?? line) + "\n"
    }.joined(separator: "")
  }
}
