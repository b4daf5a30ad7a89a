// Calls that wait for one thing. Each is resumed exactly once: by the thing, by its own deadline,
// or by its connection's end.

/// Names one waiting call.
struct WaiterID: Hashable {
  let number: Int
}

/// A table of waiting calls. Lives inside the actor; resuming is the last thing done with an entry.
struct Waiters<Value: Sendable> {
  typealias Continuation = CheckedContinuation<Result<Value, BrokerError>, Never>

  private struct Waiter {
    var continuation: Continuation
    var alarm: Alarm
    var connection: ConnectionID?
  }

  private var waiting: [WaiterID: Waiter] = [:]

  var isEmpty: Bool { waiting.isEmpty }
  var count: Int { waiting.count }

  mutating func add(
    _ id: WaiterID, _ continuation: Continuation, alarm: Alarm, connection: ConnectionID?
  ) {
    waiting[id] = Waiter(continuation: continuation, alarm: alarm, connection: connection)
  }

  /// Resumes everybody.
  mutating func resumeAll(_ result: Result<Value, BrokerError>) {
    let everybody = waiting
    waiting = [:]
    for waiter in everybody.values {
      waiter.alarm.cancel()
      waiter.continuation.resume(returning: result)
    }
  }

  /// Resumes one, where it still waits.
  mutating func resume(_ id: WaiterID, _ result: Result<Value, BrokerError>) {
    guard let waiter = waiting.removeValue(forKey: id) else { return }
    waiter.alarm.cancel()
    waiter.continuation.resume(returning: result)
  }

  /// Resumes those whose connection has ended.
  mutating func resume(of connection: ConnectionID, _ result: Result<Value, BrokerError>) {
    for (id, waiter) in waiting where waiter.connection == connection {
      resume(id, result)
    }
  }
}

/// The one call that waits for a piece of work of its own.
///
/// `@unchecked Sendable`: touched inside the broker only.
final class Errand<Value: Sendable>: @unchecked Sendable {
  var waiters = Waiters<Value>()
}
