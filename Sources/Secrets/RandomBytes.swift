// Randomness for ids, nonces, verifiers and jitter, from libsodium (`getrandom(2)` underneath).

internal import CSodium

/// Bytes that nobody can guess.
public enum RandomBytes {
  /// `count` fresh random bytes, for values that may lie on the heap; keys are `Secret`s.
  public static func bytes(_ count: Int) -> [UInt8] {
    Sodium.ready()
    var bytes = [UInt8](repeating: 0, count: count)
    unsafe randombytes_buf(&bytes, count)
    return bytes
  }
}
