// Signing a service account in without a person. `UnattendedAnswers` decides; here is what becomes
// of it.
//
// 1. A prompt that is answered here is shown to nobody. Where a poll changes it meanwhile, it is
//    decided about anew, and what had been decided before and not been sent is as if it never was.
// 2. Which code was given last is on disk before it is given.
// 3. Where it stops, it stops for the whole profile, whatever the owner: the answers are the same
//    for all of them. What was refused is not tried again before somebody has changed the
//    configuration or signed in by hand, over restarts too; what was only not known, after a while.
//    So is a credential of which a crash has left it open what came of it: which ones a sign-in has
//    been given is on disk before they are.
// 4. A credential is given by one sign-in of a profile at a time (`AnswerTurns`): the others wait for
//    what comes of it.
// 5. The prompt at which it stops goes to a prompter, if there is one, or one may come; else the
//    sign-in is over at once.

internal import FoundationEssentials
internal import InteractionCodeFlow
internal import Prompts
internal import Secrets

extension Broker {
  /// Answers a prompt without a person.
  ///
  /// - Returns: whether it is taken care of; else it is to be shown.
  func answerUnattended(_ content: Prompt.Content, _ key: SessionKey) -> Bool {
    guard let transaction = transactions[key], var run = transaction.unattended,
      let answers = transaction.profile.answers
    else { return false }
    guard transaction.isMeantFor(answers) else {
      transactions[key]?.unattended = nil
      leaveTurn(transaction)
      return false
    }
    guard canSignIn(transaction.profile) else { return handOver(transaction) }
    if let unsent = run.unsent {
      run.answered.remove(unsent)
      transactions[key]?.credentialsGiven.remove(unsent)
      run.unsent = nil
    }
    run.decisions += 1
    transactions[key]?.unattended = run
    let decided = run.decisions
    let now = issuerTime(transaction.profile)
    let step = OneTimeCodes.step(at: now)
    let decision = answers.decide(
      content, after: run, fallback: transaction.loginHint, step: step,
      used: codesUsed[key.profile])
    switch decision {
    case .answer(let answer, let question, let codeStep):
      guard let form = content.form(answer.form), let values = try? form.validate(answer) else {
        return stopUnattended(.unfit(form: answer.form), key)
      }
      let isCredential = answer.hasCredential
      if isCredential {
        guard answerTurns.take(transaction.entrant) else { return true }
      } else {
        leaveTurn(transaction)
      }
      transactions[key]?.unattended?.answered.insert(question)
      transactions[key]?.unattended?.unsent = question
      if isCredential { transactions[key]?.credentialsGiven.insert(question) }
      if let codeStep { codesUsed[key.profile] = codeStep }
      audit("prompt answered as configured", "prompt_answered", key, .success(()))
      // Not from inside the effects that are being performed: the rest of them comes first.
      spawn {
        // On disk before it is used: a restart must not give it once more.
        if isCredential { await self.keepFirst(key, transaction.id) }
        if let codeStep { await self.keepCode(of: codeStep, key.profile) }
        await self.give(.answered(form: form.id, values: values), transaction, decided)
      }
      return true
    case .wait(let next):
      leaveTurn(transaction)
      let delay = OneTimeCodes.wait(from: now, to: next)
      _ = alarm(after: delay) { broker in
        guard broker.transactions[key]?.unattended?.decisions == decided else { return }
        broker.decideUnattended(key, transaction.id)
      }
      return true
    case .stop(let stop):
      return stopUnattended(stop, key)
    }
  }

  /// What the issuer's clock shows, by which it judges a code.
  private func issuerTime(_ profile: Profile) -> Date {
    (issuerClocks[profile.issuer] ?? IssuerClock()).time(at: parts.clock.now())
  }

  private func give(
    _ event: Transaction.Event, _ transaction: RunningTransaction, _ decided: Int
  ) {
    let key = transaction.key
    guard let current = transactions[key], current.id == transaction.id,
      current.unattended?.decisions == decided, case .awaitingAnswer = current.machine.state
    else { return }
    transactions[key]?.unattended?.unsent = nil
    step(key, event)
  }

  /// Gives way to the next in the line, where it was this one's turn.
  func leaveTurn(_ transaction: RunningTransaction) {
    guard let next = answerTurns.leave(transaction.entrant) else { return }
    // Whatever is known of the answers by then counts for it.
    spawn { await self.decideUnattended(next.key, next.id) }
  }

  /// Decides about what is open now, and has it shown where it is for a person.
  func decideUnattended(_ key: SessionKey, _ id: TransactionID) {
    guard let transaction = transactions[key], transaction.id == id,
      transaction.unattended != nil, case .awaitingAnswer(let step) = transaction.machine.state
    else { return }
    if !answerUnattended(step.content, key) { show(step.content, key) }
    tendRedirect(key)
  }

  // MARK: Stopping

  /// The answers stopped in another sign-in: this one is for a person too.
  ///
  /// - Returns: whether it ends here, since its callers need not wait for one; else its prompt is to
  ///   be shown.
  private func handOver(_ transaction: RunningTransaction) -> Bool {
    transactions[transaction.key]?.unattended = nil
    leaveTurn(transaction)
    guard !transaction.callers.isEmpty, eligible(transaction).isEmpty, !transaction.mayWait else {
      return false
    }
    leave(transaction.key, transaction.id, answersError(transaction.profile))
    return true
  }

  /// - Returns: whether the sign-in ends here; else its prompt is to be shown.
  private func stopUnattended(_ stop: UnattendedStop, _ key: SessionKey) -> Bool {
    guard let transaction = transactions[key] else { return true }
    transactions[key]?.unattended = nil
    remember(stop, key)
    leaveTurn(transaction)
    guard eligible(transaction).isEmpty, !transaction.mayWait else { return false }
    leave(key, transaction.id, answersError(transaction.profile))
    return true
  }

  /// Ends a sign-in that nobody goes on with, at the issuer too.
  private func leave(_ key: SessionKey, _ id: TransactionID, _ error: BrokerError) {
    transactions[key]?.unattended = nil
    transactions[key]?.callers.resumeAll(.failure(error))
    spawn { await self.step(key, id, .cancelled) }
  }

  /// An answer was not taken: it is not sent again, and there is nobody whose prompt it could stay.
  func unattendedAnswerFailed(_ fault: Transaction.Fault, _ key: SessionKey) {
    guard let transaction = transactions[key], transaction.profile.answers != nil,
      let run = transaction.unattended
    else { return }
    guard !run.answered.isEmpty else {
      // Nothing was given yet: what is open may still be answered.
      if transaction.prompt == nil { spawn { await self.decideUnattended(key, transaction.id) } }
      return
    }
    switch fault {
    case .rateLimited(let after):
      quietUntil[key] = uptime + (after ?? .seconds(60))
    case .refused(let words), .invalidated(let words):
      let messages = [Message(level: .error, text: words)]
      remember(.refused(messages), key)
      return leave(key, transaction.id, .transactionFailed(messages))
    case .unavailable, .misdirected:
      break
    }
    leave(key, transaction.id, BrokerError(fault))
  }

  /// The engine ended the sign-in, with these words: where that came of an answer given here, it is
  /// not tried again.
  func unattendedSignInEnded(_ messages: [Message], _ key: SessionKey) {
    guard let transaction = transactions[key], transaction.profile.answers != nil,
      let run = transaction.unattended, !run.answered.isEmpty
    else { return }
    remember(.refused(messages), key)
  }
}

extension RunningTransaction {
  /// Whether it is for the account that the answers are of: a sign-in, and not as somebody else.
  fileprivate func isMeantFor(_ answers: UnattendedAnswers) -> Bool {
    guard machine.purpose == .authenticate else { return false }
    guard let identifier = answers.identifier, let loginHint, loginHint != profile.loginHint else {
      return true
    }
    return loginHint == identifier
  }
}
