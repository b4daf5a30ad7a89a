// Asking the engine where a run stands: at its beginning, after a browser, and whenever it is not
// known what became of an answer. The one call that may be repeated.

internal import IdentityEngine
public import Prompts

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
  /// What is said above the answer that the engine gives now: what a browser was told, and that nothing
  /// came of the person's own answer, where the same is asked again. Without that a right password would
  /// look like a wrong one.
  fileprivate func words(before response: IDXResponse) -> [Message] {
    guard case .unavailable? = fault, let fault,
      step.response.remediations.map(\.name) == response.remediations.map(\.name)
    else { return words }
    return words + [Message(fault)]
  }
}

extension Message {
  /// That the issuer could not be asked, or did not take what was done: in our own words.
  public init(_ fault: Transaction.Fault) {
    switch fault {
    case .rateLimited(let after):
      let pause = after.map { " for \(max(1, $0.components.seconds)) s" } ?? ""
      self.init(
        level: .warning, key: "remedy.issuer.rate_limited",
        text: "The issuer allows no more requests\(pause). Try again after that.")
    case .unavailable(let what), .refused(let what), .invalidated(let what),
      .misdirected(let what):
      self.init(
        level: .warning, key: "remedy.issuer.unavailable",
        text: "It is not known what came of that: \(what). Try again.")
    }
  }
}
