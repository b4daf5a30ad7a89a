// Issuers that misbehave, against the real daemon: every misbehaviour at every call of a sign-in, of
// a refresh and of a look at a token. What must come of it is the contract's error, with a hint,
// within the call's own time, and a daemon that goes on as if nothing had been.

import BrokerInterface
import Foundation
import JSON
import JSONRPC
import Prompts
import RemedyClient
import Synchronization
import TestSupport
import Testing

@Suite("An issuer that misbehaves", .serialized)
struct HostileIssuerTests {
  /// How long each call may take, in seconds.
  static let timeout = 2.0

  @Test(
    "gets nothing but the right error within the call's own time, whatever it does, from its answer to",
    arguments: IssuerCall.allCases.filter { $0 != .revocation })
  func misbehaviours(from call: IssuerCall) async throws {
    let elsewhere = try RawServer { _ in [.json(["interaction_handle": "stolen"])] }
    defer { elsewhere.stop() }
    let mint = try TokenMint()
    let table = Misbehaviour.table(elsewhere: elsewhere.origin)
    let rows = try table.map { try Row($0, call, mint) }
    let honest = try Row(Misbehaviour("is honest") { [.json($0)] }, .identify, mint)
    defer { for row in rows + [honest] { row.server?.stop() } }
    #expect(table.count >= 80)

    var configuration = "[limits]\nconnections_per_uid = 1000\ntransactions_per_uid = 1000\n"
    for (number, row) in rows.enumerated() {
      configuration += PlainIssuer.profile("r\(number)", issuer: row.origin)
    }
    configuration += PlainIssuer.profile("honest", issuer: honest.origin)
    let broker = try BrokerProcess(configuration: configuration)
    #expect(Walk(broker.socket, "honest", .identify, Self.timeout).run() == .done)
    let before = try broker.residentKilobytes()

    let ends = await Self.walk(rows, broker.socket)
    var reasons: [String: Int] = [:]
    for (row, end) in zip(rows, ends) {
      reasons[end.words, default: 0] += 1
      #expect(row.allows(end), "\(row.name): \(end.words)")
    }
    let after = try broker.residentKilobytes()
    let most = try broker.residentKilobytes(atMost: true)
    let sum = reasons.sorted { $0.value > $1.value }.map { "\($0.value) \($0.key)" }
    print(
      "\(call.rawValue), \(rows.count) rows: \(sum.joined(separator: ", ")); resident before \(before) KiB, after "
        + "\(after) KiB, at most \(most) KiB")
    // Many of them at once, each with as much as one answer may have.
    #expect(most - before < 64 * 1024, "an answer is not bounded")
    #expect(elsewhere.connections == 0, "a redirect was followed")
    // The daemon is the same, and serves.
    #expect(broker.isRunning)
    for call in [IssuerCall.refresh, .inspection] {
      #expect(Walk(broker.socket, "honest", call, Self.timeout).run() == .done)
    }
  }

  // MARK: Rows

  /// One misbehaviour at one call.
  struct Row: Sendable {
    let behaviour: Misbehaviour
    let call: IssuerCall
    let origin: String
    let server: RawServer?
    var name: String { "\(call.rawValue): \(behaviour.name)" }

    /// The issuer is honest up to `call`, and misbehaves from there on: a question after that is no
    /// way out.
    init(_ behaviour: Misbehaviour, _ call: IssuerCall, _ mint: TokenMint) throws {
      let hasBegun = Mutex(false)
      try self.init(behaviour, call, mint) { asked, _, _ in
        hasBegun.withLock { hasBegun in
          hasBegun = hasBegun || asked == call
          return hasBegun
        }
      }
    }

    /// The issuer misbehaves at the requests that `isHostile` says; it is asked with the honest
    /// answer.
    init(
      _ behaviour: Misbehaviour, _ call: IssuerCall, _ mint: TokenMint,
      isHostile: @escaping @Sendable (IssuerCall, RawRequest, JSONValue) -> Bool
    ) throws {
      self.behaviour = behaviour
      self.call = call
      let issuer = PlainIssuer(mint)
      let home = Mutex("")
      let server = try RawServer { request in
        let origin = home.withLock { $0 }
        guard let asked = IssuerCall(request),
          let honest = issuer.answer(asked, request, origin: origin)
        else { return [.json(["error": "not_found"], status: 404)] }
        return isHostile(asked, request, honest)
          ? behaviour.steps(honest) : [.json(honest)]
      }
      home.withLock { $0 = server.origin }
      self.server = server
      origin = server.origin
    }

    func allows(_ end: End) -> Bool {
      guard case .failed(let reason) = end else { return false }
      switch reason {
      case .timeout: return behaviour.isSilent
      case .issuerUnavailable: return true
      // What an OAuth error, or an engine that ends it, says in so many words.
      case .transactionFailed, .transactionExpired, .tokenRejected, .clientRejected:
        return !behaviour.isSilent
      default: return false
      }
    }
  }

  enum End: Sendable, Equatable {
    case done
    case signedOut(isRevoked: Bool, isQueued: Bool)
    case failed(Reason)
    case strange(String)

    var words: String {
      switch self {
      case .done: "done"
      case .signedOut(let isRevoked, let isQueued):
        isRevoked ? "revoked" : isQueued ? "queued" : "given up"
      case .failed(let reason): reason.rawValue
      case .strange(let what): what
      }
    }
  }

  /// One sign-in, and what `call` is of beyond it.
  struct Walk {
    let socket: String
    let profile: String
    let call: IssuerCall
    let timeout: Double

    init(_ socket: String, _ profile: String, _ call: IssuerCall, _ timeout: Double) {
      (self.socket, self.profile, self.call, self.timeout) = (socket, profile, call, timeout)
    }

    func run() -> End {
      do {
        if let end = try signIn() { return end }
        let client = try Client(path: socket)
        switch call {
        case .refresh:
          _ = try client.call(
            TokenGet.self,
            TokenGet.Params(profile: profile, timeout: timeout, forceRefresh: true))
        case .inspection:
          _ = try client.call(
            TokenIntrospect.self, TokenIntrospect.Params(profile: profile, timeout: timeout))
        case .revocation:
          let told = try client.call(
            SessionLogout.self, SessionLogout.Params(profile: profile, timeout: timeout))
          return .signedOut(isRevoked: told.revoked, isQueued: told.queued)
        default: break
        }
        return .done
      } catch let CallFault.refused(error) {
        guard let reason = error.reason, error.hint?.isEmpty == false else {
          return .strange("\(error)")
        }
        return .failed(reason)
      } catch {
        return .strange("\(error)")
      }
    }

    /// How it ended, where that is not with a session.
    private func signIn() throws -> End? {
      // Where it is honest, it is not what the time is for, and a disk may be slow.
      let timeout = [.refresh, .inspection, .revocation].contains(call) ? 20 : self.timeout
      let client = try Client(path: socket)
      var prompt: Prompt?
      func note(_ notification: BrokerNotification) {
        if case .show(let show) = notification { prompt = show.prompt }
      }
      _ = try client.call(PromptAttach.self, PromptAttach.Params(profiles: [profile]))
      let login = try client.start(
        SessionLogin.self, SessionLogin.Params(profile: profile, timeout: timeout))
      let deadline = Deadline.after(seconds: timeout + 20)
      while prompt == nil {
        if try client.result(of: login) != nil { return nil }
        guard let arrival = try client.receive(until: deadline) else {
          return .strange("neither a prompt nor an answer came")
        }
        if case .notification(let notification) = arrival { note(notification) }
      }
      guard let prompt else { return .strange("no prompt") }
      let outcome = try client.call(
        PromptAnswer.self,
        PromptAnswer.Params(
          prompt: prompt.id, answer: Answer(form: "identify", fields: ["identifier": "ann"]),
          timeout: timeout), onNotification: { note($0) })
      switch outcome.outcome {
      case .completed: return nil
      case .failed: return outcome.error?.reason.map { .failed($0) } ?? .strange("failed")
      case .prompt: return .strange("asked again")
      }
    }
  }

  private static func walk(_ rows: [Row], _ socket: String) async -> [End] {
    await Crowd.run(rows.count, threads: 32) { number in
      let start = ContinuousClock.now
      let end = Walk(socket, "r\(number)", rows[number].call, timeout).run()
      rows[number].server?.stop()
      // A sign-in and a refresh have a time each; beyond it a machine may be slow.
      let taken = ContinuousClock.now - start
      return taken > .seconds(3 * timeout + 20) ? .strange("took \(taken)") : end
    }
  }
}
