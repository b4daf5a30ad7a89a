// Transactions over restarts: kept while they run, forgotten when they end, taken up again when the
// service comes up.
//
// 1. Writes of one transaction follow each other; of what waits meanwhile only the newest is
//    written. So a deletion is never overtaken by an older write.
// 2. A checkpoint that can't be written costs the resumption, not the sign-in.
// 3. A shutdown ends no transaction: it ends the process.

internal import FoundationEssentials
internal import InteractionCodeFlow
internal import Logging
internal import OAuth
internal import Prompts
internal import Secrets
internal import TokenVault

/// What is still to be done with a transaction's record.
enum CheckpointChange: Sendable {
  case write(Secret, TransactionID)
  case delete
}

extension Broker {
  func keep(_ checkpoint: Checkpoint, _ transaction: RunningTransaction) {
    transactions[transaction.key]?.isKept = true
    transactions[transaction.key]?.checkpoint = checkpoint
    let record = TransactionRecord(transaction, checkpoint).encoded()
    change(.write(record, transaction.id), transaction.key)
  }

  /// The transaction has ended.
  func forget(_ transaction: RunningTransaction) {
    if transaction.isKept { change(.delete, transaction.key) }
  }

  /// Forgets a transaction before anybody hears that it is done, so that a session that is there
  /// has no sign-in beside it, whenever the service is killed.
  func forgetFirst(_ key: SessionKey) async {
    guard transactions[key]?.isKept == true else { return }
    transactions[key]?.isKept = false
    await changeFirst(.delete, key)
  }

  /// Keeps a transaction anew before what is to follow.
  func keepFirst(_ key: SessionKey, _ id: TransactionID) async {
    guard let transaction = transactions[key], transaction.id == id, transaction.isKept,
      let checkpoint = transaction.checkpoint
    else { return }
    await changeFirst(.write(TransactionRecord(transaction, checkpoint).encoded(), id), key)
  }

  private func changeFirst(_ change: CheckpointChange, _ key: SessionKey) async {
    checkpointChanges[key] = change
    guard !checkpointsUnderWay.contains(key) else {
      // Whoever writes just now makes this change next.
      await withCheckedContinuation { checkpointWaiters[key, default: []].append($0) }
      return
    }
    while let change = nextChange(key) { await make(change, key) }
  }

  private func change(_ change: CheckpointChange, _ key: SessionKey) {
    let isUnderWay = checkpointChanges[key] != nil || checkpointsUnderWay.contains(key)
    checkpointChanges[key] = change
    guard !isUnderWay else { return }
    spawn { [self] in
      while let change = await nextChange(key) { await make(change, key) }
    }
  }

  private func nextChange(_ key: SessionKey) -> CheckpointChange? {
    let change = checkpointChanges.removeValue(forKey: key)
    if change == nil {
      checkpointsUnderWay.remove(key)
      for waiter in checkpointWaiters.removeValue(forKey: key) ?? [] { waiter.resume() }
    } else {
      checkpointsUnderWay.insert(key)
    }
    return change
  }

  private func make(_ change: CheckpointChange, _ key: SessionKey) async {
    let name = Vault.Name(
      kind: TransactionRecord.kind, profile: key.profile, owner: key.owner.text)
    do throws(VaultError) {
      switch change {
      case .write(let record, _): try await parts.vault.write(record, as: name)
      case .delete:
        // Why its answers stopped must not be gone with it.
        await keepStop(key.profile)
        try await parts.vault.delete(name)
      }
    } catch {
      parts.logger.warning(
        "a sign-in under way could not be kept; it would not outlive a restart",
        metadata: ["profile": "\(key.profile)", "error": "\(error)"])
    }
    if case .write(_, let id) = change { step(key, id, .kept) }
  }

  /// Does what is still to be done, when no more jobs run: a record of a sign-in that has ended
  /// must not be taken up again.
  func finishCheckpoints() async {
    for key in Array(checkpointChanges.keys) {
      while let change = nextChange(key) { await make(change, key) }
    }
  }

  /// Takes up the transactions that a vault held when it was opened.
  func resumeTransactions(_ records: [(Vault.Name, Secret)]) {
    for (name, payload) in records where name.kind == TransactionRecord.kind {
      guard let owner = Owner(text: name.owner) else { continue }
      let key = SessionKey(profile: name.profile, owner: owner)
      guard transactions[key] == nil else { continue }
      guard let record = TransactionRecord(payload), let profile = profiles[name.profile],
        record.belongs(to: profile), let origin = Origin(profile.issuer)
      else {
        change(.delete, key)
        continue
      }
      var transaction = RunningTransaction(
        id: record.id, key: key, profile: profile, requester: record.requester,
        reason: record.reason,
        machine: Transaction(
          origin: origin.description, purpose: record.purpose, loginHint: record.loginHint),
        pkce: PKCE(verifier: record.verifier), state: record.state, nonce: record.nonce,
        loginHint: record.loginHint, startedAt: record.startedAt)
      transaction.isKept = true
      transaction.checkpoint = record.checkpoint
      transaction.credentialsGiven = record.credentialsGiven
      transaction.unattended = UnattendedRun(answered: record.credentialsGiven)
      transactions[key] = transaction
      audit("sign-in resumed", "transaction_resumed", key, .success(()))
      step(key, .resumed(record.checkpoint))
      considerAbandoning(key)
    }
  }
}
