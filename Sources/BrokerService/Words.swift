// The domain's values in the interface's words. No decision is made here.

internal import BrokerInterface
internal import FoundationEssentials
internal import JSON
internal import JSONRPC
internal import Prompts
public import Secrets
public import TokenBroker

extension RPCError {
  /// - Parameter profile: the profile that the call named, for the hint.
  init(_ error: BrokerError, profile: String?) {
    switch error {
    case .interactionRequired(let name, let retryAfter):
      self.init(
        reason: .interactionRequired, profile: name, retryAfter: retryAfter.map { Double($0) })
    case .answersStopped(let name, let stop, let retryAfter):
      self.init(
        reason: .interactionRequired,
        message: "the configured answers do not sign in: \(stop.words)",
        hint: "mend [profile.\(name).answers] and restart remedyd, or sign in by hand: "
          + Reason.interactionRequired.hint(profile: name),
        retryAfter: retryAfter.map { Double($0) }, messages: stop.messages)
    case .accessDenied(let what):
      self.init(reason: .accessDenied, message: what)
    case .unknownProfile:
      self.init(reason: .unknownProfile)
    case .transactionFailed(let messages):
      self.init(reason: .transactionFailed, profile: profile, messages: messages)
    case .transactionCancelled:
      self.init(reason: .transactionCancelled, profile: profile)
    case .transactionExpired:
      self.init(reason: .transactionExpired, profile: profile)
    case .promptStale:
      self.init(reason: .promptStale)
    case .issuerUnavailable(let what), .issuerSilent(let what):
      self.init(reason: .issuerUnavailable, message: what)
    case .rateLimited(let retryAfter):
      self.init(reason: .rateLimited, retryAfter: retryAfter.map { Double($0) })
    case .tokenRejected(let why):
      self.init(reason: .tokenRejected, message: "the issuer's tokens fail validation: \(why)")
    case .vaultUnavailable(let why):
      self.init(reason: .vaultUnavailable, message: why)
    case .vaultLocked:
      self.init(reason: .vaultUnavailable, message: "the vault is locked", hint: "remedy unlock")
    case .passphraseRefused(let what, let retryAfter):
      self.init(
        reason: .accessDenied, message: what, hint: "try again in \(retryAfter) s",
        retryAfter: Double(retryAfter))
    case .quotaExceeded(let what):
      self.init(reason: .quotaExceeded, message: what)
    case .timeout(let waitingFor):
      self.init(
        reason: .timeout, message: "the call's timeout passed, waiting for \(waitingFor.words)",
        extra: ["waiting_for": .string(waitingFor.rawValue)])
    case .clientRejected(let words):
      self.init(reason: .clientRejected, message: "the issuer refuses the client: \(words)")
    case .requestRefused(let words):
      self.init(
        reason: .clientRejected, message: "the issuer refuses the request: \(words)",
        hint: "compare the profile's scopes and audience, and what was asked for, with what the "
          + "application may have at the issuer")
    case .invalidParameter(let name, let why):
      self = .invalidParams(parameter: name, why: why)
    case .invalidAnswer(let fault):
      self.init(fault)
    }
  }
}

extension UnattendedStop {
  fileprivate var words: String {
    switch self {
    case .refused: "the issuer refused one"
    case .repeated(let form): "the issuer asks again for what was answered (\(form))"
    case .unknown(let forms):
      "the issuer asks for something else (\(forms.joined(separator: ", ")))"
    case .unfit(let form): "one does not fit its form (\(form))"
    }
  }

  fileprivate var messages: [Message] {
    if case .refused(let messages) = self { messages } else { [] }
  }
}

extension BrokerError.WaitingFor {
  fileprivate var words: String {
    switch self {
    case .issuer: "the issuer"
    case .prompter: "somebody to answer prompts"
    case .person: "a person"
    }
  }
}

extension Owner {
  /// The uid; `nil` for the service.
  var uid: Int? {
    if case .user(let uid) = self { Int(uid) } else { nil }
  }
}

extension SessionSummary {
  init(_ facts: SessionFacts) {
    self.init(
      profile: facts.profile, owner: facts.owner.uid, subject: facts.subject,
      state: State(facts.state), accessExpiresAt: facts.accessExpiresAt?.rfc3339,
      refreshable: facts.isRefreshable,
      scope: facts.scopes.isEmpty ? nil : facts.scopes.joined(separator: " "),
      lastRefreshAt: facts.lastRefreshAt?.rfc3339, transaction: facts.transaction)
  }
}

extension SessionSummary.State {
  init(_ state: SessionFacts.State) {
    switch state {
    case .active: self = .active
    case .expiring: self = .expiring
    case .expired: self = .expired
    case .signedOut: self = .signedOut
    }
  }
}

extension ProfileSummary {
  init(_ profile: Profile, _ facts: SessionFacts?) {
    self.init(
      name: profile.name, issuer: profile.issuer, clientID: profile.clientID,
      scopes: profile.scopes, owner: profile.ownership == .caller ? .caller : .service,
      dpop: profile.bindsTokens, session: facts.map { SessionSummary($0) })
  }
}

extension Date {
  /// UTC, to the second.
  var rfc3339: String { RFC3339.text(secondsSince1970: Int(timeIntervalSince1970)) }
}

/// The bytes of `token.get`'s answer.
///
/// - Returns: JSON in guarded memory; the broker keeps it beside the token.
public func renderedAnswer(_ grant: TokenGrant) -> Secret {
  TokenGet.Result(
    accessToken: grant.accessToken, tokenType: grant.tokenType,
    expiresAt: grant.expiresAt.rfc3339, scope: grant.scopes.joined(separator: " "),
    profile: grant.profile, idToken: grant.idToken
  ).rendered()
}
