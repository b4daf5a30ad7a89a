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
// 5. What a browser brings back is an event like any other. A code ends the run; everything else is
//    a reason to ask the engine where it stands, since it alone knows what the browser has done.
//
//     created → requestingHandle → introspecting ⇄ awaitingAnswer ⇄ submitting → ended

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
    case begun
    /// A restart found this handle in its checkpoint.
    case resumed(InteractionHandle)
    case interacted(InteractionHandle)
    /// - Parameter lifetime: what is left until the answer's `expiresAt`, by the issuer's clock.
    case responded(IDXResponse, Ticket, lifetime: Duration?)
    /// The request brought no IDX answer. `Ticket` is `nil` for `interact`.
    case failed(Fault, Ticket?)
    /// Values that `Form.validate` has accepted.
    case answered(form: String, values: [String: AnsweredValue])
    /// A browser came back, and its `state` was this run's.
    case returned(Callback)
    case woken
    case cancelled
  }

  /// What is to be done, in order.
  public enum Effect: Sendable, Equatable {
    case interact
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
    case finish(Outcome)
  }

  /// How it ended.
  public enum Outcome: Sendable, Equatable {
    /// Redeem this at once: it lives a minute.
    case succeeded(InteractionCode)
    /// The engine ended it, with these words; they may be good news.
    case ended([Message])
    case expired
    case cancelled
    /// It never came to a prompt.
    case failed(Fault)
  }

  /// Why a request brought no IDX answer.
  public enum Fault: Error, Sendable, Equatable {
    case rateLimited(after: Duration?)
    /// No connection, no answer in time, 5xx, nonsense.
    case unavailable(String)
    /// An answer in another shape than IDX, in the server's words.
    case refused(String)
  }

  /// What is on the table: the newest answer that is alive.
  public struct Step: Sendable, Equatable {
    public var handle: InteractionHandle
    public var response: IDXResponse
    public var content: Prompt.Content
    var deadline: Duration
    var nextPoll: Duration?
    var pollUnderWay: Ticket?
    var pollFailures = 0
  }

  public enum State: Sendable, Equatable {
    case created
    case requestingHandle
    /// `recovering`: the step to go back to when the engine can't be asked, and why it was asked.
    case introspecting(InteractionHandle, Ticket, recovering: Recovery?)
    case awaitingAnswer(Step)
    case submitting(Step, Ticket)
    case ended(Outcome)
  }

  public struct Recovery: Sendable, Equatable {
    var step: Step
    var fault: Fault?
    /// What a browser was told, which the next prompt or the end has to say.
    var words: [Message] = []
  }

  public internal(set) var state: State = .created
  public let purpose: Purpose
  /// Scheme, host and port of the issuer: where a transaction is introspected.
  let origin: String
  private var ticketsIssued = 0

  /// - Parameter origin: scheme, host and port of the issuer.
  public init(origin: String, purpose: Purpose = .authenticate) {
    self.origin = origin
    self.purpose = purpose
  }

  /// What is asked now; `nil` while nothing is.
  public var openStep: Step? {
    switch state {
    case .awaitingAnswer(let step), .submitting(let step, _): step
    case .introspecting(_, _, let recovery): recovery?.step
    case .created, .requestingHandle, .ended: nil
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
    case (.created, .resumed(let handle)), (.requestingHandle, .interacted(let handle)):
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

  // MARK: Introspection

  mutating func introspect(
    _ handle: InteractionHandle, recovering recovery: Recovery?
  ) -> [Effect] {
    let ticket = nextTicket()
    state = .introspecting(handle, ticket, recovering: recovery)
    return [.send(.introspect(handle, origin: origin), ticket)]
  }

  private mutating func introspected(
    _ handle: InteractionHandle, _ response: IDXResponse, _ lifetime: Duration?,
    _ recovery: Recovery?, _ now: Duration
  ) -> [Effect] {
    switch response.meaning {
    case .success(let success):
      return finish(.succeeded(success.code))
    case .alive:
      return open(handle, response, lifetime, now, saying: recovery?.words ?? [])
    case .rateLimited:
      return introspectionFailed(.rateLimited(after: nil), recovery, now)
    case .expired:
      guard let words = recovery?.words, !words.isEmpty else { return finish(.expired) }
      return finish(.ended(words))
    case .terminal:
      return finish(.ended((recovery?.words ?? []) + Message.lastWords(of: response)))
    }
  }

  private mutating func introspectionFailed(
    _ fault: Fault, _ recovery: Recovery?, _ now: Duration
  ) -> [Effect] {
    guard let recovery else { return finish(.failed(fault)) }
    guard recovery.words.isEmpty else {
      var step = recovery.step
      step.content.messages = recovery.words + step.content.messages
      return show(step, now)
    }
    return remain(recovery.step, recovery.fault ?? fault, now)
  }

  // MARK: Prompts and answers

  /// - Parameter words: said at the top of the prompt, before the engine's own.
  private mutating func open(
    _ handle: InteractionHandle, _ response: IDXResponse, _ lifetime: Duration?, _ now: Duration,
    saying words: [Message] = []
  ) -> [Effect] {
    var content = Prompt.Content(response)
    content.messages = words + content.messages
    return show(
      Step(
        handle: handle, response: response, content: content,
        deadline: now + Self.lifetime(lifetime)), now)
  }

  private mutating func show(_ step: Step, _ now: Duration) -> [Effect] {
    var step = step
    step.pollUnderWay = nil
    step.nextPoll = Self.pollInterval(step.response).map { now + $0 }
    state = .awaitingAnswer(step)
    return [.show(step.content), wake(for: step, now)]
  }

  /// A poll that was under way is overtaken by now: the next one starts from here.
  private mutating func remain(_ step: Step, _ fault: Fault, _ now: Duration) -> [Effect] {
    var step = step
    step.pollUnderWay = nil
    step.nextPoll = step.nextPoll ?? Self.pollInterval(step.response).map { now + $0 }
    state = .awaitingAnswer(step)
    return [.remain(fault), wake(for: step, now)]
  }

  mutating func submit(
    _ form: String, _ values: [String: AnsweredValue], _ step: Step
  ) -> [Effect] {
    let entry = FormEntry.all(of: step.response).first { $0.id == form }
    guard let remediation = entry?.remediation else { return [.remain(.refused("no such form"))] }
    if step.content.form(form)?.kind == .browser {
      // A link is never fetched from here: the answer only says that the browser is done.
      return introspect(step.handle, recovering: Recovery(step: step))
    }
    let body = RequestBody.build(remediation, answers: values, in: step.response)
    let ticket = nextTicket()
    var step = step
    step.pollUnderWay = nil
    state = .submitting(step, ticket)
    return [.send(.submit(remediation, body: body), ticket)]
  }

  private mutating func submitted(
    _ step: Step, _ response: IDXResponse, _ lifetime: Duration?, _ now: Duration
  ) -> [Effect] {
    switch response.meaning {
    case .success(let success):
      return finish(.succeeded(success.code))
    case .alive:
      return open(step.handle, response, lifetime ?? (step.deadline - now), now)
    case .rateLimited:
      return remain(step, .rateLimited(after: nil), now)
    case .expired:
      return introspect(step.handle, recovering: Recovery(step: step, fault: nil))
    case .terminal:
      return finish(.ended(Message.lastWords(of: response)))
    }
  }

  private mutating func submissionFailed(
    _ step: Step, _ fault: Fault, _ now: Duration
  ) -> [Effect] {
    switch fault {
    case .rateLimited, .refused:
      return remain(step, fault, now)
    case .unavailable:
      return introspect(step.handle, recovering: Recovery(step: step, fault: fault))
    }
  }

  mutating func finish(_ outcome: Outcome) -> [Effect] {
    state = .ended(outcome)
    return [.finish(outcome)]
  }

  // MARK: Polling and time

  private mutating func woken(_ step: Step, _ now: Duration) -> [Effect] {
    guard now < step.deadline else { return finish(.expired) }
    guard let due = step.nextPoll, due <= now, step.pollUnderWay == nil,
      let poll = Self.poll(step.response)
    else { return [wake(for: step, now)] }
    var step = step
    let ticket = nextTicket()
    step.pollUnderWay = ticket
    step.nextPoll = nil
    state = .awaitingAnswer(step)
    let body = RequestBody.build(poll, answers: [:], in: step.response)
    return [.send(.submit(poll, body: body), ticket), wake(for: step, now)]
  }

  private mutating func polled(
    _ step: Step, _ response: IDXResponse, _ lifetime: Duration?, _ now: Duration
  ) -> [Effect] {
    switch response.meaning {
    case .success(let success):
      return finish(.succeeded(success.code))
    case .alive where Self.isSameChallenge(step.response, response):
      var next = step
      next.response = response
      next.content = Prompt.Content(response)
      next.deadline = lifetime.map { now + Self.lifetime($0) } ?? step.deadline
      next.nextPoll = Self.pollInterval(response).map { now + $0 }
      next.pollUnderWay = nil
      next.pollFailures = 0
      state = .awaitingAnswer(next)
      let isChanged = next.content != step.content
      return (isChanged ? [.update(next.content)] : []) + [wake(for: next, now)]
    case .alive:
      return open(step.handle, response, lifetime, now)
    case .rateLimited:
      return pollFailed(step, .rateLimited(after: nil), now)
    case .expired:
      return introspect(step.handle, recovering: Recovery(step: step, fault: nil))
    case .terminal:
      return finish(.ended(Message.lastWords(of: response)))
    }
  }

  private mutating func pollFailed(_ step: Step, _ fault: Fault, _ now: Duration) -> [Effect] {
    var step = step
    step.pollUnderWay = nil
    step.pollFailures += 1
    let pause: Duration =
      switch fault {
      case .rateLimited(let after): after ?? .seconds(60)
      case .unavailable, .refused: .seconds(min(4 << min(step.pollFailures, 4), 60))
      }
    step.nextPoll = now + pause
    state = .awaitingAnswer(step)
    return [wake(for: step, now)]
  }

  private func wake(for step: Step, _ now: Duration) -> Effect {
    let next = min(step.nextPoll ?? step.deadline, step.deadline)
    return .wake(after: max(next - now, .zero))
  }

  private mutating func nextTicket() -> Ticket {
    ticketsIssued += 1
    return Ticket(number: ticketsIssued)
  }

  /// One that is past on arrival, or that the engine left out, counts as five minutes.
  private static func lifetime(_ lifetime: Duration?) -> Duration {
    guard let lifetime, lifetime > .zero else { return .seconds(300) }
    return lifetime
  }

  private static func poll(_ response: IDXResponse) -> Remediation? {
    response.remediations.first(where: \.isPoll) ?? response.actions.first(where: \.isPoll)
  }

  /// At least half a second, whatever the server says; 4 s where it says nothing.
  private static func pollInterval(_ response: IDXResponse) -> Duration? {
    poll(response).map { .milliseconds(max($0.refresh ?? 4000, 500)) }
  }

  /// Whether a poll's answer is the same challenge, still open (protocol reference §5.4, rule 4).
  private static func isSameChallenge(_ old: IDXResponse, _ new: IDXResponse) -> Bool {
    guard poll(new) != nil else { return false }
    let (before, after) = (
      old.currentAuthenticator ?? old.currentEnrollment,
      new.currentAuthenticator ?? new.currentEnrollment
    )
    return before?.id == after?.id && before?.key == after?.key
      && old.remediations.first?.name == new.remediations.first?.name
  }

  private static func cancelRequest(_ response: IDXResponse) -> IDXRequest? {
    response.cancel.map { .submit($0, body: RequestBody.build($0, answers: [:], in: response)) }
  }
}
