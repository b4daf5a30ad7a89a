// Everything that can keep a caller from what it asked for: one case a reason of the contract, each
// with facts. Sentences, codes and hints are `BrokerInterface`'s.

public import Prompts

/// Why a call gives nothing.
public enum BrokerError: Error, Sendable, Equatable {
  /// What a call was waiting for when its time was over.
  public enum WaitingFor: String, Sendable {
    case issuer, prompter, person
  }

  /// A person is needed and none may be, or is, asked.
  case interactionRequired(profile: String, retryAfter: Int?)
  /// The same, since the configured answers do not lead to a session.
  ///
  /// - Parameter retryAfter: seconds until they are tried again; `nil` where they are not.
  case answersStopped(profile: String, UnattendedStop, retryAfter: Int?)
  case accessDenied(String)
  case unknownProfile(String)
  case transactionFailed([Message])
  case transactionCancelled
  case transactionExpired
  case promptStale
  case issuerUnavailable(String)
  /// The same to a caller; but the request may have reached the issuer, and have had its effect.
  case issuerSilent(String)
  /// - Parameter retryAfter: seconds, where the issuer says.
  case rateLimited(retryAfter: Int?)
  case tokenRejected(String)
  case vaultUnavailable(String)
  /// The vault waits for its passphrase.
  case vaultLocked
  /// - Parameter retryAfter: seconds until the next passphrase is looked at.
  case passphraseRefused(String, retryAfter: Int)
  case quotaExceeded(String)
  case timeout(waitingFor: WaitingFor)
  case clientRejected(String)
  /// The issuer refuses for good what it was asked for, in its words; other things it may give.
  case requestRefused(String)
  case invalidParameter(name: String, why: String)
  case invalidAnswer(AnswerFault)
}

extension BrokerError {
  /// Whether the issuer gave no answer of its own, or none for now.
  var isTheIssuersAbsence: Bool {
    switch self {
    case .issuerUnavailable, .issuerSilent, .rateLimited: true
    default: false
    }
  }

  /// Whether it says nothing against a token that was given before.
  var mayPass: Bool {
    switch self {
    case .vaultUnavailable, .requestRefused: true
    default: isTheIssuersAbsence
    }
  }

  /// Whether the issuer and this client cannot agree, which asking again does not mend.
  var isRejection: Bool {
    switch self {
    case .tokenRejected, .clientRejected: true
    default: false
    }
  }
}
