// The simulated organisation as an issuer in the same process, with what a network does to it.

import Foundation
import HTTPTypes
import IdentityEngineSimulator
import Synchronization
import TurnedTime

@testable import TokenBroker

/// An issuer that answers by the true time, however the broker's clock is set.
final class ModelIssuer: HTTPExchange {
  /// What becomes of one request.
  enum Fate: Sendable {
    case answered
    /// It never arrives, and that is known.
    case unreachable
    /// It arrives and has its effect; no answer comes back.
    case answerLost
    /// It does not arrive, and nobody can tell.
    case lost
    /// It is not processed: this comes back.
    case refused(Int, HTTPFields, String)
    /// It has its effect, and the answer waits until the test lets it go.
    case held
  }

  private struct Held {
    var path: String
    var answer: ExchangeAnswer
    var continuation: CheckedContinuation<Result<ExchangeAnswer, ExchangeFault>, Never>
  }

  private struct State {
    var organisation: Organisation
    /// What happens to the next requests to a path, and to all after them.
    var fates: [String: [Fate]] = [:]
    var standing: [String: Fate] = [:]
    /// Goes first: what becomes of a request by its path and its body.
    var judge: (@Sendable (String, String) -> Fate?)?
    var isCutOff = false
    var requests: [(path: String, at: Duration)] = []
    var held: [Int: Held] = [:]
    var last = 0
    /// How many token requests in a row have brought no answer that was the issuer's.
    var silence = 0

    mutating func takeFate(_ path: String, _ body: [UInt8]) -> Fate {
      if let fate = judge?(path, String(decoding: body, as: UTF8.self)) { return fate }
      for (end, fates) in fates where path.hasSuffix(end) && !fates.isEmpty {
        self.fates[end]?.removeFirst()
        return fates[0]
      }
      return standing.first { path.hasSuffix($0.key) }?.value ?? .answered
    }
  }

  let clock: TurnedClock
  private let state: Mutex<State>

  init(_ organisation: Organisation, clock: TurnedClock) {
    self.clock = clock
    state = Mutex(State(organisation: organisation))
  }

  private init(_ state: sending State, clock: TurnedClock) {
    self.clock = clock
    self.state = Mutex(state)
  }

  /// The same organisation, seen by the next process.
  func successor() -> ModelIssuer {
    let next = state.withLock { state in
      state.isCutOff = true
      var next = State(organisation: state.organisation)
      next.requests = state.requests
      next.standing = state.standing
      next.judge = state.judge
      next.silence = state.silence
      return next
    }
    return ModelIssuer(next, clock: clock)
  }

  /// Looks at the organisation, or does something to it.
  func organisation<Value: Sendable>(_ body: (inout Organisation) -> Value) -> Value {
    state.withLock { body(&$0.organisation) }
  }

  /// The end of a path, like `/token`, and what happens to the next requests there.
  func next(_ path: String, _ fates: Fate...) {
    state.withLock { $0.fates[path, default: []] += fates }
  }

  /// What happens to all requests there, from now on.
  func always(_ path: String, _ fate: Fate?) {
    state.withLock { $0.standing[path] = fate }
  }

  /// Has each request judged by its path and its body; `nil` lets it go the way of the others.
  func judge(_ judge: (@Sendable (_ path: String, _ body: String) -> Fate?)?) {
    state.withLock { $0.judge = judge }
  }

  func count(_ path: String) -> Int {
    state.withLock { $0.requests.count { $0.path.hasSuffix(path) } }
  }

  /// When there were requests, on the boot clock.
  func times(_ path: String) -> [Duration] {
    state.withLock { $0.requests.filter { $0.path.hasSuffix(path) }.map(\.at) }
  }

  /// How many requests for tokens in a row have brought nothing, and may have had their effect.
  var silence: Int { state.withLock { $0.silence } }

  /// All goes well from now on.
  func forgetFates() {
    state.withLock { state in
      state.fates = [:]
      state.standing = [:]
      state.judge = nil
    }
  }

  /// How many answers wait to be let go.
  var heldCount: Int { state.withLock { $0.held.keys.count { $0 > 0 } } }

  /// Lets all answers go that wait.
  func release() {
    // Those below nothing are the silent ones: what is lost does not come after all.
    let held = state.withLock { state in
      defer { state.held = state.held.filter { $0.key < 0 } }
      return state.held.filter { $0.key > 0 }.sorted { $0.key < $1.key }.map(\.value)
    }
    for one in held { one.continuation.resume(returning: .success(one.answer)) }
  }

  // MARK: HTTPExchange

  func send(
    _ request: HTTPRequest, body: [UInt8], caFile: String?, timeout: Duration
  ) async throws(ExchangeFault) -> ExchangeAnswer {
    let path = String((request.path ?? "").prefix { $0 != "?" })
    let now = clock.trueTime
    let at = clock.uptime()
    let simulated = SimulatedRequest(
      method: request.method, target: request.path ?? "", headers: request.headerFields,
      body: body)
    let (fate, answer, isCutOff) = state.withLock { state -> (Fate, ExchangeAnswer?, Bool) in
      guard !state.isCutOff else { return (.unreachable, nil, true) }
      state.requests.append((path, at))
      let fate = state.takeFate(path, body)
      if path.hasSuffix("/token") {
        switch fate {
        case .lost, .answerLost: state.silence += 1
        case .answered, .held: state.silence = 0
        // It may want the next one later than the grace lasts that runs since the last one.
        case .refused: state.silence += state.silence > 0 ? 1 : 0
        case .unreachable: break
        }
      }
      switch fate {
      case .unreachable, .lost, .refused: return (fate, nil, false)
      case .answered, .answerLost, .held:
        let answer = state.organisation.respond(to: simulated, now: now)
        return (
          fate,
          ExchangeAnswer(status: answer.status, headers: answer.headers, body: answer.body), false
        )
      }
    }
    if isCutOff { throw .noConnection("this process is no more") }
    switch fate {
    case .unreachable: throw .noConnection("refused")
    case .refused(let status, let headers, let text):
      var headers = headers
      headers[.date] = Self.date(now)
      return ExchangeAnswer(status: status, headers: headers, body: Array(text.utf8))
    case .lost, .answerLost:
      return try await silence(path, timeout)
    case .held:
      return try await hold(path, answer, timeout: nil)
    case .answered:
      guard let answer else { throw .broken("no answer was made") }
      return answer
    }
  }

  private func silence(_ path: String, _ timeout: Duration) async throws(ExchangeFault)
    -> ExchangeAnswer
  {
    try await hold(path, nil, timeout: timeout)
  }

  private func hold(
    _ path: String, _ answer: ExchangeAnswer?, timeout: Duration?
  ) async throws(ExchangeFault) -> ExchangeAnswer {
    let number = state.withLock { state in
      state.last += 1
      return state.last
    }
    let empty = ExchangeAnswer(status: 0, headers: [:], body: [])
    return try await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        state.withLock { state in
          state.held[answer == nil ? -number : number] = Held(
            path: path, answer: answer ?? empty, continuation: continuation)
        }
        if let timeout {
          _ = clock.schedule(after: timeout) { [weak self] in self?.give(-number, .timedOut) }
        }
        if Task.isCancelled {
          give(number, .broken("cancelled"))
          give(-number, .broken("cancelled"))
        }
      }
    } onCancel: {
      give(number, .broken("cancelled"))
      give(-number, .broken("cancelled"))
    }.get()
  }

  private func give(_ number: Int, _ fault: ExchangeFault) {
    let held = state.withLock { $0.held.removeValue(forKey: number) }
    held?.continuation.resume(returning: .failure(fault))
  }

  static func date(_ date: Date) -> String {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(identifier: "GMT")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    return format.string(from: date)
  }
}
