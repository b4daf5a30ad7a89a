// What the engine's answers lead to: the next prompt, the same one again, or the end.

internal import IdentityEngine
internal import JSON
internal import Prompts

extension Transaction {
  /// - Parameter words: said at the top of the prompt, before the engine's own.
  mutating func open(
    _ handle: InteractionHandle, _ response: IDXResponse, _ lifetime: Duration?, _ now: Duration,
    saying words: [Message] = []
  ) -> [Effect] {
    var content = Prompt.Content(response, origin: origin)
    content.messages = words + content.messages
    let step = Step(
      handle: handle, response: response, content: content, deadline: now + Self.lifetime(lifetime),
      words: words)
    if content.messages.isEmpty, let effects = proceed(from: step) {
      return keep(handle, response) + effects
    }
    return keep(handle, response) + show(step, now)
  }

  mutating func show(_ step: Step, _ now: Duration) -> [Effect] {
    var step = step
    step.isShown = true
    step.pollUnderWay = nil
    step.nextPoll = Self.pollInterval(step.response).map { now + $0 }
    state = .awaitingAnswer(step)
    return [.show(step.content), wake(for: step, now)]
  }

  /// A poll that was under way is overtaken by now: the next one starts from here.
  mutating func remain(_ step: Step, _ fault: Fault, _ now: Duration) -> [Effect] {
    // What was done without asking did not work: now a person is asked.
    guard step.isShown else { return show(step, now) }
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
    if remediation.isLink || step.content.form(form)?.kind == .browser {
      // A link is never fetched from here: the answer only says that the browser is done, or asks
      // after what was never sent anywhere.
      return introspect(step.handle, recovering: Recovery(step: step))
    }
    if case .value(let value) = values["identifier"] { identifier = value.string ?? identifier }
    return send(remediation, values, step)
  }

  mutating func send(
    _ remediation: Remediation, _ values: [String: AnsweredValue], _ step: Step
  ) -> [Effect] {
    let body = RequestBody.build(remediation, answers: values, in: step.response)
    let ticket = nextTicket()
    var step = step
    step.pollUnderWay = nil
    state = .submitting(step, ticket)
    return [.send(.submit(remediation, body: body), ticket)]
  }

  mutating func submitted(
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
      return finish(end(response))
    }
  }

  /// How an answer that is neither alive nor a code ends the run.
  func end(_ response: IDXResponse, after words: [Message] = []) -> Outcome {
    let words = words + Message.lastWords(of: response)
    // Said to be good by the engine itself: what has no level is not.
    let isGood =
      words.allSatisfy { $0.level == .info }
      && response.messages.contains { $0.level?.uppercased() == "INFO" }
    return isGood && purpose != .authenticate ? .accomplished(words) : .ended(words)
  }

  mutating func submissionFailed(
    _ step: Step, _ fault: Fault, _ now: Duration
  ) -> [Effect] {
    switch fault {
    case .rateLimited, .refused, .misdirected:
      return remain(step, fault, now)
    case .unavailable, .invalidated:
      return introspect(step.handle, recovering: Recovery(step: step, fault: fault))
    }
  }
}
