// What comes of a browser's return. The engine alone knows how far the browser got, so that all but
// a code leads to an introspection; an answer that was under way is overtaken by it.

internal import IdentityEngine
internal import JSON
internal import Prompts

extension Transaction {
  mutating func returned(_ callback: Callback, _ now: Duration) -> [Effect] {
    // No browser was sent anywhere before the first prompt or after the end.
    guard let (handle, step) = handleInUse else { return [] }
    switch callback {
    case .code(let code):
      return finish(.succeeded(code))
    case .interactionRequired:
      return introspect(handle, recovering: step.map { Recovery(step: $0) })
    case .otp(let code):
      return submitOneTimeCode(code, handle)
    case .failed(let error, let description):
      let words = Message(level: .error, key: error, text: description ?? error)
      guard let step else { return introspect(handle, recovering: nil) }
      return introspect(handle, recovering: Recovery(step: step, words: [words]))
    }
  }

  private var handleInUse: (InteractionHandle, Step?)? {
    switch state {
    case .awaitingAnswer(let step), .submitting(let step, _): (step.handle, step)
    case .introspecting(let handle, _, let recovery): (handle, recovery?.step)
    case .created, .requestingHandle, .keeping, .resuming, .ended: nil
    }
  }

  /// Answers the mail's challenge with the code out of its link, where that is what is open: as the
  /// answer to any other it would be a wrong one, and cost an attempt.
  private mutating func submitOneTimeCode(
    _ code: String, _ handle: InteractionHandle
  ) -> [Effect] {
    // While an answer is under way there is no second one; the mail's code can still be typed.
    guard case .awaitingAnswer(let step) = state else { return [] }
    let field = "credentials.passcode"
    let form = step.content.forms.first { form in
      form.remediation == "challenge-authenticator"
        && (form.authenticator ?? step.content.authenticator)?.isMail ?? false
        && form.fields.contains { $0.name == field && $0.kind == .string }
    }
    guard let form else { return introspect(handle, recovering: Recovery(step: step)) }
    return submit(form.id, [field: .value(.string(code))], step)
  }
}

extension AuthenticatorSummary {
  /// By its key; answers of before 2021 have none.
  fileprivate var isMail: Bool { key.map { $0 == "okta_email" } ?? (type == "email") }
}
