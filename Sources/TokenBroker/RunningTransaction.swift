// A transaction with what the broker keeps beside the machine: who waits, what was sent, what is
// open.

internal import FoundationEssentials
internal import InteractionCodeFlow
internal import OAuth
public import Prompts
public import Secrets

/// One live transaction. At most one a session.
struct RunningTransaction {
  let id: TransactionID
  let key: SessionKey
  let profile: Profile
  let requester: Prompt.Requester
  let reason: String?
  var machine: Transaction
  /// What binds the code to us (RFC 7636) and the callback and ID token to this run.
  let pkce: PKCE
  let state: String
  let nonce: String
  /// What the tokens will be bound to, where the profile wants that.
  var proofKey: ProofKey?
  let loginHint: String?
  let startedAt: Date
  /// Out of a mail's link, for `/interact`; forgotten when that has answered.
  var links = LinkTokens()
  /// The prompt that is open, under the id that answers must name.
  var prompt: Prompt?
  /// Callers that wait for the session.
  var callers = Waiters<SignInEnd>()
  /// The prompter whose answer is under way, and its connection.
  var answerer = Waiters<AnswerOutcome>()
  var answeringConnection: ConnectionID?
  /// Whether the code is being redeemed: no answer is taken any more.
  var isRedeeming = false
  /// Whether the vault has a record of it, or will have.
  var isKept = false
  /// The way back from a browser, while there may be one.
  var redirect: OpenRedirect?
  /// What the machine last had kept.
  var checkpoint: Checkpoint?
  /// The questions that were answered with a credential without a person.
  var credentialsGiven: Set<String> = []
  /// What was answered without a person; `nil` once a person has to go on.
  var unattended: UnattendedRun? = UnattendedRun()
  /// Whether a caller lets a prompter attach: what stops is not ended at once then.
  var mayWait = false
  var wake: Alarm?
  /// Running out while nobody waits and nobody could answer.
  var abandonment: Alarm?
}

/// What a person followed a link of a mail with.
public struct LinkTokens: Sendable, Equatable {
  /// From an activation mail: the run leads into enrolment.
  public var activation: Secret?
  /// From a recovery mail: the run leads into a new password.
  public var recovery: Secret?

  /// Made of its parts; what is left out has the value that stands here.
  public init(activation: Secret? = nil, recovery: Secret? = nil) {
    self.activation = activation
    self.recovery = recovery
  }
}

/// How a transaction ended that did not fail.
enum SignInEnd: Sendable {
  case session(SessionKey)
  /// An account is made, regained or unlocked, in the engine's words; nobody is signed in.
  case withoutTokens([Message])
}

/// What became of an answer (contract §2, `prompt.answer`).
public enum AnswerOutcome: Sendable, Equatable {
  case prompt(Prompt)
  case completed(SessionKey)
  /// Done, without tokens.
  case accomplished
  case failed(BrokerError, profile: String)
}
