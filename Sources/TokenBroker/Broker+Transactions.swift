// The driver of the flow: find the transaction, hand it what happened, do what it says.

internal import FoundationEssentials
internal import IdentityEngine
internal import InteractionCodeFlow
internal import JSON
internal import OAuth
internal import Prompts
internal import Secrets

/// A sign-in that somebody needs.
struct SignInDemand {
  var key: SessionKey
  var profile: Profile
  var interaction: TokenDemand.Interaction
  var reason: String?
  var purpose: Purpose = .authenticate
  var loginHint: String?
  var links = LinkTokens()
  /// Whether it is raised although a person has just cancelled one (`session.login`).
  var ignoresQuiet: Bool
}

/// How long nobody need be there before a transaction is given up.
private let patience: Duration = .seconds(120)
/// How long callers do not raise a prompt after a person has cancelled one.
private let quiet: Duration = .seconds(30)

extension Broker {
  /// Waits for the session's sign-in, joining the one under way or starting it.
  func signIn(
    _ demand: SignInDemand, _ peer: Peer, until deadline: Duration, _ connection: ConnectionID
  ) async throws(BrokerError) -> SignInEnd {
    let key = demand.key
    if transactions[key] == nil {
      try mayStart(demand)
      try startTransaction(demand, peer)
    } else if demand.interaction == .never {
      throw .interactionRequired(profile: key.profile, retryAfter: nil)
    }
    if demand.interaction == .wait { transactions[key]?.mayWait = true }
    return try await wait(until: deadline) { broker, id, continuation, alarm in
      broker.transactions[key]?.callers.add(id, continuation, alarm: alarm, connection: connection)
      broker.considerAbandoning(key)
    } leave: { broker, id in
      let waitingFor = broker.waitingFor(key)
      broker.transactions[key]?.callers.resume(id, .failure(.timeout(waitingFor: waitingFor)))
      broker.considerAbandoning(key)
    }
  }

  private func mayStart(_ demand: SignInDemand) throws(BrokerError) {
    let name = demand.profile.name
    if demand.interaction == .never {
      throw .interactionRequired(profile: name, retryAfter: nil)
    }
    if !demand.ignoresQuiet, let until = quietUntil[demand.key], until > uptime {
      let seconds = Int((until - uptime).components.seconds) + 1
      throw .interactionRequired(profile: name, retryAfter: seconds)
    }
    quietUntil[demand.key] = nil
    if demand.interaction == .auto, demand.purpose != .authenticate || !canSignIn(demand.profile),
      board.eligible(for: demand.profile, owner: demand.key.owner, by: parts.policy).isEmpty
    {
      throw answersError(demand.profile)
    }
  }

  private func startTransaction(_ demand: SignInDemand, _ peer: Peer) throws(BrokerError) {
    let sameOwner = transactions.keys.count { $0.owner == demand.key.owner }
    guard sameOwner < parts.limits.transactionsPerUID else {
      throw .quotaExceeded(
        "\(sameOwner) sign-ins are under way for this user, which is the limit")
    }
    guard let origin = Origin(demand.profile.issuer) else {
      throw .issuerUnavailable("\(demand.profile.issuer) is no address of an issuer")
    }
    let loginHint = demand.loginHint ?? demand.profile.loginHint
    let transaction = RunningTransaction(
      id: TransactionID(rawValue: Self.unguessable()), key: demand.key, profile: demand.profile,
      requester: Prompt.Requester(
        pid: Int(peer.pid), uid: Int(peer.uid), exe: peer.exe, unit: peer.unit),
      reason: demand.reason,
      machine: Transaction(
        origin: origin.description, purpose: demand.purpose, loginHint: loginHint),
      pkce: PKCE(randomBytes: RandomBytes.bytes(32)), state: Self.unguessable(),
      nonce: Self.unguessable(), loginHint: loginHint, startedAt: parts.clock.now(),
      links: demand.links)
    transactions[demand.key] = transaction
    step(demand.key, .begun)
  }

  /// 128 random bits in base64url.
  static func unguessable() -> String { Base64URL.encode(RandomBytes.bytes(16)) }

  /// What a caller of that session waits for now.
  private func waitingFor(_ key: SessionKey) -> BrokerError.WaitingFor {
    guard let transaction = transactions[key], transaction.prompt != nil,
      !transaction.isRedeeming
    else { return .issuer }
    return eligible(transaction).isEmpty ? .prompter : .person
  }

  func eligible(_ transaction: RunningTransaction) -> [(ConnectionID, any Prompter)] {
    board.eligible(
      for: transaction.profile, owner: transaction.key.owner, by: parts.policy)
  }

  // MARK: Steps

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
    case .update(let content):
      transactions[key]?.prompt?.content = advised(content, key)
      guard let prompt = transactions[key]?.prompt else { return }
      for (_, prompter) in eligible(transaction) { prompter.notify(.update(prompt)) }
    case .remain(let fault):
      unattendedAnswerFailed(fault, key)
      transactions[key]?.answerer.resumeAll(.failure(BrokerError(fault)))
      transactions[key]?.answeringConnection = nil
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

  /// `/interact` has errors of its own (a client that is refused) which the flow does not know.
  private func failToStart(_ key: SessionKey, _ id: TransactionID, _ error: BrokerError) {
    guard transactions[key]?.id == id else { return }
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
      await step(transaction.key, transaction.id, event)
    }
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

  // MARK: The end

  private func finish(_ outcome: Transaction.Outcome, _ key: SessionKey) {
    switch outcome {
    case .succeeded(let code):
      redeem(code, key)
    case .accomplished(let messages):
      audit("done without tokens", "transaction_accomplished", key, .success(()))
      end(key, .completed, messages: messages, .success(.withoutTokens(messages)))
    case .ended(let messages):
      unattendedSignInEnded(messages, key)
      end(key, .failed, messages: messages, .failure(.transactionFailed(messages)))
    case .expired:
      end(key, .expired, messages: [], .failure(.transactionExpired))
    case .cancelled:
      end(key, .cancelled, messages: [], .failure(.transactionCancelled))
    case .failed(let fault):
      end(key, .failed, messages: [], .failure(BrokerError(fault)))
    }
  }

  private func redeem(_ code: InteractionCode, _ key: SessionKey) {
    guard var redeemed = transactions[key] else { return }
    // Made only now: a sign-in that outlives a restart has nothing bound to a key yet.
    redeemed.proofKey = redeemed.profile.bindsTokens ? .fresh() : nil
    redeemed.isRedeeming = true
    transactions[key] = redeemed
    let transaction = redeemed
    let deviceToken = deviceToken(key)
    spawn { [self] in
      do throws(BrokerError) {
        let response = try await issuers.redeem(
          code, transaction.profile, verifier: transaction.pkce.verifier,
          deviceToken: deviceToken, proofKey: transaction.proofKey)
        let subject = try await subject(of: response, transaction)
        try await signedIn(transaction, response, subject)
      } catch {
        await failToStart(key, transaction.id, error)
      }
    }
  }

  private func subject(
    of response: TokenResponse, _ transaction: RunningTransaction
  ) async throws(BrokerError) -> String {
    guard let token = response.idToken else {
      guard !transaction.profile.scopes.contains("openid") else {
        throw .tokenRejected("the issuer sent no ID token although openid was asked for")
      }
      return ""
    }
    let claims = try await issuers.validate(
      token, transaction.profile, nonce: transaction.nonce, accessToken: response.accessToken,
      subject: nil)
    return claims.subject
  }

  private func signedIn(
    _ transaction: RunningTransaction, _ response: TokenResponse, _ subject: String
  ) async throws(BrokerError) {
    let key = transaction.key
    guard transactions[key]?.id == transaction.id else { return }
    let now = parts.clock.now()
    let asked = transaction.profile.scopeSet
    var session = Session(
      subject: subject, scopes: response.scope ?? transaction.profile.scopes,
      refreshToken: response.refreshToken, idToken: response.idToken, signedInAt: now)
    session.tokens[asked] = heldToken(response, transaction.profile, session, asked, now)
    session.proofKey = transaction.proofKey
    session.isUnsaved = true
    _ = deviceToken(key)
    entries[key]?.session = session
    try await save(key)
    answersStopped[key.profile] = nil
    audit("signed in", "session_started", key, .success(()))
    await forgetFirst(key)
    guard transactions[key]?.id == transaction.id else { return }
    end(key, .completed, messages: [], .success(.session(key)))
  }

  /// Ends a transaction: everybody who waits hears of it, and so do the prompters.
  ///
  private func end(
    _ key: SessionKey, _ reason: PrompterNotice.Reason, messages: [Message],
    _ result: Result<SignInEnd, BrokerError>
  ) {
    guard var transaction = transactions.removeValue(forKey: key) else { return }
    transaction.wake?.cancel()
    transaction.abandonment?.cancel()
    forget(transaction)
    transaction.redirect?.close?()
    transaction.callers.resumeAll(result)
    switch result {
    case .success(.session):
      transaction.answerer.resumeAll(.success(.completed(key)))
    case .success(.withoutTokens):
      transaction.answerer.resumeAll(.success(.accomplished))
    case .failure(let error):
      audit("sign-in ended", "transaction_failed", key, .failure(error))
      transaction.answerer.resumeAll(.success(.failed(error)))
    }
    guard let prompt = transaction.prompt else { return }
    for (connection, prompter) in eligible(transaction)
    where connection != transaction.answeringConnection {
      prompter.notify(.withdraw(prompt.id, reason, messages: messages))
    }
  }

  /// Cancels a session's transaction, at the issuer too, and keeps callers from raising the next
  /// one at once.
  func cancelTransaction(_ key: SessionKey) {
    quietUntil[key] = uptime + quiet
    step(key, .cancelled)
  }

  /// Starts or stops the time after which a transaction without anybody is given up; while there is
  /// nobody, nothing is polled either.
  func considerAbandoning(_ key: SessionKey) {
    guard let transaction = transactions[key] else { return }
    let isNeeded =
      !transaction.callers.isEmpty || transaction.isRedeeming || !eligible(transaction).isEmpty
    if isNeeded {
      transaction.abandonment?.cancel()
      transactions[key]?.abandonment = nil
    } else if transaction.abandonment == nil {
      let id = transaction.id
      transactions[key]?.abandonment = alarm(after: patience) { broker in
        broker.step(key, id, .cancelled)
      }
    }
    if transaction.machine.isAttended != isNeeded { step(key, .attended(isNeeded)) }
  }
}

extension BrokerError {
  init(_ fault: Transaction.Fault) {
    switch fault {
    case .rateLimited(let after):
      self = .rateLimited(retryAfter: after.map { Int($0.components.seconds) })
    case .unavailable(let what), .refused(let what), .invalidated(let what):
      self = .issuerUnavailable(what)
    }
  }
}
