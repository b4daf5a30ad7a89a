// When to ask again, and what a poll that comes back changes (protocol reference §5.4).

internal import IdentityEngine
internal import Prompts

extension Transaction {
  mutating func woken(_ step: Step, _ now: Duration) -> [Effect] {
    guard now < step.deadline else { return finish(.expired) }
    guard isAttended, let due = step.nextPoll, due <= now, step.pollUnderWay == nil,
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

  /// Where nobody is there nothing is asked; whoever comes back gets what is due at once.
  mutating func attended(_ isAttended: Bool, _ now: Duration) -> [Effect] {
    guard isAttended != self.isAttended else { return [] }
    self.isAttended = isAttended
    guard case .awaitingAnswer(let step) = state else { return [] }
    return [wake(for: step, now)]
  }

  mutating func polled(
    _ step: Step, _ response: IDXResponse, _ lifetime: Duration?, _ now: Duration
  ) -> [Effect] {
    switch response.meaning {
    case .success(let success):
      return finish(.succeeded(success.code))
    case .alive where Self.isSameChallenge(step.response, response):
      var next = step
      next.response = response
      next.content = Prompt.Content(response, origin: origin)
      next.content.messages = step.words + next.content.messages
      next.deadline = lifetime.map { now + Self.lifetime($0) } ?? step.deadline
      next.nextPoll = Self.pollInterval(response).map { now + $0 }
      next.pollUnderWay = nil
      next.pollFailures = 0
      state = .awaitingAnswer(next)
      // The engine moves the expiry on with each poll; that alone is nothing to look at.
      var seen = next.content
      seen.expiresAt = step.content.expiresAt
      let isChanged = seen != step.content
      return keep(step.handle, response) + (isChanged ? [.update(next.content)] : [])
        + [wake(for: next, now)]
    case .alive:
      return open(step.handle, response, lifetime, now)
    case .rateLimited:
      return pollFailed(step, .rateLimited(after: nil), now)
    case .expired:
      return introspect(step.handle, recovering: Recovery(step: step, fault: nil))
    case .terminal:
      return finish(end(response))
    }
  }

  mutating func pollFailed(_ step: Step, _ fault: Fault, _ now: Duration) -> [Effect] {
    if case .invalidated = fault {
      return introspect(step.handle, recovering: Recovery(step: step, fault: fault))
    }
    if case .misdirected = fault { return finish(.failed(fault)) }
    var step = step
    step.pollUnderWay = nil
    step.pollFailures += 1
    step.nextPoll = now + Self.pause(fault, failures: step.pollFailures)
    state = .awaitingAnswer(step)
    return [wake(for: step, now)]
  }

  /// Longer each time; a rate limit names its own time, or is taken for a minute.
  static func pause(_ fault: Fault, failures: Int) -> Duration {
    switch fault {
    case .rateLimited(let after): after ?? .seconds(60)
    case .unavailable, .refused, .invalidated, .misdirected:
      .seconds(min(4 << min(failures, 4), 60))
    }
  }

  static func poll(_ response: IDXResponse) -> Remediation? {
    (response.remediations + response.actions).first { $0.isPoll && !$0.isLink }
  }

  /// At least half a second, whatever the server says; 4 s where it says nothing.
  static func pollInterval(_ response: IDXResponse) -> Duration? {
    poll(response).map { .milliseconds(max($0.refresh ?? 4000, 500)) }
  }

  /// Whether a poll's answer is the same challenge, still open (protocol reference §5.4, rule 4).
  static func isSameChallenge(_ old: IDXResponse, _ new: IDXResponse) -> Bool {
    guard poll(new) != nil else { return false }
    let (before, after) = (
      old.currentAuthenticator ?? old.currentEnrollment,
      new.currentAuthenticator ?? new.currentEnrollment
    )
    return before?.id == after?.id && before?.key == after?.key
      && old.remediations.first?.name == new.remediations.first?.name
  }
}
