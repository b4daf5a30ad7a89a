// A service small enough to see through: it answers at once, later, never, with much, or out of
// guarded memory, and tells what happened to it. `echo` and `held` are what a benchmark calls.

import JSON
import JSONRPC
import LocalSocket
import Secrets
import Synchronization

final class EchoService: ConnectionService {
  enum Event: Sendable, Equatable {
    case opened(Int)
    case received(String)
    case closed(Int)
  }

  struct State {
    var refusal: RPCError?
    var admitted: [PeerCredentials] = []
    var kept: [ReplySlot] = []
    var connections: [Int: Connection] = [:]
    var facts: ProcessFacts?
  }

  let state = Mutex(State())
  /// 1.3 KB, as a token's answer has.
  let held = Secret(
    #"{"access_token":""# + String(repeating: "t", count: 1200) + #"","token_type":"Bearer"}"#)
  /// What happened, in order.
  let events: AsyncStream<Event>
  private let happened: AsyncStream<Event>.Continuation

  init() {
    (events, happened) = AsyncStream.makeStream()
  }

  func admit(_ peer: PeerCredentials) -> RPCError? {
    state.withLock { state in
      state.admitted.append(peer)
      return state.refusal
    }
  }

  func opened(_ connection: Connection) {
    state.withLock { $0.connections[connection.id] = connection }
    happened.yield(.opened(connection.id))
  }

  func closed(_ connection: Connection) {
    state.withLock { $0.connections[connection.id] = nil }
    happened.yield(.closed(connection.id))
  }

  func received(_ request: Request, on connection: Connection, reply: ReplySlot) {
    switch request.method {
    case "held":
      reply(.rendered(held))
    case "echo":
      reply(.result(.object(request.params)))
    case "later":
      state.withLock { $0.kept.append(reply) }
      happened.yield(.received("later"))
    case "release":
      let kept = state.withLock { state in
        defer { state.kept = [] }
        return state.kept
      }
      for slot in kept { slot(.result("late")) }
      reply(.result(.int(kept.count)))
    case "much":
      let count = request.params["bytes"]?.int ?? 0
      reply(.result(.string(String(repeating: "m", count: count))))
      happened.yield(.received("much"))
    case "notify":
      connection.notify(method: "noted", params: request.params)
      reply(.result([:]))
    case "close":
      reply(.result("bye"))
      connection.close()
      connection.notify(method: "too late", params: [:])
    case "facts":
      let facts = connection.process()?.facts()
      state.withLock { $0.facts = facts }
      reply(.result([:]))
    default:
      reply(.failure(.methodNotFound(request.method)))
    }
  }
}
