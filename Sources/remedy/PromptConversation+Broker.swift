// What the broker says while somebody sits at the terminal: new prompts, changed ones, those that are
// gone, and what the issuer made of an answer.

internal import BrokerInterface
internal import JSON
internal import JSONRPC
internal import Prompts
internal import RemedyClient

/// How a sign-in ended whose prompts were answered here.
struct EndedPrompt {
  let transaction: TransactionID
  let profile: String
  let reason: PromptWithdraw.Reason
  var session: SessionSummary?

  var json: JSONValue {
    var object: JSONObject = [
      "transaction": .string(transaction.rawValue), "profile": .string(profile),
      "outcome": .string(reason.rawValue),
    ]
    object.append("session", session?.json)
    return .object(object)
  }
}

extension PromptConversation {
  func hear(_ notification: BrokerNotification) throws(Failure) {
    switch notification {
    case .show(let show):
      guard isForHere(show.prompt) else { return others.append(show.prompt) }
      queue.append(show.prompt)
      // A transaction has one prompt: a new one takes the place of the old.
      if let screen, screen.prompt.transaction == show.prompt.transaction, answer == nil {
        self.screen = nil
      }
    case .update(let update):
      if let index = queue.firstIndex(where: { $0.id == update.prompt.id }) {
        queue[index] = update.prompt
      }
      // What the prompt is while our answer to it is under way comes with the answer's result.
      guard answer == nil, screen?.prompt.id == update.prompt.id,
        let effects = screen?.update(update.prompt)
      else { return }
      try perform(effects)
    case .withdraw(let withdrawal):
      queue.removeAll { $0.id == withdrawal.prompt }
      others.removeAll { $0.id == withdrawal.prompt }
      // What became of our own answer comes as its result.
      guard screen?.prompt.id == withdrawal.prompt, answer == nil else { return }
      try close(withdrawal)
    case .changed, .gone, .unknown:
      return
    }
  }

  private func close(_ withdrawal: PromptWithdraw) throws(Failure) {
    let prompt = screen?.prompt
    let isTyping = screen?.isWaiting == false
    screen = nil
    // Around a call it is the call's result that says so.
    let isSaid = withdrawal.reason == .completed && onEnd == nil
    // As a rule nobody answered: what was waited for is done, and the next prompt is on its way.
    let wentOn =
      withdrawal.reason == .answered && !isTyping
      && prompt?.content.forms.contains { $0.kind == .poll } ?? false
    if isSaid || wentOn { return write(spinner.clear() + (isTyping ? "\n" : "")) }
    let what: TerminalText =
      switch withdrawal.reason {
      case .answered: "done elsewhere"
      case .completed: "signed in"
      case .failed: "the sign-in has ended"
      case .cancelled: "the sign-in was cancelled"
      case .expired: "the prompt ran out"
      }
    let words = MessageLines(style: terminal.style).lines(of: withdrawal.messages)
    write(spinner.clear())
    write("\n  " + what + "\n" + words.map { $0 + "\n" }.joined(separator: ""))
    if let prompt, withdrawal.reason != .answered {
      try onEnd?(
        EndedPrompt(
          transaction: prompt.transaction, profile: prompt.profile, reason: withdrawal.reason))
    }
  }

  /// What the issuer said to our answer.
  func takeOutcome() throws(Failure) {
    guard let answer else { return }
    let outcome: AnswerOutcome
    do throws(CallFault) {
      guard let result = try client.result(of: answer) else { return }
      outcome = result
    } catch {
      self.answer = nil
      guard case .refused(let refusal) = error else { throw .call(error) }
      return try tellRefusal(refusal)
    }
    self.answer = nil
    let prompt = screen?.prompt
    screen = nil
    if let next = outcome.prompt {
      queue.removeAll { $0.id == next.id }
      queue.insert(next, at: 0)
    } else if let prompt {
      try ended(prompt, outcome)
    }
  }

  /// The last answer of a sign-in. Around a call the call's result says it.
  private func ended(_ prompt: Prompt, _ outcome: AnswerOutcome) throws(Failure) {
    guard let onEnd else { return }
    let isGood = outcome.outcome == .completed
    write(spinner.clear())
    if isGood {
      let subject = (prompt.content.person ?? outcome.session?.subject).map {
        name -> TerminalText in
        " as \(name)"
      }
      write("  signed in to \(prompt.profile)" + (subject ?? "") + "\n")
    } else {
      let words = outcome.error.map { Failure.call(.refused($0)).text(style: terminal.style) }
      write(words ?? "  the sign-in has ended\n")
    }
    try onEnd(
      EndedPrompt(
        transaction: prompt.transaction, profile: prompt.profile,
        reason: isGood ? .completed : .failed, session: outcome.session))
  }

  private func tellRefusal(_ error: RPCError) throws(Failure) {
    write(spinner.clear())
    if error.reason == .promptStale {
      screen = nil
      write("  that prompt is no longer open\n")
      return
    }
    let form = screen?.walk?.form
    let label = { (name: String) in form?.fields.first { $0.name == name }?.label }
    var why: TerminalText = "\(words: error.answerWords(label: label))"
    if let wait = error.retryAfter { why += " (wait \(Int(wait.rounded(.up))) s)" }
    if let effects = screen?.refused(why) { try perform(effects) }
  }
}
