// What is known of one issuer, and until when: what it says of itself, its keys, its clock, the
// nonce that it wants in proofs. A value; `Issuers` fetches what it says is missing.

internal import FoundationEssentials
internal import OAuth

/// One issuer, as far as it has been asked.
struct KnownIssuer {
  /// What its clock shows beside ours.
  var clock = IssuerClock()
  /// The newest nonce for proofs (RFC 9449 §8).
  var nonce: String?
  private var metadata: IssuerMetadata?
  private var metadataSince: Duration = .zero
  private var keys: KeySet?
  /// Until when they may be used without asking.
  private var keysUntil: Duration = .zero
  /// When they were last asked for, successfully or not.
  private var keysAskedAt: Duration?
  /// Why they were not to be had then, where they were not.
  private var keysError: BrokerError?

  private static let keepFor: Duration = .seconds(3600)
  private static let keysAgainAfter: Duration = .seconds(60)

  /// What it says of itself; `nil` where it is to be asked.
  ///
  /// - Parameter now: on the uptime clock, here and below.
  func metadata(now: Duration) -> IssuerMetadata? {
    now - metadataSince < Self.keepFor ? metadata : nil
  }

  mutating func learn(_ metadata: IssuerMetadata, now: Duration) {
    self.metadata = metadata
    metadataSince = now
  }

  /// Its keys; `nil` where they are to be asked for.
  ///
  /// - Parameter again: whether those that were kept have failed to help: they count only where the
  ///   issuer was asked within the last minute.
  /// - Throws: why there are none, where the issuer was asked within the last minute in vain.
  func keys(again: Bool, now: Duration) throws(BrokerError) -> KeySet? {
    let wait = keysAskedAt.map { $0 + Self.keysAgainAfter - now } ?? .zero
    if wait > .zero, keys == nil, let keysError { throw keysError.keysWanted(in: wait) }
    return wait > .zero || (!again && now < keysUntil) ? keys : nil
  }

  mutating func askedForKeys(now: Duration) {
    keysAskedAt = now
  }

  mutating func failedToGetKeys(_ error: BrokerError) {
    keysError = error
  }

  /// - Parameter lifetime: how long the issuer wants them kept, in seconds.
  mutating func learn(_ keys: KeySet, lifetime: Int, now: Duration) {
    self.keys = keys
    keysError = nil
    keysUntil = now + .seconds(lifetime)
  }
}

extension BrokerError {
  /// The same, of whoever comes too early to ask again.
  fileprivate func keysWanted(in wait: Duration) -> BrokerError {
    guard case .issuerUnavailable(let why) = self else { return self }
    let seconds = Int((wait / .seconds(1)).rounded(.up))
    return .issuerUnavailable(
      "the issuer's keys were not to be had, and are asked for again in \(seconds) s: \(why)")
  }
}
