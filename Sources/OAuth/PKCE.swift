// Proof that whoever redeems a code is whoever asked for it (RFC 7636). Only S256: the plain
// method proves nothing to somebody who saw the request.

internal import Crypto
public import Secrets

/// A code verifier with its challenge.
public struct PKCE: Sendable, Equatable {
  /// What is shown when the code is redeemed (RFC 7636 §4.1).
  public let verifier: Secret

  /// Makes the verifier from fresh random bytes.
  ///
  /// - Parameter randomBytes: 32 to 96 bytes that nobody can guess; other counts make no verifier
  ///   of the length that RFC 7636 §4.1 wants, and trap.
  public init(randomBytes: [UInt8]) {
    precondition(
      (32...96).contains(randomBytes.count), "a code verifier is made of 32 to 96 random bytes")
    verifier = Secret(Base64URL.encode(randomBytes))
  }

  /// Takes up a verifier that was made before, as from a checkpoint.
  public init(verifier: Secret) {
    self.verifier = verifier
  }

  /// What is sent ahead, method `S256` (RFC 7636 §4.2).
  public var challenge: String {
    var hash = SHA256()
    verifier.withBytes { span in
      unsafe span.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
    }
    return Base64URL.encode(hash.finalize())
  }
}
