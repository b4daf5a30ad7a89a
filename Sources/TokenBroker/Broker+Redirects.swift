// The way back from a browser: by the loopback redirect URI where the profile has one, and by an
// address that a person pastes in any case (protocol reference §7, RFC 8252).
//
// 1. A redirect URI is open while a prompt is that may send a person to a browser, and no longer:
//    the next prompt opens it anew, and so does the same one where a callback has led to nothing, so
//    that each opening takes one callback.
// 2. A callback counts for the transaction whose `state` it has and whose issuer it comes from; any
//    other has no effect at all.
// 3. The state is compared with that of every transaction that waits there, in constant time each.

internal import IdentityEngine
internal import InteractionCodeFlow
internal import JSON
internal import Logging
internal import OAuth
internal import Prompts
internal import Secrets

extension Broker {
  /// Opens or closes the redirect URI of a transaction, after what its open prompt is now.
  func tendRedirect(_ key: SessionKey) {
    guard let transaction = transactions[key] else { return }
    let wanted = transaction.isRedeeming ? nil : transaction.prompt?.idOfReturn
    guard wanted != transaction.redirect?.prompt else { return }
    let opened = wanted.flatMap { open(transaction, for: $0) }
    transactions[key]?.redirect = opened
    // Only now: an address that stays open is not let go of in between.
    transaction.redirect?.close?()
  }

  /// The prompt stays as it is: where its way back is used up, a browser may come once more.
  func reopenRedirect(_ key: SessionKey) {
    guard transactions[key]?.redirect?.isUsed == true else { return }
    // `tendRedirect` follows, as after every step.
    transactions[key]?.redirect = nil
  }

  private func open(
    _ transaction: RunningTransaction, for prompt: PromptID
  ) -> OpenRedirect? {
    let uri = RedirectURI(transaction.profile.redirectURI)
    guard uri.loopback != nil, let receiver = parts.redirects else { return nil }
    let (key, id) = (transaction.key, transaction.id)
    let close = receiver.open(uri) { [weak self] obstacle in
      guard let self, let obstacle else { return }
      self.spawn { await self.cannotServe(key, id, prompt, obstacle) }
    } judge: { [weak self] callback, reply in
      guard let self else { return reply(.undecided) }
      self.spawn { reply(await self.judge(callback, at: uri)) }
    }
    return OpenRedirect(prompt: prompt, close: close)
  }

  private func cannotServe(
    _ key: SessionKey, _ id: TransactionID, _ prompt: PromptID, _ obstacle: RedirectObstacle
  ) {
    guard let transaction = transactions[key], transaction.id == id,
      transaction.redirect?.prompt == prompt
    else { return }
    parts.logger.warning(
      "the redirect URI cannot be served; the browser's last address can be pasted",
      metadata: ["profile": "\(key.profile)", "obstacle": "\(obstacle)"])
    transactions[key]?.redirect = OpenRedirect(
      prompt: prompt, words: Message(obstacle))
    guard let content = transaction.prompt?.content, content.offersBrowser else { return }
    change(withWayBack(content, key), key)
  }

  /// The prompt with what a person has to know of the way back, where it leads to a browser.
  func withWayBack(_ content: Prompt.Content, _ key: SessionKey) -> Prompt.Content {
    guard content.offersBrowser, let transaction = transactions[key] else { return content }
    let isServed =
      parts.redirects != nil && RedirectURI(transaction.profile.redirectURI).loopback != nil
    guard let words = isServed ? transaction.redirect?.words : .pasteCallback else {
      return content
    }
    var content = content
    if !content.messages.contains(words) { content.messages.append(words) }
    return content
  }

  // MARK: Callbacks

  /// Takes a callback that came to a loopback redirect URI, where a transaction waits for it.
  func judge(_ callback: RedirectCallback, at uri: RedirectURI) async -> RedirectVerdict {
    guard let transaction = awaiting(callback, at: uri) else { return .unknownState }
    let key = transaction.key
    do throws(BrokerError) {
      let metadata = try await issuers.metadata(transaction.profile)
      do throws(RedirectFault) {
        try callback.checkIssuer(metadata)
      } catch {
        refused(error, key)
        return .refused(error)
      }
    } catch {
      return .undecided
    }
    guard awaiting(callback, at: uri)?.id == transaction.id else { return .unknownState }
    step(key, returned(callback, key))
    if case .failed = callback.outcome { return .takenAsFailure }
    return .taken
  }

  private func awaiting(
    _ callback: RedirectCallback, at uri: RedirectURI
  ) -> RunningTransaction? {
    transactions.values.filter { transaction in
      let isOurs = callback.isFor(state: transaction.state)
      return isOurs && transaction.redirect?.close != nil
        && RedirectURI(transaction.profile.redirectURI) == uri
    }.first
  }

  /// Reads the address that a person pasted into a prompt.
  ///
  /// - Throws: `invalidParameter` that names the field, `issuerUnavailable`.
  func callback(
    at text: String, _ transaction: RunningTransaction
  ) async throws(BrokerError) -> RedirectCallback {
    let uri = RedirectURI(transaction.profile.redirectURI)
    let metadata = try await issuers.metadata(transaction.profile)
    do throws(RedirectFault) {
      let callback = try uri.callback(ofURL: text)
      try callback.checkState(of: transaction)
      try callback.checkIssuer(metadata)
      return callback
    } catch {
      if error == .issuerMismatch { refused(error, transaction.key) }
      throw .invalidParameter(name: "fields." + Form.addressField, why: error.words(uri))
    }
  }

  /// What a callback is to the machine; its way back is used up by it.
  func returned(_ callback: RedirectCallback, _ key: SessionKey) -> Transaction.Event {
    transactions[key]?.redirect?.close?()
    transactions[key]?.redirect?.close = nil
    transactions[key]?.redirect?.isUsed = true
    audit("the browser came back", "browser_returned", key, .success(()))
    return .returned(Callback(callback.outcome))
  }

  private func refused(_ fault: RedirectFault, _ key: SessionKey) {
    parts.logger.warning(
      "a callback with the right state does not come from the issuer that was asked",
      metadata: [
        "event": "callback_refused", "profile": "\(key.profile)", "owner": "\(key.owner.text)",
        "fault": "\(fault)",
      ])
  }
}

extension Form {
  fileprivate static let addressField = "callback_url"

  /// The address that a person pasted into it, where one was.
  func pastedAddress(_ values: [String: AnsweredValue]) -> String? {
    guard kind == .browser, case .value(let value)? = values[Self.addressField],
      let text = value.string, !text.isEmpty
    else { return nil }
    return text
  }
}

extension RedirectCallback {
  /// An error may come without a state (protocol reference §7.3): in the prompt of the very run it
  /// does no more than have the engine asked.
  fileprivate func checkState(of transaction: RunningTransaction) throws(RedirectFault) {
    if isFor(state: transaction.state) { return }
    guard state == nil, case .failed = outcome else { throw .otherState }
  }
}

extension Callback {
  fileprivate init(_ outcome: RedirectCallback.Outcome) {
    self =
      switch outcome {
      case .interactionCode(let code): .code(InteractionCode(code.exposedText()))
      case .interactionRequired: .interactionRequired
      case .oneTimeCode(let code): .otp(code.exposedText())
      case .failed(let error, let description): .failed(error: error, description: description)
      }
  }
}

extension Prompt {
  /// The prompt's id, where a browser may come back to it: one of its forms leads there, or a mail
  /// with a link is on its way.
  fileprivate var idOfReturn: PromptID? {
    let isMail =
      content.authenticator?.key == "okta_email"
      && content.context["useEmailMagicLink"] != .bool(false)
    return isMail || content.offersBrowser ? id : nil
  }
}

extension Prompt.Content {
  /// Whether a form of it sends a person to a browser.
  fileprivate var offersBrowser: Bool { forms.contains { $0.kind == .browser } }
}

extension Message {
  /// Ours: there is no address of this machine that the browser could come back to.
  fileprivate static let pasteCallback = Message(
    level: .info, key: "remedy.redirect.paste",
    text: "The browser cannot come back here by itself: when it is done, paste the address at "
      + "which it ended.")

  /// Ours: why the browser will not come back by itself, and what to do.
  fileprivate init(_ obstacle: RedirectObstacle) {
    let paste = "or paste the address at which the browser ended"
    switch obstacle {
    case .busy(let port):
      self.init(
        level: .warning, key: "remedy.redirect.busy",
        text: "Port \(port) is in use by another program, so that the browser cannot come back "
          + "here by itself. Stop that program (`ss -ltnp 'sport = :\(port)'` shows it) and begin "
          + "again, \(paste).")
    case .forbidden(let port):
      self.init(
        level: .warning, key: "remedy.redirect.forbidden",
        text: "The service may not listen at port \(port), so that the browser cannot come back "
          + "here by itself. Register a redirect URI with a port above 1023, \(paste).")
    case .failed(let port, let code):
      self.init(
        level: .warning, key: "remedy.redirect.failed",
        text: "Port \(port) cannot be listened at (errno \(code)), so that the browser cannot come "
          + "back here by itself: paste the address at which it ended.")
    }
  }
}

extension RedirectFault {
  /// What is wrong with an address that a person pasted; follows the name of the field.
  fileprivate func words(_ uri: RedirectURI) -> String {
    switch self {
    case .otherAddress: "must be an address that begins with \(uri.text)"
    case .tooLong: "is too long for the address at which a sign-in ended"
    case .malformed: "is broken: copy the whole address out of the browser"
    case .duplicate, .contradictory: "has two answers in one"
    case .empty: "has no answer in it: copy the whole address out of the browser"
    case .authorizationCode: "has the code of another grant in it"
    case .issuerMissing, .issuerMismatch: "does not come from the issuer of this sign-in"
    case .otherState: "is of another sign-in than this one"
    }
  }
}
