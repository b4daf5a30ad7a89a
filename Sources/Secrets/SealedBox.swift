// One authenticated box: XChaCha20-Poly1305 with associated data (libsodium's
// `crypto_aead_xchacha20poly1305_ietf`, draft-irtf-cfrg-xchacha-03). Its nonce of 24 bytes is long
// enough to be random, so that two processes or two restores of one backup never share one.

internal import CSodium

/// Seals and opens bytes under a key.
///
/// A box is nonce (24 bytes) ‖ ciphertext ‖ tag (16 bytes).
public enum SealedBox {
  /// Bytes in a key.
  public static let keyCount = 32
  /// Bytes in a nonce.
  public static let nonceCount = 24
  /// How much longer a box is than what it holds.
  public static let overhead = 24 + 16

  /// Why a box gives nothing.
  public enum Failure: Error, Equatable, Sendable {
    /// The box is shorter than its own overhead.
    case tooShort
    /// The key, the associated data or a bit of the box is not what it was sealed with. Which of
    /// them cannot be told.
    case notAuthentic
  }

  /// Seals `plaintext` so that it opens with the same key and associated data only.
  ///
  /// - Parameter nonce: 24 bytes that no other box under this key has; random ones by default.
  public static func seal(
    _ plaintext: Secret, key: Secret, associatedData: [UInt8],
    nonce: [UInt8] = RandomBytes.bytes(nonceCount)
  ) -> [UInt8] {
    precondition(key.count == keyCount && nonce.count == nonceCount, "a key or nonce of wrong size")
    Sodium.ready()
    var ciphertext = [UInt8](repeating: 0, count: plaintext.count + 16)
    unsafe plaintext.withPointer { bytes in
      unsafe key.withPointer { key in
        _ = unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
          &ciphertext, nil, bytes, UInt64(plaintext.count), associatedData,
          UInt64(associatedData.count), nil, nonce, key)
      }
    }
    return nonce + ciphertext
  }

  /// What `seal` was given.
  ///
  /// - Throws: `Failure.tooShort` or `Failure.notAuthentic`.
  public static func open(
    _ box: [UInt8], key: Secret, associatedData: [UInt8]
  ) throws(Failure) -> Secret {
    precondition(key.count == keyCount, "a key of wrong size")
    guard box.count >= overhead else { throw .tooShort }
    Sodium.ready()
    let nonce = Array(box.prefix(nonceCount))
    let ciphertext = Array(box.dropFirst(nonceCount))
    return try Secret(count: box.count - overhead) {
      (span: inout MutableSpan<UInt8>) throws(Failure) in
      let status = unsafe span.withUnsafeMutableBufferPointer { plaintext in
        unsafe key.withPointer { key in
          unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
            plaintext.baseAddress, nil, nil, ciphertext, UInt64(ciphertext.count),
            associatedData, UInt64(associatedData.count), nonce, key)
        }
      }
      guard status == 0 else { throw .notAuthentic }
    }
  }
}
