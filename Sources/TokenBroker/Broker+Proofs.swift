// Proofs of possession for callers (`dpop.prove`). Who may have the token may have proofs for it,
// and nobody else; the key itself is given to no one.

internal import FoundationEssentials
internal import OAuth
internal import Secrets

/// A request that a caller wants to show the token in.
public struct ProofDemand: Sendable {
  /// The profile whose token goes with the proof.
  public var profile: String
  /// The set that the token was asked for with; `nil`: that of the profile.
  public var scopes: [String]?
  /// `htm` (RFC 9449 §4.2).
  public var method: String
  /// `htu`, before query and fragment are taken off.
  public var url: String
  /// What the resource server has asked for.
  public var nonce: String?

  /// Made of its parts; what is left out has the value that stands here.
  public init(
    profile: String, scopes: [String]? = nil, method: String, url: String, nonce: String? = nil
  ) {
    self.profile = profile
    self.scopes = scopes
    self.method = method
    self.url = url
    self.nonce = nonce
  }
}

extension Broker {
  /// A proof for one request with the access token held.
  ///
  /// - Throws: `unknownProfile`, `accessDenied`, `invalidParameter`; `interactionRequired` where no
  ///   token is held.
  public func prove(_ demand: ProofDemand, _ peer: Peer) async throws(BrokerError) -> String {
    let profile = try usableProfile(demand.profile, peer)
    // The fragment is never sent, and the reader of addresses takes none.
    guard let url = Endpoint(String(demand.url.prefix { $0 != "#" })) else {
      throw .invalidParameter(
        name: "url", why: "must be an https URL, or an http one on a loopback address")
    }
    guard Self.isMethod(demand.method) else {
      throw .invalidParameter(name: "method", why: "is no method of HTTP")
    }
    if let nonce = demand.nonce, !ProofKey.isNonce(nonce) {
      throw .invalidParameter(name: "nonce", why: "holds a character that no nonce has")
    }
    let key = key(profile, peer)
    let session = entries[key]?.session
    guard let proofKey = session?.proofKey else {
      guard profile.bindsTokens else {
        throw .invalidParameter(
          name: "profile", why: "the tokens of \(profile.name) are bound to no key (dpop = false)")
      }
      throw .interactionRequired(profile: profile.name, retryAfter: nil)
    }
    guard let grant = heldGrant(key, profile, demand.scopes) else {
      throw .interactionRequired(profile: profile.name, retryAfter: nil)
    }
    let stamp = await issuers.stamp(profile)
    do {
      return try proofKey.proof(
        method: demand.method, url: url, accessToken: grant.accessToken, nonce: demand.nonce,
        stamp: stamp)
    } catch {
      throw BrokerError(error, endpoint: demand.method)
    }
  }

  /// A token of RFC 9110 §5.6.2, of a length that methods have.
  private static func isMethod(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }
}

extension ProofKey {
  /// A new key.
  static func fresh() -> ProofKey {
    while true {
      if let key = ProofKey(scalar: Secret(randomCount: 32)) { return key }
    }
  }
}
