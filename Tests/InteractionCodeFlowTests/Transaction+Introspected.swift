import IdentityEngine
import InteractionCodeFlow

extension Transaction {
  /// A transaction whose first introspection was answered with `response`, and what it then wants.
  static func introspected(
    _ response: IDXResponse, lifetime: Duration? = nil
  ) -> (Transaction, [Effect]) {
    var transaction = Transaction(origin: "https://issuer.example")
    let effects = transaction.handle(.resumed(InteractionHandle("handle")), now: .zero)
    guard case .send(_, let ticket)? = effects.first else { return (transaction, effects) }
    let shown = transaction.handle(.responded(response, ticket, lifetime: lifetime), now: .zero)
    return (transaction, shown)
  }
}
