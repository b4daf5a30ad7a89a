// Where an answer goes: to its caller, into the array of its batch, or nowhere.

public import JSONRPC

/// The one answer to one request. Call it exactly once, on the event loop; for a notification and
/// for a connection that is gone the answer goes nowhere.
public struct ReplySlot: Sendable {
  enum Target: Sendable {
    case nobody
    case caller(RequestID)
    case batch(Batch, RequestID)
  }

  let connection: Connection
  let target: Target

  /// Answers.
  public func callAsFunction(_ reply: Reply) {
    switch target {
    case .nobody: break
    case .caller(let id): connection.answer(reply, to: id)
    case .batch(let batch, let id): batch.add(reply, id: id)
    }
  }
}

/// The answers of a batch, until all are there.
///
/// `@unchecked Sendable`: touched on the connection's event loop only, which `Connection` checks.
final class Batch: @unchecked Sendable {
  private let connection: Connection
  private var answers: [(id: RequestID?, reply: Reply)] = []
  /// How many are to come.
  private var missing: Int

  init(on connection: Connection, expecting count: Int) {
    self.connection = connection
    missing = count
    answers.reserveCapacity(count)
  }

  func add(_ reply: Reply, id: RequestID?) {
    connection.checkLoop()
    answers.append((id, reply))
    missing -= 1
    if missing == 0 { connection.answer(answers) }
  }
}
