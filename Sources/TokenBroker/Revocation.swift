// Tokens that the issuer has still to be told of: they are over. Kept in the vault until it has
// taken that, or until they are over by themselves.

internal import FoundationEssentials
internal import OAuth
internal import Secrets

/// One token that is to be revoked.
struct PendingRevocation: Sendable {
  var token: Secret
  var kind: TokenRequest.TokenKind
  /// At whose issuer, and as which client: a profile that has others by now cannot do it.
  var issuer: String
  var clientID: String
  /// When it is given up: the end of an access token; of a refresh token thirty days from now.
  var until: Date

  static let longest: TimeInterval = 30 * 86400

  func belongs(to profile: Profile) -> Bool {
    issuer == profile.issuer && clientID == profile.clientID
  }
}

/// What is to be revoked for one (profile, owner).
struct RevocationQueue: Sendable {
  /// The refresh token of a session before its access tokens: it takes them along.
  var pending: [PendingRevocation] = []
  /// Tries in a row that came to nothing.
  var failures = 0
  /// Rings for the next try.
  var alarm: Alarm?
  var isUnderWay = false
  /// Whether the issuer itself asked for the pause.
  var isOrdered = false
}

/// The queue as it stands in the vault, under the kind `revocation` (docs/session-record.md).
enum RevocationRecord {
  static let kind = "revocation"

  private enum Tag: UInt8 {
    case issuer = 1
    case clientID, kind, until, token
  }

  static func encoded(_ pending: [PendingRevocation]) -> Secret {
    TaggedFields.encode(
      pending.flatMap { one -> [(UInt8, Secret)] in
        [
          (Tag.issuer.rawValue, Secret(one.issuer)),
          (Tag.clientID.rawValue, Secret(one.clientID)),
          (Tag.kind.rawValue, Secret(one.kind.rawValue)),
          (Tag.until.rawValue, Secret(String(Int(one.until.timeIntervalSince1970)))),
          (Tag.token.rawValue, one.token),
        ]
      })
  }

  /// What of a record can be read.
  static func decoded(_ payload: Secret) -> [PendingRevocation] {
    var pending: [PendingRevocation] = []
    var issuer = ""
    var clientID = ""
    var kind: TokenRequest.TokenKind?
    var until = Date.distantPast
    for (tag, bytes) in TaggedFields.decode(payload) ?? [] {
      switch Tag(rawValue: tag) {
      case .issuer: issuer = bytes.exposedText()
      case .clientID: clientID = bytes.exposedText()
      case .kind: kind = TokenRequest.TokenKind(rawValue: bytes.exposedText())
      case .until:
        until =
          Int(bytes.exposedText()).map { Date(timeIntervalSince1970: Double($0)) }
          ?? .distantPast
      case .token:
        guard let kind else { continue }
        pending.append(
          PendingRevocation(
            token: bytes, kind: kind, issuer: issuer, clientID: clientID, until: until))
      case nil: break
      }
    }
    return pending
  }
}
