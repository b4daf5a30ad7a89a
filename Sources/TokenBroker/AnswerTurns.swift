// Whose turn it is to give a profile's credentials. They are the same for all its owners, so that a
// wrong one must have come back as wrong before the next sign-in may try it: else as many attempts are
// made at once as there are owners, which is what locks accounts.

internal import Prompts

/// One line of sign-ins for each profile.
struct AnswerTurns {
  /// A sign-in in the line.
  struct Entrant: Equatable {
    var key: SessionKey
    var id: TransactionID
  }

  /// Whoever is first has the turn.
  private var lines: [String: [Entrant]] = [:]

  /// Stands in the line, at the end where it does not yet.
  ///
  /// - Returns: whether it is its turn.
  mutating func take(_ entrant: Entrant) -> Bool {
    let line = lines[entrant.key.profile] ?? []
    if let first = line.first, line.contains(entrant) { return first == entrant }
    lines[entrant.key.profile] = line + [entrant]
    return line.isEmpty
  }

  /// Is in the line no more.
  ///
  /// - Returns: whose turn it is by that.
  mutating func leave(_ entrant: Entrant) -> Entrant? {
    let line = lines[entrant.key.profile] ?? []
    let rest = line.filter { $0 != entrant }
    lines[entrant.key.profile] = rest.isEmpty ? nil : rest
    return line.first == entrant ? rest.first : nil
  }
}

extension RunningTransaction {
  var entrant: AnswerTurns.Entrant { AnswerTurns.Entrant(key: key, id: id) }
}
