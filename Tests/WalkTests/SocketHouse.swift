// The built broker over its socket, before the built simulator: one connection for whoever asks for
// the sign-in, and one for each prompter.

import BrokerInterface
import Foundation
import IdentityEngineSimulator
import JSON
import JSONRPC
import Prompts
import RemedyClient
import Secrets
import SimulatedPeople
import TestSupport

/// A broker that is another process.
final class SocketHouse: House {
  let outside: Outside
  /// Polls are made meanwhile, by a clock that nobody here turns.
  let issuerRequests: Int? = nil
  private let programs: Programs
  private var caller: (client: Client, call: PendingCall<SessionLogin>)?
  private var prompters: [SocketPrompter?] = []

  init(_ programs: Programs, _ scenario: Scenario) throws {
    self.programs = programs
    // Whatever a walk that went wrong has left behind is ended first.
    _ = try Client(path: programs.socket).call(
      SessionLogout.self, SessionLogout.Params(profile: "demo", localOnly: true))
    try programs.become(scenario)
    let clock = SteppedClock()
    self.clock = clock
    outside = Outside { method, address, type, body in
      try programs.exchange(method, address, type, body)
    } now: {
      clock.now
    }
  }

  private let clock: SteppedClock

  /// The issuer's clock, as far ahead of ours as it was set.
  private final class SteppedClock {
    var ahead = 0.0
    var now: Date { Date().addingTimeInterval(ahead) }
  }

  func login(_ wish: Wish) throws {
    let client = try Client(path: programs.socket)
    let call = try client.start(
      SessionLogin.self,
      SessionLogin.Params(
        profile: "demo", flow: SessionLogin.Flow(rawValue: wish.flow.rawValue) ?? .authenticate,
        loginHint: wish.loginHint, activationToken: wish.activationToken.map { Secret($0) },
        force: true, timeout: 300))
    caller = (client, call)
    try pass(seconds: 0.2)
  }

  func hangUpCaller() throws {
    caller?.client.close()
    caller = nil
  }

  func ending() throws -> Ending? {
    guard let (client, call) = caller else { return nil }
    while try client.receive(until: .now) != nil {}
    do throws(CallFault) {
      guard let result = try client.result(of: call) else { return nil }
      return result.session == nil ? .words(result.messages.map(\.text)) : .tokens
    } catch {
      guard case .refused(let error) = error else { throw error }
      return Ending(error)
    }
  }

  func attach() throws -> Int {
    prompters.append(try SocketPrompter(programs.socket))
    return prompters.count - 1
  }

  func hangUp(_ prompter: Int) throws {
    prompters[prompter]?.client.close()
    prompters[prompter] = nil
  }

  private func prompter(_ number: Int) throws -> SocketPrompter {
    guard let prompter = prompters[number] else { throw Trouble("prompter \(number) has left") }
    return prompter
  }

  func open(_ prompter: Int) throws -> Prompt? {
    let prompter = try self.prompter(prompter)
    try prompter.hear(until: .now)
    return prompter.open
  }

  func farewell(_ prompter: Int) throws -> Ending? { try self.prompter(prompter).farewell }

  func answer(_ prompter: Int, _ prompt: PromptID, _ answer: Answer) throws -> Reply {
    try self.prompter(prompter).answer(prompt, answer)
  }

  func cancel(_ prompter: Int, _ prompt: PromptID) throws -> Reply {
    let prompter = try self.prompter(prompter)
    do throws(CallFault) {
      _ = try prompter.client.call(
        PromptCancel.self, PromptCancel.Params(prompt: prompt),
        onNotification: { prompter.note($0) })
      return .over(.cancelled)
    } catch {
      guard case .refused(let error) = error else { throw error }
      return Reply(error)
    }
  }

  /// Waits until somebody hears something; what is longer than a poll is passed by the issuer's clock.
  func pass(seconds: Double) throws {
    if seconds > 5 {
      clock.ahead += seconds
      try outside.post("clock", ["advance_seconds": .int(Int(seconds))])
    }
    let deadline = Deadline.after(seconds: min(seconds, 1))
    guard let first = prompters.compactMap({ $0 }).last else { return }
    try first.hear(until: deadline)
  }

  func token() throws -> String? {
    let client = try Client(path: programs.socket)
    return try client.call(TokenGet.self, TokenGet.Params(profile: "demo", interaction: .never))
      .accessToken.exposedText()
  }

  func losses(of prompt: Prompt) -> [String] { [] }
}

/// One prompter's connection.
private final class SocketPrompter {
  let client: Client
  private(set) var open: Prompt?
  private(set) var farewell: Ending?

  init(_ socket: String) throws {
    client = try Client(path: socket)
    open = try client.call(PromptAttach.self, PromptAttach.Params()).prompts.first
  }

  /// Takes what comes; where there is a deadline, what comes first ends the wait.
  func hear(until deadline: Deadline) throws {
    var deadline = deadline
    while let arrival = try client.receive(until: deadline) {
      if case .notification(let notification) = arrival { note(notification) }
      deadline = .now
    }
  }

  func note(_ notification: BrokerNotification) {
    switch notification {
    case .show(let show): open = show.prompt
    case .update(let update): open = update.prompt
    case .withdraw(let withdraw):
      if withdraw.prompt == open?.id { open = nil }
      let words = withdraw.messages.map(\.text)
      switch withdraw.reason {
      case .answered: break
      case .completed: farewell = words.isEmpty ? .tokens : .words(words)
      case .failed: farewell = .terminal(words)
      case .cancelled: farewell = .cancelled
      case .expired: farewell = .expired
      }
    case .changed, .gone, .unknown: break
    }
  }

  func answer(_ prompt: PromptID, _ answer: Answer) throws -> Reply {
    do throws(CallFault) {
      let outcome = try client.call(
        PromptAnswer.self, PromptAnswer.Params(prompt: prompt, answer: answer),
        onNotification: { note($0) })
      open = outcome.prompt ?? open
      if let next = outcome.prompt { return .prompt(next) }
      open = nil
      if let error = outcome.error { return .over(Ending(error)) }
      return .over(outcome.session == nil ? .words([]) : .tokens)
    } catch {
      guard case .refused(let error) = error else { throw error }
      return Reply(error)
    }
  }
}

extension Ending {
  init(_ error: RPCError) {
    self =
      switch error.reason {
      case .transactionFailed: .terminal(error.messages.map(\.text))
      case .transactionCancelled: .cancelled
      case .transactionExpired: .expired
      default: .fault("\(error)")
      }
  }
}

extension Reply {
  init(_ error: RPCError) {
    self =
      switch error.reason {
      case .promptStale: .stale
      case .transactionFailed, .transactionCancelled, .transactionExpired: .over(Ending(error))
      default: error.code == -32602 ? .unfit(error.message) : .refused("\(error)")
      }
  }
}
