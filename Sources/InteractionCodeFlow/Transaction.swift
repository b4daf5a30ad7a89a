// One run of the Interaction Code flow, as a value: feed it what happened, do what it returns, in
// order, and feed back how that went. It never waits, reads no clock and owns no socket.
//
// 1. At most one answer is under way. While it is, no poll is sent; a poll that was already under
//    way is overtaken: its ticket is old, and what it brings is dropped (protocol reference §11).
// 2. An answer is sent once. When it is not known whether it arrived, the engine is asked where it
//    stands (`introspect`, the one call that may be repeated), and the prompt that it answers with
//    counts. Nothing that a person typed is ever sent twice.
// 3. Whatever goes wrong with an answer, the prompt stays open until the engine says otherwise or
//    its time is over: `remain` tells why.
// 4. A dead state handle gets one introspection with the interaction handle before it counts.
//
//    An answer that was not sent, since its form leads off the issuer's origin, changes nothing
//    either; a poll that would lead there ends the run, for there is nobody to choose another way.
//
// 5. What a browser brings back is an event like any other. A code ends the run; everything else is
//    a reason to ask the engine where it stands, since it alone knows what the browser has done.
// 6. What needs nobody is done without asking (`AutomaticStep`), each at most once a run.
//
// 7. The checkpoint is kept before the first prompt can be shown, so that no prompt is lost.
//
//     created → requestingHandle → keeping → introspecting ⇄ awaitingAnswer ⇄ submitting → ended
//     created → resuming → the same

public import IdentityEngine
internal import JSON
public import Prompts

/// One run of the Interaction Code flow, from `/interact` to an interaction code.
public struct Transaction: Sendable, Equatable {
  /// Names one request, so that a late answer is recognised.
  public struct Ticket: Sendable, Hashable {
    let number: Int
  }

  /// What happened. Times come beside it, in `handle(_:now:)`.
  public enum Event: Sendable, Equatable {
    /// Begin: once, on a new run.
    case begun
    /// A restart found this checkpoint.
    case resumed(Checkpoint)
    /// The answer to `interact`.
    case interacted(InteractionHandle)
    /// The checkpoint is kept, or cannot be: a run goes on without one.
    case kept
    /// - Parameter lifetime: what is left until the answer's `expiresAt`, by the issuer's clock.
    case responded(IDXResponse, Ticket, lifetime: Duration?)
    /// The request brought no IDX answer. `Ticket` is `nil` for `interact`.
    case failed(Fault, Ticket?)
    /// Values that `Form.validate` has accepted.
    case answered(form: String, values: [String: AnsweredValue])
    /// A browser came back, and its `state` was this run's.
    case returned(Callback)
    /// The time that `wake` asked for is over.
    case woken
    /// Whether anybody waits for the run or could answer its prompts. Without anybody it stands
    /// still: nothing is polled.
    case attended(Bool)
    /// Somebody who may has called it off.
    case cancelled
  }

  /// What is to be done, in order.
  public enum Effect: Sendable, Equatable {
    /// Ask `/interact` for a handle, and feed `interacted`, or `failed` without a ticket; a driver
    /// that knows better why there is none may end the transaction itself.
    case interact
    /// Keep this in place of what was kept before, and feed `kept`.
    case keep(Checkpoint)
    /// Send this, and feed `responded` or `failed` with the same ticket.
    case send(IDXRequest, Ticket)
    /// A new prompt; the one before it is answered.
    case show(Prompt.Content)
    /// The open prompt, changed by a poll.
    case update(Prompt.Content)
    /// The answer was not taken; the open prompt stays as it is.
    case remain(Fault)
    /// Feed `woken` after this time; it replaces what was asked before.
    case wake(after: Duration)
    /// Nobody waits for what this brings.
    case farewell(IDXRequest)
    /// The run is over: nothing is fed to it any more.
    case finish(Outcome)
  }

  /// How it ended.
  public enum Outcome: Sendable, Equatable {
    /// Redeem this at once: it lives a minute.
    case succeeded(InteractionCode)
    /// What it was for is done, and there are no tokens: an account is made and waits for a mail to
    /// be read, a password is new, a lock is open. Never of a mere sign-in.
    case accomplished([Message])
    /// The engine ended it, with these words.
    case ended([Message])
    /// The engine has forgotten it.
    case expired
    /// It was called off here.
    case cancelled
    /// It never came to a prompt.
    case failed(Fault)
  }

  /// Why a request brought no IDX answer.
  public enum Fault: Error, Sendable, Equatable {
    /// 429, or the engine's own words for it. How long to wait, where the answer says so.
    case rateLimited(after: Duration?)
    /// No connection, no answer in time, 5xx, nonsense.
    case unavailable(String)
    /// An answer in another shape than IDX, in the server's words.
    case refused(String)
    /// The same, and it means that what was named in the request is no longer there.
    case invalidated(String)
    /// The engine names an address off its own origin: nothing was sent.
    case misdirected(String)
  }

  /// What is on the table: the newest answer that is alive.
  public struct Step: Sendable, Equatable {
    /// What the interaction is asked about by.
    public var handle: InteractionHandle
    /// The engine's answer, whole.
    public var response: IDXResponse
    /// The same as a person is asked it.
    public var content: Prompt.Content
    /// When its time is over, by the clock of `now` in `handle(_:now:)`.
    public internal(set) var deadline: Duration
    var nextPoll: Duration?
    var pollUnderWay: Ticket?
    var pollFailures = 0
    /// Whether a person has seen it: one that the flow took by itself is shown only if that fails.
    var isShown = false
    /// What a browser was told, at the top of it for as long as it is open.
    var words: [Message] = []
  }

  /// Where a run stands. What is only there in one state lies in that state.
  public enum State: Sendable, Equatable {
    /// Nothing has happened yet.
    case created
    /// `/interact` is asked.
    case requestingHandle
    /// A kill from here on loses nothing but the time.
    case keeping(InteractionHandle)
    /// After a restart; without a ticket it waits to ask again.
    case resuming(Resumption, Ticket?, failures: Int)
    /// `recovering`: the step to go back to when the engine can't be asked, and why it was asked.
    case introspecting(InteractionHandle, Ticket, recovering: Recovery?)
    /// A prompt is open; polls may be under way beside it.
    case awaitingAnswer(Step)
    /// An answer is at the engine; the prompt that it is to is kept for when it comes to nothing.
    case submitting(Step, Ticket)
    /// Over.
    case ended(Outcome)
  }

  /// By what the engine is asked where a run stands that a restart has found.
  public struct Resumption: Sendable, Equatable {
    let handle: InteractionHandle
    /// There once the engine has forgotten the interaction: asked by it in place of the handle.
    var stateHandle: StateHandle?
  }

  /// What a question about the state is to get over: a step that went wrong.
  public struct Recovery: Sendable, Equatable {
    var step: Step
    var fault: Fault?
    /// What a browser was told, which the next prompt or the end has to say.
    var words: [Message] = []
  }

  /// Where the run stands; changed by `handle(_:)` alone.
  public internal(set) var state: State = .created
  /// What the run is for: to sign in, to register, to recover or to unlock.
  public let purpose: Purpose
  /// Scheme, host and port of the issuer: where a transaction is introspected.
  let origin: String
  /// Who signs in, as far as anybody has said: a hint first, what a person typed after that.
  var identifier: String?
  /// What was done without asking anybody: nothing of it is done twice.
  var stepsTaken: Set<AutomaticStep> = []
  /// What a restart would find.
  var kept: Checkpoint?
  /// Whether there is somebody to answer. Without, polls are not made: nobody waits for them.
  public internal(set) var isAttended = true
  private var ticketsIssued = 0

  /// - Parameters:
  ///   - origin: scheme, host and port of the issuer.
  ///   - loginHint: who signs in, where the caller has said so.
  public init(origin: String, purpose: Purpose = .authenticate, loginHint: String? = nil) {
    self.origin = origin
    self.purpose = purpose
    identifier = loginHint
  }

  /// What is asked now; `nil` while nothing is.
  public var openStep: Step? {
    switch state {
    case .awaitingAnswer(let step), .submitting(let step, _): step
    case .introspecting(_, _, let recovery): recovery?.step
    case .created, .requestingHandle, .keeping, .resuming, .ended: nil
    }
  }

  /// Takes what happened and says what to do.
  ///
  /// - Parameter now: on a monotonic clock whose zero does not matter.
  public mutating func handle(_ event: Event, now: Duration) -> [Effect] {
    switch (state, event) {
    case (.created, .begun):
      state = .requestingHandle
      return [.interact]
    case (.requestingHandle, .interacted(let handle)):
      state = .keeping(handle)
      return keep(handle)
    case (.keeping(let handle), .kept):
      return introspect(handle, recovering: nil)
    case (.requestingHandle, .failed(let fault, nil)):
      return finish(.failed(fault))

    case (
      .introspecting(let handle, let expected, let recovery),
      .responded(let response, let ticket, let lifetime)
    )
    where ticket == expected:
      return introspected(handle, response, lifetime, recovery, now)
    case (.introspecting(_, let expected, let recovery), .failed(let fault, let ticket))
    where ticket == expected:
      return introspectionFailed(fault, recovery, now)

    case (.created, .resumed(let checkpoint)):
      return resume(from: checkpoint)
    case (.resuming(let resumption, nil, let failures), .woken):
      return resume(resumption, after: failures)
    case (
      .resuming(let resumption, let expected, let failures),
      .responded(let response, let ticket, let lifetime)
    )
    where ticket == expected:
      switch response.meaning {
      case .rateLimited: return resumptionFailed(resumption, .rateLimited(after: nil), failures)
      case .expired: return resumeByStateHandle(resumption)
      default: return introspected(resumption.handle, response, lifetime, nil, now)
      }
    case (.resuming(let resumption, let expected, let failures), .failed(let fault, let ticket))
    where ticket != nil && ticket == expected:
      return resumptionFailed(resumption, fault, failures)

    case (_, .attended(let isAttended)):
      return attended(isAttended, now)
    case (_, .returned(let callback)):
      return returned(callback, now)
    case (.awaitingAnswer(let step), .answered(let form, let values)):
      return submit(form, values, step)
    case (.awaitingAnswer(let step), .woken):
      return woken(step, now)
    case (.awaitingAnswer(let step), .responded(let response, let ticket, let lifetime))
    where ticket == step.pollUnderWay:
      return polled(step, response, lifetime, now)
    case (.awaitingAnswer(let step), .failed(let fault, let ticket))
    where ticket != nil && ticket == step.pollUnderWay:
      return pollFailed(step, fault, now)

    case (.submitting(let step, let expected), .responded(let response, let ticket, let lifetime))
    where ticket == expected:
      return submitted(step, response, lifetime, now)
    case (.submitting(let step, let expected), .failed(let fault, let ticket))
    where ticket == expected:
      return submissionFailed(step, fault, now)

    case (.ended, .cancelled):
      return []
    case (_, .cancelled):
      let farewell = openStep.flatMap { Self.cancelRequest($0.response) }
      return (farewell.map { [.farewell($0)] } ?? []) + finish(.cancelled)
    default:
      return []  // late or out of turn: recognised, not prevented
    }
  }

  mutating func finish(_ outcome: Outcome) -> [Effect] {
    state = .ended(outcome)
    return [.finish(outcome)]
  }

  func wake(for step: Step, _ now: Duration) -> Effect {
    let poll = isAttended ? step.nextPoll : nil
    let next = min(poll ?? step.deadline, step.deadline)
    return .wake(after: max(next - now, .zero))
  }

  mutating func nextTicket() -> Ticket {
    ticketsIssued += 1
    return Ticket(number: ticketsIssued)
  }

  /// One that is past on arrival, or that the engine left out, counts as five minutes.
  static func lifetime(_ lifetime: Duration?) -> Duration {
    guard let lifetime, lifetime > .zero else { return .seconds(300) }
    return lifetime
  }

  private static func cancelRequest(_ response: IDXResponse) -> IDXRequest? {
    guard let cancel = response.cancel, !cancel.isLink else { return nil }
    return .submit(cancel, body: RequestBody.build(cancel, answers: [:], in: response))
  }
}
