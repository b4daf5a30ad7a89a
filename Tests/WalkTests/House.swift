// Where a walk happens: a broker with its issuer, and the connections of one person to it. There are
// two: all of it in this process by a clock that is turned, and the built programs over sockets.

import IdentityEngineSimulator
import JSON
import Prompts
import SimulatedPeople

/// A broker with an organisation that a policy put together by chance has been given to.
protocol House: AnyObject {
  /// Mailbox, phone and browser.
  var outside: Outside { get }
  /// How many requests the issuer has had. `nil` where that cannot be told for sure.
  var issuerRequests: Int? { get }

  /// Asks for a sign-in, on a connection of its own; where one is under way it is joined.
  func login(_ wish: Wish) throws
  /// Ends the connection of whoever asked for the sign-in.
  func hangUpCaller() throws
  /// What has come of the sign-in, as far as its caller has heard.
  func ending() throws -> Ending?

  /// Attaches one more prompter, and gives its number.
  func attach() throws -> Int
  /// Ends the connection of a prompter.
  func hangUp(_ prompter: Int) throws
  /// The prompt that is open, as far as this prompter was told.
  func open(_ prompter: Int) throws -> Prompt?
  /// How the last prompt that this prompter saw went away, where that ended the sign-in.
  func farewell(_ prompter: Int) throws -> Ending?
  func answer(_ prompter: Int, _ prompt: PromptID, _ answer: Answer) throws -> Reply
  func cancel(_ prompter: Int, _ prompt: PromptID) throws -> Reply

  /// Lets time pass: polls are made, alarms ring.
  func pass(seconds: Double) throws
  /// The token of the session; `nil` where there is none.
  func token() throws -> String?
  /// What the prompt has lost of the engine's newest answer; empty where that is not known here.
  func losses(of prompt: Prompt) throws -> [String]
}

/// What a sign-in is for.
struct Wish: Sendable {
  enum Flow: String, Sendable, CaseIterable { case authenticate, register, recover, unlock }

  var flow = Flow.authenticate
  var loginHint: String?
  /// Out of the link of a mail.
  var activationToken: String?
}

/// How a sign-in ended.
enum Ending: Sendable, Equatable {
  case tokens
  /// Done without tokens, as it should be, in the engine's words.
  case words([String])
  /// The engine ended it, with these words.
  case terminal([String])
  case cancelled
  case expired
  /// Any other way is a fault of the broker's.
  case fault(String)
}

/// What became of an answer.
enum Reply: Sendable, Equatable {
  case prompt(Prompt)
  case over(Ending)
  /// The prompt is no longer open.
  case stale
  /// It does not fit the form.
  case unfit(String)
  /// Any other refusal.
  case refused(String)
}
