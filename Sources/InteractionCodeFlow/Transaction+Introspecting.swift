// Asking the engine where a run stands: at its beginning, after a browser, and whenever it is not
// known what became of an answer. The one call that may be repeated.

internal import IdentityEngine
internal import Prompts

extension Transaction {
  mutating func introspect(
    _ handle: InteractionHandle, recovering recovery: Recovery?
  ) -> [Effect] {
    let ticket = nextTicket()
    state = .introspecting(handle, ticket, recovering: recovery)
    return [.send(.introspect(handle, origin: origin), ticket)]
  }

  mutating func introspected(
    _ handle: InteractionHandle, _ response: IDXResponse, _ lifetime: Duration?,
    _ recovery: Recovery?, _ now: Duration
  ) -> [Effect] {
    switch response.meaning {
    case .success(let success):
      return finish(.succeeded(success.code))
    case .alive:
      return open(handle, response, lifetime, now, saying: recovery?.words(before: response) ?? [])
    case .rateLimited:
      return introspectionFailed(.rateLimited(after: nil), recovery, now)
    case .expired:
      guard let words = recovery?.words, !words.isEmpty else { return finish(.expired) }
      return finish(.ended(words))
    case .terminal:
      return finish(end(response, after: recovery?.words ?? []))
    }
  }

  mutating func introspectionFailed(
    _ fault: Fault, _ recovery: Recovery?, _ now: Duration
  ) -> [Effect] {
    if case .invalidated = fault, recovery?.words.isEmpty ?? true { return finish(.expired) }
    guard let recovery else { return finish(.failed(fault)) }
    guard recovery.words.isEmpty else {
      var step = recovery.step
      step.words = recovery.words + step.words
      step.content.messages = recovery.words + step.content.messages
      return show(step, now)
    }
    return remain(recovery.step, recovery.fault ?? fault, now)
  }
}

extension Transaction.Recovery {
  /// What is said above the answer that the engine gives now: what a browser was told, and that the
  /// person's own answer came to nothing, where the same is asked again. Without that a right password
  /// would look like a wrong one.
  fileprivate func words(before response: IDXResponse) -> [Message] {
    guard case .unavailable(let what)? = fault,
      step.response.remediations.map(\.name) == response.remediations.map(\.name)
    else { return words }
    let loss = "Your answer came to nothing, and the same is asked again: \(what)."
    return words + [Message(level: .warning, key: "remedy.no_answer", text: loss)]
  }
}
