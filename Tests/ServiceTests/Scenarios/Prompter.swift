// One connection that asks for a sign-in and answers its prompts, as the command does.

import BrokerInterface
import JSON
import JSONRPC
import Prompts
import RemedyClient
import TestSupport

/// A sign-in, and whoever answers its prompts, on one connection.
final class Prompter {
  /// What comes next.
  enum Event {
    /// A prompt to answer: a new one, or the open one with something new in it.
    case prompt(Prompt)
    case ended(Result<SessionLogin.Result, RPCError>)
  }

  private let client: Client
  private let login: PendingCall<SessionLogin>
  private var arrived: [Prompt] = []

  init(_ household: Household, _ params: SessionLogin.Params) throws {
    client = try household.client()
    _ = try client.call(PromptAttach.self, PromptAttach.Params(profiles: [params.profile]))
    login = try client.start(SessionLogin.self, params)
  }

  /// Waits for what comes next.
  ///
  /// - Throws: `Trouble` where nothing does.
  func next(seconds: Double = 20) throws -> Event {
    let deadline = Deadline.after(seconds: seconds)
    while true {
      do throws(CallFault) {
        if let result = try client.result(of: login) { return .ended(.success(result)) }
      } catch {
        guard case .refused(let error) = error else { throw error }
        return .ended(.failure(error))
      }
      if !arrived.isEmpty { return .prompt(arrived.removeFirst()) }
      guard let arrival = try client.receive(until: deadline) else {
        throw Trouble("for \(seconds) s nothing came")
      }
      if case .notification(let notification) = arrival { note(notification) }
    }
  }

  private func note(_ notification: BrokerNotification) {
    switch notification {
    case .show(let show): arrived.append(show.prompt)
    case .update(let update): arrived.append(update.prompt)
    case .withdraw(let withdrawal): arrived.removeAll { $0.id == withdrawal.prompt }
    default: break
    }
  }

  /// Answers, and waits for what comes next.
  ///
  /// - Throws: `CallFault.refused` where the answer was not taken; the prompt is open then.
  func answer(_ prompt: Prompt, _ form: String, _ fields: JSONObject) throws -> Event {
    let outcome = try client.call(
      PromptAnswer.self,
      PromptAnswer.Params(prompt: prompt.id, answer: Answer(form: form, fields: fields)),
      onNotification: { note($0) })
    if let next = outcome.prompt {
      arrived.removeAll { $0.id == next.id }
      return .prompt(next)
    }
    return try next()
  }

  /// Cancels the sign-in, at the issuer too.
  func cancel(_ prompt: Prompt) throws -> Event {
    _ = try client.call(
      PromptCancel.self, PromptCancel.Params(prompt: prompt.id), onNotification: { note($0) })
    arrived = []
    return try next()
  }
}
