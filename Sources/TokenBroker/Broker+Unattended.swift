// Signing a service account in without a person. `UnattendedAnswers` decides; here is what becomes
// of it.
//
// 1. A prompt that is answered here is shown to nobody. Where a poll changes it meanwhile, it is
//    decided about anew, and what had been decided before and not been sent is as if it never was.
// 2. Which code was given last is on disk before it is given.
// 3. Where it stops, it stops for the whole profile, whatever the owner: the answers are the same
//    for all of them. What was refused is not tried again before somebody has changed the
//    configuration or signed in by hand; what was only not known, after a while.
// 4. The prompt at which it stops goes to a prompter, if there is one, or one may come; else the
//    sign-in is over at once.

internal import FoundationEssentials
internal import InteractionCodeFlow
internal import Logging
internal import Prompts
internal import Secrets
internal import TokenVault

/// Why the configured answers of a profile are not given any more.
struct AnswersStopped {
  var stop: UnattendedStop
  /// On the uptime clock; `nil`: not before somebody has done something about it.
  var until: Duration?
}

/// After which time a policy that was not known is tried again: it may have been changed.
private let pause: Duration = .seconds(900)

extension Broker {
  /// Whether the profile signs in by itself now.
  func canSignIn(_ profile: Profile) -> Bool {
    guard profile.answers != nil else { return false }
    guard let stopped = answersStopped[profile.name] else { return true }
    return stopped.until.map { $0 <= uptime } ?? false
  }

  /// Why a profile needs a person.
  func answersError(_ profile: Profile) -> BrokerError {
    guard profile.answers != nil, let stopped = answersStopped[profile.name] else {
      return .interactionRequired(profile: profile.name, retryAfter: nil)
    }
    let left = stopped.until.map { max(1, Int(($0 - uptime).components.seconds) + 1) }
    return .answersStopped(profile: profile.name, stopped.stop, retryAfter: left)
  }

  /// Answers a prompt without a person.
  ///
  /// - Returns: whether it is taken care of; else it is to be shown.
  func answerUnattended(_ content: Prompt.Content, _ key: SessionKey) -> Bool {
    guard let transaction = transactions[key], var run = transaction.unattended,
      let answers = transaction.profile.answers
    else { return false }
    guard canSignIn(transaction.profile), transaction.isMeantFor(answers) else {
      transactions[key]?.unattended = nil
      return false
    }
    if let unsent = run.unsent {
      run.answered.remove(unsent)
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
      transactions[key]?.unattended?.answered.insert(question)
      transactions[key]?.unattended?.unsent = question
      if let codeStep { codesUsed[key.profile] = codeStep }
      audit("prompt answered as configured", "prompt_answered", key, .success(()))
      // Not from inside the effects that are being performed: the rest of them comes first.
      spawn {
        // On disk before it is used: a restart must not give it once more.
        if let codeStep { await self.keepCode(of: codeStep, key.profile) }
        await self.give(.answered(form: form.id, values: values), transaction, decided)
      }
      return true
    case .wait(let next):
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

  /// Brings onto the disk which step's code was given last. Where that fails it is given all the
  /// same: what it guards against takes a restart in the same half minute.
  private func keepCode(of step: Int64, _ profile: String) async {
    let record = TaggedFields.encode([(1, Secret(String(step)))])
    do {
      try await parts.vault.write(record, as: Self.codeRecordName(profile))
    } catch {
      parts.logger.warning(
        "it could not be saved which time-based code was given",
        metadata: ["profile": "\(profile)", "error": "\(error)"])
    }
  }

  private static func codeRecordName(_ profile: String) -> Vault.Name {
    Vault.Name(kind: "code", profile: profile, owner: "service")
  }

  /// The step of the newest code that was given for each profile, as the vault knows it.
  static func codesUsed(_ records: [(Vault.Name, Secret)]) -> [String: Int64] {
    var steps: [String: Int64] = [:]
    for (name, payload) in records where name == codeRecordName(name.profile) {
      for (tag, bytes) in TaggedFields.decode(payload) ?? [] where tag == 1 {
        steps[name.profile] = Int64(bytes.exposedText())
      }
    }
    return steps
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

  /// Decides about what is open now, and has it shown where it is for a person.
  func decideUnattended(_ key: SessionKey, _ id: TransactionID) {
    guard let transaction = transactions[key], transaction.id == id,
      transaction.unattended != nil, case .awaitingAnswer(let step) = transaction.machine.state
    else { return }
    if !answerUnattended(step.content, key) { show(step.content, key) }
    tendRedirect(key)
  }

  // MARK: Stopping

  /// - Returns: whether the sign-in ends here; else its prompt is to be shown.
  private func stopUnattended(_ stop: UnattendedStop, _ key: SessionKey) -> Bool {
    guard let transaction = transactions[key] else { return true }
    transactions[key]?.unattended = nil
    remember(stop, key)
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

  private func remember(_ stop: UnattendedStop, _ key: SessionKey) {
    let isRefusal = if case .unknown = stop { false } else { true }
    answersStopped[key.profile] = AnswersStopped(
      stop: stop, until: isRefusal ? nil : uptime + pause)
    var metadata: Logger.Metadata = [
      "event": "answers_stopped", "profile": "\(key.profile)", "owner": "\(key.owner.text)",
    ]
    switch stop {
    case .refused(let messages):
      metadata["why"] = "refused"
      metadata["messages"] = "\(messages.map { $0.key ?? $0.text }.joined(separator: ", "))"
    case .repeated(let form):
      metadata["why"] = "asked again"
      metadata["forms"] = "\(form)"
    case .unknown(let forms):
      metadata["why"] = "not known"
      metadata["forms"] = "\(forms.joined(separator: ", "))"
    case .unfit(let form):
      metadata["why"] = "unfit"
      metadata["forms"] = "\(form)"
    }
    parts.logger.warning(
      "the configured answers do not sign in; a person is needed", metadata: metadata)
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
