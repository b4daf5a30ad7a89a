// The driver of the flow: find the transaction, hand it what happened, do what it says.

internal import FoundationEssentials
internal import IdentityEngine
internal import InteractionCodeFlow
internal import OAuth
internal import Prompts

extension Broker {
  /// Feeds the machine of a session, and does what it returns.
  func step(_ key: SessionKey, _ event: Transaction.Event) {
    guard let effects = transactions[key]?.machine.handle(event, now: uptime) else { return }
    for effect in effects { perform(effect, key) }
    tendRedirect(key)
  }

  /// The same, for what comes back from outside: only where the transaction is still that one.
  func step(_ key: SessionKey, _ id: TransactionID, _ event: Transaction.Event) {
    guard transactions[key]?.id == id else { return }
    step(key, event)
  }

  private func perform(_ effect: Transaction.Effect, _ key: SessionKey) {
    guard let transaction = transactions[key] else { return }
    switch effect {
    case .interact:
      interact(transaction)
    case .keep(let checkpoint):
      keep(checkpoint, transaction)
    case .send(let request, let ticket):
      send(request, ticket, transaction)
    case .show(let content):
      if !answerUnattended(content, key) { show(content, key) }
    case .update where transaction.prompt == nil:
      decideUnattended(key, transaction.id)
    case .update(let content):
      change(advised(content, key), key)
    case .remain(let fault):
      unattendedAnswerFailed(fault, key)
      if transaction.answerer.isEmpty { tell(fault, key) }
      transactions[key]?.answerer.resumeAll(.failure(BrokerError(fault)))
      transactions[key]?.answeringConnection = nil
      reopenRedirect(key)
      considerAbandoning(key)
    case .wake(let delay):
      transaction.wake?.cancel()
      let id = transaction.id
      transactions[key]?.wake = alarm(after: delay) { broker in broker.step(key, id, .woken) }
    case .farewell(let request):
      let deviceToken = deviceToken(key)
      spawn { [issuers] in
        _ = try? await issuers.send(request, transaction.profile, deviceToken: deviceToken)
      }
    case .finish(let outcome):
      finish(outcome, key)
    }
  }

  /// Says at the open prompt itself why nothing has come of what was done: a browser that came back,
  /// or an answer whose call is over, has nobody else whom it could be said to.
  private func tell(_ fault: Transaction.Fault, _ key: SessionKey) {
    guard var content = transactions[key]?.prompt?.content else { return }
    let words = Message(fault)
    guard !content.messages.contains(words) else { return }
    content.messages.append(words)
    change(content, key)
  }

  /// Changes the open prompt under its id, before the eyes of all who see it.
  func change(_ content: Prompt.Content, _ key: SessionKey) {
    guard let transaction = transactions[key], var prompt = transaction.prompt else { return }
    prompt.content = content
    transactions[key]?.prompt = prompt
    for (_, prompter) in eligible(transaction) { prompter.notify(.update(prompt)) }
  }

  /// The prompt as prompters see it: its end by our own clock, and the way back from a browser.
  private func advised(_ content: Prompt.Content, _ key: SessionKey) -> Prompt.Content {
    var content = content
    if let step = transactions[key]?.machine.openStep {
      // The issuer's text is by the issuer's clock; what is left was measured against that.
      let left = (step.deadline - uptime) / .seconds(1)
      content.expiresAt = Date.ISO8601FormatStyle().format(
        parts.clock.now().addingTimeInterval(left))
    }
    return withWayBack(content, key)
  }

  private func interact(_ transaction: RunningTransaction) {
    let deviceToken = deviceToken(transaction.key)
    spawn { [self] in
      do throws(BrokerError) {
        let handle = try await issuers.interact(
          transaction.profile, pkce: transaction.pkce, state: transaction.state,
          nonce: transaction.nonce, loginHint: transaction.loginHint, links: transaction.links,
          deviceToken: deviceToken)
        await interacted(transaction, handle)
      } catch {
        await failToStart(transaction.key, transaction.id, error)
      }
    }
  }

  private func interacted(_ transaction: RunningTransaction, _ handle: InteractionHandle) {
    guard transactions[transaction.key]?.id == transaction.id else { return }
    transactions[transaction.key]?.links = LinkTokens()
    step(transaction.key, .interacted(handle))
  }

  /// `/interact` and `/token` have errors of their own (a client that is refused) which the flow does
  /// not know.
  func failToStart(_ key: SessionKey, _ id: TransactionID, _ error: BrokerError) {
    guard transactions[key]?.id == id else { return }
    if case .requestRefused(let words) = error {
      return finish(.failed(.refused(words)), key)
    }
    if error.isRejection {
      rejections[key] = BackOff(failures: 1, after: RefreshSchedule.rejection, error, now: moment)
    }
    end(key, .failed, messages: [], .failure(error))
  }

  private func send(
    _ request: IDXRequest, _ ticket: Transaction.Ticket, _ transaction: RunningTransaction
  ) {
    let deviceToken = deviceToken(transaction.key)
    spawn { [self] in
      let event: Transaction.Event
      do throws(Transaction.Fault) {
        let (response, lifetime) = try await issuers.send(
          request, transaction.profile, deviceToken: deviceToken)
        event = .responded(response, ticket, lifetime: lifetime)
      } catch {
        event = .failed(error, ticket)
      }
      let clock = await issuers.issuerClock(transaction.profile)
      await heard(event, transaction, clock)
    }
  }

  private func heard(
    _ event: Transaction.Event, _ transaction: RunningTransaction, _ clock: IssuerClock
  ) {
    issuerClocks[transaction.profile.issuer] = clock
    step(transaction.key, transaction.id, event)
  }

  func show(_ content: Prompt.Content, _ key: SessionKey) {
    guard let transaction = transactions[key] else { return }
    let owner: Int? =
      if case .user(let uid) = key.owner { Int(uid) } else { nil }
    let prompt = Prompt(
      id: PromptID(rawValue: Self.unguessable()), transaction: transaction.id,
      profile: key.profile, owner: owner, issuer: transaction.profile.issuer,
      requestedBy: transaction.requester, reason: transaction.reason.map { String($0.prefix(200)) },
      content: advised(content, key))
    transactions[key]?.prompt = prompt
    let answering = transaction.answeringConnection
    for (connection, prompter) in eligible(transaction) where connection != answering {
      if let old = transaction.prompt {
        prompter.notify(.withdraw(old.id, .answered, messages: []))
      }
      prompter.notify(.show(prompt))
    }
    transactions[key]?.answerer.resumeAll(.success(.prompt(prompt)))
    transactions[key]?.answeringConnection = nil
    considerAbandoning(key)
  }
}
