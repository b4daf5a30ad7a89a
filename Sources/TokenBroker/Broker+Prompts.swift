// What prompters do: attach, detach, answer, cancel, hang up.

internal import InteractionCodeFlow
internal import OAuth
public import Prompts

extension Broker {
  /// Attaches a connection, and gives it the prompts that are open for it.
  ///
  /// - Parameter profiles: those that it wants to answer for; `nil` for all that it may.
  /// - Throws: `unknownProfile` for a name that the peer may not know of.
  public func attach(
    _ connection: ConnectionID, _ peer: Peer, _ prompter: any Prompter, profiles: [String]?
  ) throws(BrokerError) -> [Prompt] {
    for name in profiles ?? [] {
      guard let profile = self.profiles[name], parts.policy.mayKnow(profile, peer) else {
        throw .unknownProfile(name)
      }
    }
    board.attach(
      connection,
      PromptBoard.Attachment(peer: peer, prompter: prompter, profiles: profiles.map { Set($0) }))
    var prompts: [Prompt] = []
    for (key, transaction) in transactions
    where eligible(transaction).contains(where: { $0.0 == connection }) {
      considerAbandoning(key)
      if let prompt = transaction.prompt, !transaction.isRedeeming { prompts.append(prompt) }
    }
    return prompts.sorted { $0.profile < $1.profile }
  }

  /// Detaches a connection; what it had open is shown by others, or waits for the next one.
  public func detach(_ connection: ConnectionID) {
    board.detach(connection)
    for key in transactions.keys { considerAbandoning(key) }
  }

  /// A connection has ended: its calls are over, its prompts are not.
  public func hangUp(_ connection: ConnectionID) {
    board.detach(connection)
    subscriptions.remove(connection)
    for key in Array(refreshes.keys) {
      refreshes[key]?.waiters.resume(of: connection, .failure(.transactionCancelled))
    }
    for key in Array(transactions.keys) {
      transactions[key]?.callers.resume(of: connection, .failure(.transactionCancelled))
      transactions[key]?.answerer.resume(of: connection, .failure(.transactionCancelled))
      if transactions[key]?.answeringConnection == connection {
        // Its answer is under way; what comes of it is shown to whoever is attached then.
        transactions[key]?.answeringConnection = nil
      }
      considerAbandoning(key)
    }
  }

  /// Answers a prompt: checks it against the form, sends it once, waits for what comes of it.
  ///
  /// - Throws: `promptStale`, `invalidAnswer` (nothing was sent), `timeout`, and what the issuer
  ///   makes of it while the prompt stays open (`rateLimited`, `issuerUnavailable`).
  public func answer(
    _ prompt: PromptID, _ answer: Answer, timeout: Duration, _ peer: Peer,
    _ connection: ConnectionID
  ) async throws(BrokerError) -> AnswerOutcome {
    let deadline = uptime + timeout
    let transaction = try transaction(of: prompt, peer)
    let key = transaction.key
    guard mayAnswer(prompt, peer) else { throw .promptStale }
    guard let form = transaction.prompt?.content.form(answer.form) else {
      throw .invalidAnswer(.noSuchForm(answer.form))
    }
    let values: [String: AnsweredValue]
    do throws(AnswerFault) {
      values = try form.validate(answer)
      try transaction.machine.check(form.id, values)
    } catch {
      throw .invalidAnswer(error)
    }
    var callback: RedirectCallback?
    if let address = form.pastedAddress(values) {
      callback = try await within(deadline) { broker throws(BrokerError) in
        try await broker.callback(at: address, transaction)
      }
    }
    let returned = callback
    return try await wait(until: deadline) { broker, id, continuation, alarm in
      // Whoever else has answered meanwhile was first.
      guard broker.mayAnswer(prompt, peer) else { return .failure(.promptStale) }
      broker.audit("prompt answered", "prompt_answered", key, .success(()))
      broker.transactions[key]?.answeringConnection = connection
      broker.transactions[key]?.answerer.add(
        id, continuation, alarm: alarm, connection: connection)
      broker.step(
        key,
        returned.map { broker.returned($0, key) } ?? .answered(form: answer.form, values: values))
      return nil
    } leave: { broker, id in
      broker.transactions[key]?.answerer.resume(id, .failure(.timeout(waitingFor: .issuer)))
      // Nothing comes back to this call any more: what comes of it is shown to its prompter too.
      if broker.transactions[key]?.answerer.isEmpty == true {
        broker.transactions[key]?.answeringConnection = nil
      }
    }
  }

  /// Cancels the transaction of a prompt, at the issuer too, also while an answer is under way.
  public func cancel(_ prompt: PromptID, _ peer: Peer) throws(BrokerError) {
    cancelTransaction(try transaction(of: prompt, peer).key)
  }

  /// Whether a prompt waits for an answer: one that was given may still be under way, though its caller
  /// waits no longer.
  private func mayAnswer(_ prompt: PromptID, _ peer: Peer) -> Bool {
    guard let transaction = try? transaction(of: prompt, peer), transaction.answerer.isEmpty,
      case .awaitingAnswer = transaction.machine.state
    else { return false }
    return true
  }

  /// The transaction that shows a prompt under that id, for somebody who may see it; everything
  /// else looks like a prompt that is no longer open.
  private func transaction(
    of prompt: PromptID, _ peer: Peer
  ) throws(BrokerError) -> RunningTransaction {
    guard let transaction = transactions.values.first(where: { $0.prompt?.id == prompt }),
      parts.policy.mayAnswer(transaction.profile, transaction.key.owner, peer),
      !transaction.isRedeeming
    else { throw .promptStale }
    return transaction
  }
}
