// What goes wrong at an issuer, as the broker sees it: for a transaction, and for a caller.

internal import IdentityEngine
internal import InteractionCodeFlow
internal import OAuth

extension IDXFault {
  /// What it means for the transaction, in the server's words.
  func transactionFault(name: String) -> Transaction.Fault {
    switch self {
    case .api(let status, let code, let summary):
      let isGone = code == "E0000011" || Self.meansGone(status)
      return isGone
        ? .invalidated("\(code): \(summary)") : Self.fault(status, "\(code): \(summary)")
    case .oauth(let status, let error, let description):
      let words = [error, description].compactMap { $0 }.joined(separator: ": ")
      return Self.meansGone(status) ? .invalidated(words) : .refused(words)
    case .proxy(let status, let message):
      return Self.meansGone(status) ? .invalidated(message) : Self.fault(status, message)
    case .version(let version):
      return .unavailable("the issuer speaks version \(version) of the protocol, not 1.0.0")
    case .notIDX(let status):
      let words = "the issuer's answer to \(name) (status \(status)) is none of its own"
      return Self.meansGone(status) ? .invalidated(words) : .unavailable(words)
    }
  }

  private static func fault(_ status: Int, _ words: String) -> Transaction.Fault {
    status >= 500 ? .unavailable(words) : .refused(words)
  }

  /// A handle or an address that the engine no longer knows.
  private static func meansGone(_ status: Int) -> Bool { [401, 404, 410].contains(status) }
}

extension BrokerError {
  /// Of a request that was made in the client's name: what the issuer itself refuses there, it will
  /// refuse again.
  init(ofRequest fault: OAuthFault, endpoint: String) {
    switch fault {
    case .serverError(400..<500, let error, let description):
      self = .requestRefused([error, description].compactMap { $0 }.joined(separator: ": "))
    case .invalidGrant(let description):
      self = .requestRefused("the grant is not taken: \(description ?? "invalid_grant")")
    default:
      self.init(fault, endpoint: endpoint)
    }
  }

  init(_ fault: OAuthFault, endpoint: String) {
    switch fault {
    case .serverError(let status, let error, let description):
      let words = [error, description].compactMap { $0 }.joined(separator: ": ")
      self = .issuerUnavailable("the issuer answered \(status) to \(endpoint): \(words)")
    case .invalidGrant(let description):
      self = .issuerUnavailable(
        "the issuer no longer takes the grant: \(description ?? "invalid_grant")")
    case .clientRejected(let error, let description):
      self = .clientRejected([error, description].compactMap { $0 }.joined(separator: ": "))
    case .rateLimited(let after):
      self = .rateLimited(retryAfter: after.map { Int($0.components.seconds) })
    case .unavailable(let status):
      self = .issuerUnavailable("the issuer answered \(status) to \(endpoint)")
    case .nonsense(let what):
      self = .issuerUnavailable("the issuer's answer to \(endpoint) cannot be read: \(what)")
    case .offOrigin(let url):
      self = .issuerUnavailable("\(url) is not on the issuer's own origin")
    case .issuerMismatch(let got):
      self = .issuerUnavailable("the metadata is of another issuer, \(got)")
    case .cannotSign:
      self = .clientRejected("the client's own key gives no signature")
    case .nonceWanted:
      self = .issuerUnavailable("the issuer refuses a DPoP proof with the nonce that it gave")
    case .wrongBinding:
      self = .tokenRejected("the access token is bound to another key")
    }
  }
}
