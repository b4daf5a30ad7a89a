// The simulated organisation as an issuer in the same process, and the last answer of its engine as
// it went over the wire: what prompts are compared with.

import Foundation
import HTTPTypes
import IdentityEngineSimulator
import JSON
import Synchronization
import TokenBroker
import TurnedTime

/// An issuer that answers at once, by the walk's clock.
final class ModelIssuer: HTTPExchange {
  private struct State {
    var organisation: Organisation
    var requests = 0
    /// The engine's last answers, the newest last; those that offer something are among them.
    var answers: [[UInt8]] = []
  }

  private let clock: TurnedClock
  private let state: Mutex<State>

  init(_ organisation: Organisation, clock: TurnedClock) {
    self.clock = clock
    state = Mutex(State(organisation: organisation))
  }

  var requests: Int { state.withLock { $0.requests } }

  /// The newest answer of the engine that offers something; `nil` where none of the last did.
  func newestAnswer() throws -> JSONValue? {
    for body in state.withLock({ $0.answers }).reversed() {
      let answer = try JSONParser.parse(body, rules: .tolerant)
      if answer["remediation"]?["value"]?.array?.isEmpty == false { return answer }
    }
    return nil
  }

  /// What the organisation answers to somebody else than the broker.
  func visit(_ request: SimulatedRequest) -> SimulatedResponse {
    let now = clock.now()
    return state.withLock { $0.organisation.respond(to: request, now: now) }
  }

  func send(
    _ request: HTTPRequest, body: [UInt8], caFile: String?, timeout: Duration
  ) async throws(ExchangeFault) -> ExchangeAnswer {
    let path = request.path ?? ""
    let simulated = SimulatedRequest(
      method: request.method, target: path, headers: request.headerFields, body: body)
    let now = clock.now()
    let answer = state.withLock { state in
      state.requests += 1
      let answer = state.organisation.respond(to: simulated, now: now)
      // What comes back of a cancel is for nobody.
      if path.hasPrefix("/idp/idx/"), path != "/idp/idx/cancel" {
        state.answers = state.answers.suffix(5) + [answer.body]
      }
      return answer
    }
    return ExchangeAnswer(status: answer.status, headers: answer.headers, body: answer.body)
  }
}
