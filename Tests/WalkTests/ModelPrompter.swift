// What a connection of the broker's sees and gets, without the connection.

import Prompts
import Synchronization
import TokenBroker

/// A prompter that remembers what is open.
final class ScriptedPrompter: Prompter {
  private struct State {
    var open: Prompt?
    var farewell: Ending?
  }

  private let state = Mutex(State())

  var open: Prompt? { state.withLock { $0.open } }
  var farewell: Ending? { state.withLock { $0.farewell } }

  func notify(_ notice: PrompterNotice) {
    state.withLock { state in
      switch notice {
      case .show(let prompt), .update(let prompt):
        state.open = prompt
      case .withdraw(let id, let reason, let messages):
        if state.open?.id == id { state.open = nil }
        let words = messages.map(\.text)
        switch reason {
        case .answered: break
        case .completed: state.farewell = words.isEmpty ? .tokens : .words(words)
        case .failed: state.farewell = .terminal(words)
        case .cancelled: state.farewell = .cancelled
        case .expired: state.farewell = .expired
        }
      }
    }
  }

  /// The answer that was under way has ended it all.
  func close() { state.withLock { $0.open = nil } }
}

/// What a call has brought, if it has.
final class Call<Value: Sendable>: Sendable {
  private let state = Mutex<Result<Value, BrokerError>?>(nil)

  var result: Result<Value, BrokerError>? { state.withLock { $0 } }

  func end(_ result: Result<Value, BrokerError>) {
    state.withLock { state in
      precondition(state == nil, "a call ended twice")
      state = result
    }
  }
}

extension Wish.Flow {
  var model: LoginDemand.Flow {
    switch self {
    case .authenticate: .authenticate
    case .register: .register
    case .recover: .recover
    case .unlock: .unlock
    }
  }
}

extension Ending {
  init(_ error: BrokerError) {
    self =
      switch error {
      case .transactionFailed(let messages): .terminal(messages.map(\.text))
      case .transactionCancelled: .cancelled
      case .transactionExpired: .expired
      default: .fault("\(error)")
      }
  }
}

extension Reply {
  init(_ error: BrokerError) {
    self =
      switch error {
      case .promptStale: .stale
      case .invalidAnswer(let fault): .unfit("\(fault)")
      case .invalidParameter(let name, let why): .unfit("\(name) \(why)")
      case .transactionFailed, .transactionCancelled, .transactionExpired: .over(Ending(error))
      default: .refused("\(error)")
      }
  }
}
