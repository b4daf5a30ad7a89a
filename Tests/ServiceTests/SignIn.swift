// Answers prompts as a person would, by what they ask.

import BrokerInterface
import Foundation
import JSON
import JSONRPC
import Prompts
import RemedyClient
import TestSupport

/// The person of the demo organisation.
enum Ann {
  static let name = "ann@example.com"
  static let password = "correct horse battery staple"
  static let answer = "okra stew"
}

/// A prompter on a connection of its own.
final class Person {
  let client: Client
  private var shown: [Prompt] = []
  private(set) var withdrawn: [PromptWithdraw] = []
  private(set) var updated: [Prompt] = []

  convenience init(_ household: Household) throws {
    try self.init(client: household.client())
  }

  init(client: Client) throws {
    self.client = client
    shown = try client.call(PromptAttach.self, PromptAttach.Params()).prompts
  }

  /// The next prompt that is shown, or that was open when this prompter attached.
  func nextPrompt(seconds: Double = 20) throws -> Prompt {
    let deadline = Deadline.after(seconds: seconds)
    while shown.isEmpty {
      guard let arrival = try client.receive(until: deadline) else {
        throw Trouble("no prompt came")
      }
      if case .notification(let notification) = arrival { note(notification) }
    }
    return shown.removeFirst()
  }

  /// Waits until a prompt is withdrawn.
  func nextWithdrawal(seconds: Double = 20) throws -> PromptWithdraw {
    let deadline = Deadline.after(seconds: seconds)
    while withdrawn.isEmpty {
      guard let arrival = try client.receive(until: deadline) else {
        throw Trouble("nothing was withdrawn")
      }
      if case .notification(let notification) = arrival { note(notification) }
    }
    return withdrawn.removeFirst()
  }

  /// The next change of an open prompt.
  func nextUpdate(seconds: Double = 20) throws -> Prompt {
    let deadline = Deadline.after(seconds: seconds)
    while updated.isEmpty {
      guard let arrival = try client.receive(until: deadline) else {
        throw Trouble("no prompt changed")
      }
      if case .notification(let notification) = arrival { note(notification) }
    }
    return updated.removeFirst()
  }

  func note(_ notification: BrokerNotification) {
    switch notification {
    case .show(let show): shown.append(show.prompt)
    case .update(let update): updated.append(update.prompt)
    case .changed, .gone, .unknown: break
    case .withdraw(let withdraw): withdrawn.append(withdraw)
    }
  }

  @discardableResult
  func answer(_ prompt: Prompt, _ form: String, _ fields: JSONObject = [:]) throws -> AnswerOutcome
  {
    try client.call(
      PromptAnswer.self,
      PromptAnswer.Params(prompt: prompt.id, answer: Answer(form: form, fields: fields)),
      onNotification: { note($0) })
  }

  /// Answers with what must come next: a prompt.
  func step(_ prompt: Prompt, _ form: String, _ fields: JSONObject = [:]) throws -> Prompt {
    let outcome = try answer(prompt, form, fields)
    guard let next = outcome.prompt else {
      throw Trouble(
        "no prompt after \(form): \(outcome.outcome) \(String(describing: outcome.error))")
    }
    return next
  }
}

extension Prompt {
  func has(_ form: String) -> Bool { content.form(form) != nil }

  /// Every message, at the top and at fields.
  var words: [String] {
    content.messages.map(\.text)
      + content.forms.flatMap { $0.fields.flatMap { $0.messages.map(\.text) } }
  }
}

extension Household {
  /// Starts a call that needs a sign-in, on a connection of its own.
  func beginLogin(force: Bool = false) throws -> (Client, PendingCall<SessionLogin>) {
    let caller = try client()
    let call = try caller.start(
      SessionLogin.self, SessionLogin.Params(profile: "demo", force: force, timeout: 60))
    return (caller, call)
  }

  /// Signs Ann in by name and password, and whatever `rest` does with the prompt after these.
  @discardableResult
  func signIn(_ rest: (Person, Prompt) throws -> Void = { _, _ in }) throws -> SessionSummary {
    let person = try Person(self)
    let (caller, call) = try beginLogin()
    let identify = try person.nextPrompt()
    let password = try person.step(identify, "identify", ["identifier": .string(Ann.name)])
    let outcome = try person.answer(
      password, "challenge-authenticator", ["credentials.passcode": .string(Ann.password)])
    if let next = outcome.prompt { try rest(person, next) }
    guard let session = try finish(caller, call).session else { throw Trouble("no session") }
    return session
  }

  func finish<M: Method>(_ caller: Client, _ call: PendingCall<M>) throws -> M.Result {
    let deadline = Deadline.after(seconds: 60)
    while true {
      if let result = try caller.result(of: call) { return result }
      guard try caller.receive(until: deadline) != nil else { throw Trouble("no answer came") }
    }
  }

  /// The error that a call ends with.
  func failure<M: Method>(_ caller: Client, _ method: M.Type, _ params: M.Params) -> RPCError? {
    do {
      _ = try caller.call(method, params)
      return nil
    } catch {
      switch error {
      case .refused(let error): return error
      case .connection: return nil
      }
    }
  }
}
