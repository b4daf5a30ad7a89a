// Sign-ins that somebody needs: who may begin one, who joins it, and when nobody is left for it.

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

extension Broker {
  /// How long callers do not raise a prompt after a person has cancelled one, or the engine has
  /// refused a sign-in.
  static var quiet: Duration { .seconds(30) }

  /// Waits for the session's sign-in, joining the one under way or starting it.
  func signIn(
    _ demand: SignInDemand, _ peer: Peer, until deadline: Duration, _ connection: ConnectionID
  ) async throws(BrokerError) -> SignInEnd {
    let key = demand.key
    if transactions[key] == nil {
      try mayStart(demand)
      try startTransaction(demand, peer)
    } else {
      try mayJoin(demand)
    }
    if demand.interaction == .wait { transactions[key]?.mayWait = true }
    return try await wait(until: deadline) { broker, id, continuation, alarm in
      guard broker.transactions[key] != nil else { return broker.endedMeanwhile(key) }
      broker.transactions[key]?.callers.add(id, continuation, alarm: alarm, connection: connection)
      broker.considerAbandoning(key)
      return nil
    } leave: { broker, id in
      let waitingFor = broker.waitingFor(key)
      broker.transactions[key]?.callers.resume(id, .failure(.timeout(waitingFor: waitingFor)))
      broker.considerAbandoning(key)
    }
  }

  /// What a call hears whose sign-in has ended before it could wait for it.
  private func endedMeanwhile(_ key: SessionKey) -> Result<SignInEnd, BrokerError> {
    entries[key]?.session == nil
      ? .failure(.interactionRequired(profile: key.profile, retryAfter: nil))
      : .success(.session(key))
  }

  private func mayJoin(_ demand: SignInDemand) throws(BrokerError) {
    guard let transaction = transactions[demand.key], !transaction.isRedeeming else { return }
    switch demand.interaction {
    case .wait: return
    case .never: throw .interactionRequired(profile: demand.profile.name, retryAfter: nil)
    case .auto:
      let isAnswered = transaction.unattended != nil && canSignIn(demand.profile)
      if !isAnswered, eligible(transaction).isEmpty { throw answersError(demand.profile) }
    }
  }

  private func mayStart(_ demand: SignInDemand) throws(BrokerError) {
    try mustGoOn()
    let name = demand.profile.name
    if demand.interaction == .never {
      throw .interactionRequired(profile: name, retryAfter: nil)
    }
    if !demand.ignoresQuiet, let until = quietUntil[demand.key], until > uptime {
      let seconds = Int((until - uptime).components.seconds) + 1
      throw .interactionRequired(profile: name, retryAfter: seconds)
    }
    if !demand.ignoresQuiet, let rejection = rejections[demand.key], !rejection.isOver(at: moment) {
      throw rejection.refusal(now: uptime)
    }
    quietUntil[demand.key] = nil
    rejections[demand.key] = nil
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

  /// Cancels a session's transaction, at the issuer too, and keeps callers from raising the next
  /// one at once.
  func cancelTransaction(_ key: SessionKey) {
    quietUntil[key] = uptime + Self.quiet
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
