// The tokens held for one (profile, owner), in memory and as a record.
//
// The record is made of `TaggedFields`: the refresh token goes from the response into a `Secret`,
// from there into the record's `Secret`, and that is sealed.

public import FoundationEssentials
internal import OAuth
public import Secrets

/// A token as `token.get` answers it.
public struct TokenGrant: Sendable, Equatable {
  /// The profile that it is of.
  public var profile: String
  /// What goes behind the type in `Authorization`.
  public var accessToken: Secret
  /// `Bearer` or `DPoP`.
  public var tokenType: String
  /// By the wall clock, as callers are told it.
  public var expiresAt: Date
  /// What was granted.
  public var scopes: [String]
  /// The ID token, where there is one.
  public var idToken: Secret?
}

/// A token in memory, with its answer ready to be written. Never changed, so it is shared: whoever
/// asks for it costs one reference count and not one for each member.
final class HeldToken: Sendable {
  let grant: TokenGrant
  /// The answer's bytes, made once: a held token costs a copy and nothing more.
  let rendered: Secret
  /// When the issuer was asked for it. Its life counts from then: the answer may have been long on
  /// its way.
  let asked: Moment
  /// In seconds.
  let lifetime: Double
  /// When no more than this is left, in seconds, the next one is fetched.
  let notice: Double

  init(grant: TokenGrant, rendered: Secret, asked: Moment, lifetime: Double, notice: Double) {
    self.grant = grant
    self.rendered = rendered
    self.asked = asked
    self.lifetime = lifetime
    self.notice = notice
  }

  /// Seconds that are left of it, by whichever clock says less; it has ended when none is.
  func lifeLeft(now: Moment) -> Double { lifetime - asked.age(at: now) }

  /// Whether it is given even where it lives shorter than the caller's `min_ttl`: in the first half
  /// of its life.
  func isFresh(now: Moment) -> Bool { lifeLeft(now: now) > lifetime / 2 }
}

/// A set of scopes, whatever their order.
struct ScopeSet: Hashable {
  var scopes: [String]

  init(_ scopes: [String]) {
    self.scopes = Set(scopes).sorted()
  }
}

/// One person's sign-in at one profile.
struct Session {
  /// `sub` of the validated ID token; empty where there was none.
  var subject: String
  /// What was granted at the sign-in.
  var scopes: [String]
  var refreshToken: Secret?
  var idToken: Secret?
  var signedInAt: Date
  var lastRefreshAt: Date?
  /// Access tokens by the set that was asked for.
  var tokens: [ScopeSet: HeldToken] = [:]
  /// Whether what is in memory is newer than what is on disk.
  var isUnsaved = false
  /// What the tokens are bound to, where they are (RFC 9449).
  var proofKey: ProofKey?
  /// When a refresh was begun of which it is not known how it ended: the issuer may have rotated the
  /// refresh token. On disk before the request leaves.
  var refreshBegun: Moment?
  /// Whether the issuer was last seen to leave the refresh token as it was.
  var isStatic = false

  /// How long a refresh token that was rotated goes on working (Okta: 0 to 60 s, 30 unless set).
  static let grace: TimeInterval = 30

  /// Whether the refresh token may be used. One that may have been rotated, once the issuer's grace
  /// is over, may not: the issuer would take it for stolen and end everything (RFC 9700 §4.14.2).
  func mayRefresh(now: Moment) -> Bool {
    guard refreshToken != nil else { return false }
    guard let refreshBegun, !isStatic else { return true }
    return refreshBegun.isWithin(Self.grace, of: now)
  }
}

/// What of a (profile, owner) survives a restart: the device token always, the session while there
/// is one.
struct SessionRecord {
  var deviceToken: String
  var session: Session?

  private enum Tag: UInt8 {
    case deviceToken = 1
    case subject, scopes, refreshToken, idToken, signedInAt, lastRefreshAt
    case accessToken, tokenType, accessExpiresAt, accessScopes, askedScopes
    case proofKey = 40
    case refreshBegunAt = 32, isStatic, refreshBegunUptime
    case accessLifetime, accessAskedAt, accessAskedUptime
  }

  /// The record's bytes, in guarded memory.
  func encoded() -> Secret {
    var parts: [(Tag, Secret)] = [(.deviceToken, Secret(deviceToken))]
    if let session {
      parts.append((.subject, Secret(session.subject)))
      parts.append((.scopes, Secret(session.scopes.joined(separator: " "))))
      if let token = session.refreshToken { parts.append((.refreshToken, token)) }
      if let token = session.idToken { parts.append((.idToken, token)) }
      parts.append((.signedInAt, Self.secret(session.signedInAt)))
      if let date = session.lastRefreshAt { parts.append((.lastRefreshAt, Self.secret(date))) }
      if let key = session.proofKey { parts.append((.proofKey, key.scalar)) }
      if let moment = session.refreshBegun {
        parts.append((.refreshBegunAt, Self.secret(moment.wall)))
        parts.append((.refreshBegunUptime, Self.secret(moment.uptime)))
      }
      if session.isStatic { parts.append((.isStatic, Secret(""))) }
      for (asked, held) in session.tokens {
        parts.append((.askedScopes, Secret(asked.scopes.joined(separator: " "))))
        parts.append((.accessScopes, Secret(held.grant.scopes.joined(separator: " "))))
        parts.append((.tokenType, Secret(held.grant.tokenType)))
        parts.append((.accessExpiresAt, Self.secret(held.grant.expiresAt)))
        parts.append((.accessLifetime, Secret(String(Int(held.lifetime)))))
        parts.append((.accessAskedAt, Self.secret(held.asked.wall)))
        parts.append((.accessAskedUptime, Self.secret(held.asked.uptime)))
        parts.append((.accessToken, held.grant.accessToken))
      }
    }
    return TaggedFields.encode(parts.map { ($0.0.rawValue, $0.1) })
  }

  /// Whole seconds; what was in between counts as passed.
  private static func secret(_ date: Date) -> Secret {
    Secret(String(Int(date.timeIntervalSince1970.rounded(.down))))
  }

  private static func secret(_ uptime: Duration) -> Secret {
    Secret(String(uptime.components.seconds))
  }
}

extension SessionRecord {
  /// A token as it stands in a record, without its rendered answer.
  struct StoredToken {
    var asked: ScopeSet
    var scopes: [String]
    var tokenType: String
    var expiresAt: Date
    var accessToken: Secret
    /// These three are missing in records of the first versions.
    var lifetime: Double?
    var askedAt: Date?
    var askedUptime: Duration?
  }

  /// Reads a record; `nil` where its parts do not add up, which an authentic record's always do.
  ///
  /// - Returns: the record without held tokens, and these beside it.
  static func decoded(_ payload: Secret) -> (SessionRecord, [StoredToken])? {
    guard let parts = TaggedFields.decode(payload) else { return nil }
    var device: String?
    var session = Session(subject: "", scopes: [], signedInAt: .distantPast)
    var hasSession = false
    var tokens: [StoredToken] = []
    var pending = StoredToken(
      asked: ScopeSet([]), scopes: [], tokenType: "", expiresAt: .distantPast,
      accessToken: Secret(""))
    for (tag, bytes) in parts {
      switch Tag(rawValue: tag) {
      case .deviceToken: device = bytes.exposedText()
      case .subject:
        session.subject = bytes.exposedText()
        hasSession = true
      case .scopes: session.scopes = words(bytes)
      case .refreshToken: session.refreshToken = bytes
      case .idToken: session.idToken = bytes
      case .signedInAt: session.signedInAt = date(bytes) ?? .distantPast
      case .lastRefreshAt: session.lastRefreshAt = date(bytes)
      case .proofKey: session.proofKey = ProofKey(scalar: bytes)
      case .refreshBegunAt:
        session.refreshBegun = date(bytes).map {
          Moment(wall: $0, uptime: .zero, isRemembered: true)
        }
      case .refreshBegunUptime: session.refreshBegun?.uptime = uptime(bytes) ?? .zero
      case .accessLifetime: pending.lifetime = Double(bytes.exposedText())
      case .accessAskedAt: pending.askedAt = date(bytes)
      case .accessAskedUptime: pending.askedUptime = uptime(bytes)
      case .isStatic: session.isStatic = true
      case .askedScopes: pending.asked = ScopeSet(words(bytes))
      case .accessScopes: pending.scopes = words(bytes)
      case .tokenType: pending.tokenType = bytes.exposedText()
      case .accessExpiresAt: pending.expiresAt = date(bytes) ?? .distantPast
      case .accessToken:
        pending.accessToken = bytes
        tokens.append(pending)
      case nil: break
      }
    }
    guard let device else { return nil }
    return (SessionRecord(deviceToken: device, session: hasSession ? session : nil), tokens)
  }

  private static func words(_ bytes: Secret) -> [String] {
    bytes.exposedText().split(separator: " ").map(String.init)
  }

  private static func date(_ bytes: Secret) -> Date? {
    Int(bytes.exposedText()).map { Date(timeIntervalSince1970: Double($0)) }
  }

  private static func uptime(_ bytes: Secret) -> Duration? {
    Int64(bytes.exposedText()).map { .seconds($0) }
  }
}
