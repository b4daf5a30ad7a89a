import IdentityEngine
import InteractionCodeFlow
import Prompts
import Testing

extension Transaction {
  /// A transaction whose first introspection was answered with `response`, and what it then wants.
  /// A step that it takes by itself does not work, so that what a person would see can be seen.
  static func introspected(
    _ response: IDXResponse, lifetime: Duration? = nil
  ) -> (Transaction, [Effect]) {
    var transaction = Transaction(origin: "https://issuer.example")
    let effects = transaction.handle(
      .resumed(Checkpoint(handle: InteractionHandle("handle"))), now: .zero)
    guard case .send(_, let ticket)? = effects.first else { return (transaction, effects) }
    let done = transaction.handle(.responded(response, ticket, lifetime: lifetime), now: .zero)
    let shown = done.filter { if case .keep = $0 { false } else { true } }
    guard case .send(_, let automatic)? = shown.first else { return (transaction, shown) }
    let asked = transaction.handle(.failed(.refused("no"), automatic), now: .zero)
    return (transaction, asked)
  }
}

extension Prompt.Content {
  /// What a person is shown for an answer.
  static func shown(_ response: IDXResponse) -> Prompt.Content {
    guard case .show(let content)? = Transaction.introspected(response).1.first else {
      Issue.record("no prompt is shown")
      return Prompt.Content(title: "", forms: [])
    }
    return content
  }
}
