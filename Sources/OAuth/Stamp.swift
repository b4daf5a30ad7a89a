// What makes a signed text fresh. Whoever checks one remembers its id until it expires, so that a
// text which was overheard is worth nothing; and reads its times by a clock that is not ours.

public import FoundationEssentials
internal import Secrets

/// When a text is signed, and the id that no other text has: `iat` and `jti` (RFC 7519 §4.1). Made
/// anew for every request, and for every repetition of one.
public struct Stamp: Sendable, Equatable {
  /// By the clock of whoever checks the text, as well as it is known.
  public let time: Date
  /// 128 random bits or more, in base64url.
  public let id: String

  /// - Parameter randomBytes: at least 16 bytes that nobody can guess; fewer are a mistake of the
  ///   caller's, and trap.
  public init(time: Date, randomBytes: [UInt8]) {
    precondition(randomBytes.count >= 16, "an id is made of 128 random bits or more")
    self.time = time
    id = Base64URL.encode(randomBytes)
  }

  /// Whole seconds since 1970: a fraction would be valid, and is refused by some.
  var seconds: Int { Int(time.timeIntervalSince1970.rounded(.down)) }
}
