// How a sign-in ends: with a code that is redeemed and a session that is kept, or without; and who
// hears of it.

internal import FoundationEssentials
internal import IdentityEngine
internal import InteractionCodeFlow
internal import OAuth
internal import Prompts
internal import Secrets

extension Broker {
  func finish(_ outcome: Transaction.Outcome, _ key: SessionKey) {
    if let transaction = transactions[key] { leaveTurn(transaction) }
    switch outcome {
    case .succeeded(let code):
      redeem(code, key)
    case .accomplished(let messages):
      audit("done without tokens", "transaction_accomplished", key, .success(()))
      end(key, .completed, messages: messages, .success(.withoutTokens(messages)))
    case .ended(let messages):
      unattendedSignInEnded(messages, key)
      refused(messages, key)
    case .expired:
      end(key, .expired, messages: [], .failure(.transactionExpired))
    case .cancelled:
      end(key, .cancelled, messages: [], .failure(.transactionCancelled))
    case .failed(.refused(let words)):
      refused([Message(level: .error, text: words)], key)
    case .failed(.invalidated):
      finish(.expired, key)
    case .failed(let fault):
      end(key, .failed, messages: [], .failure(BrokerError(fault)))
    }
  }

  /// The issuer has ended it in these words: callers do not raise the next one at once.
  private func refused(_ messages: [Message], _ key: SessionKey) {
    quietUntil[key] = uptime + Self.quiet
    end(key, .failed, messages: messages, .failure(.transactionFailed(messages)))
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
        let issued = try await issuers.redeem(
          code, transaction.profile, verifier: transaction.pkce.verifier,
          deviceToken: deviceToken, proofKey: transaction.proofKey)
        let subject = try await subject(of: issued.response, transaction)
        try await signedIn(transaction, issued, subject)
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
    _ transaction: RunningTransaction, _ issued: Issued, _ subject: String
  ) async throws(BrokerError) {
    let key = transaction.key
    let response = issued.response
    let asked = transaction.profile.scopeSet
    var session = Session(
      subject: subject, scopes: response.scope ?? transaction.profile.scopes,
      refreshToken: response.refreshToken, idToken: response.idToken,
      signedInAt: parts.clock.now())
    session.tokens[asked] = heldToken(issued, transaction.profile, session, asked)
    session.proofKey = transaction.proofKey
    session.isUnsaved = true
    guard transactions[key]?.id == transaction.id else {
      // Cancelled while the code was redeemed: nobody wants these.
      discard(session, key, transaction.profile)
      return
    }
    _ = deviceToken(key)
    let replaced = entries[key]?.session
    entries[key]?.session = session
    rejections[key] = nil
    refusals[key] = nil
    if backOffs[key]?.isOrdered != true { backOffs[key] = nil }
    try await save(key)
    if let replaced { discard(replaced, key, transaction.profile) }
    lookOut(for: key)
    forgetStop(key.profile)
    audit("signed in", "session_started", key, .success(()))
    await forgetFirst(key)
    guard transactions[key]?.id == transaction.id else { return }
    end(key, .completed, messages: [], .success(.session(key)))
  }

  /// Ends a transaction: everybody who waits hears of it, and so do the prompters.
  func end(
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
      transaction.answerer.resumeAll(.success(.failed(error, profile: key.profile)))
    }
    guard let prompt = transaction.prompt else { return }
    for (connection, prompter) in eligible(transaction)
    where connection != transaction.answeringConnection {
      prompter.notify(.withdraw(prompt.id, reason, messages: messages))
    }
  }
}

extension BrokerError {
  /// Of an answer after which the sign-in goes on.
  init(_ fault: Transaction.Fault) {
    switch fault {
    case .rateLimited(let after):
      self = .rateLimited(retryAfter: after.map { Int($0.components.seconds) })
    case .unavailable(let what), .refused(let what), .invalidated(let what),
      .misdirected(let what):
      self = .issuerUnavailable(what)
    }
  }
}
