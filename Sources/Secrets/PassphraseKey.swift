// A key from a passphrase: Argon2id (RFC 9106, libsodium's `crypto_pwhash`).
//
// The cost is stored beside what the key seals and honoured when it is derived again, so that it can
// be raised later without losing anybody's vault. It has a floor, because whoever can write the file
// could otherwise lower it and try passphrases cheaply; and a ceiling, because they could otherwise
// have the machine run out of memory.

internal import CSodium

/// Derives keys from passphrases.
public enum PassphraseKey {
  /// Bytes in a salt.
  public static let saltCount = 16

  /// What one guess costs.
  public struct Cost: Sendable, Equatable {
    /// Passes over the memory.
    public var passes: UInt64
    /// Bytes of memory.
    public var memory: UInt64

    /// Made of its parts.
    public init(passes: UInt64, memory: UInt64) {
      self.passes = passes
      self.memory = memory
    }

    /// 256 MiB, three passes: libsodium's `MODERATE`.
    public static let standard = Cost(passes: 3, memory: 256 << 20)
    /// The least that is accepted: 8 MiB and one pass. Less is taken for somebody's tampering.
    public static let floor = Cost(passes: 1, memory: 8 << 20)
    /// The most that is accepted: 4 GiB, 64 passes.
    public static let ceiling = Cost(passes: 64, memory: 4 << 30)

    /// Whether it is neither cheap enough to guess at nor dear enough to harm the machine.
    public var isAcceptable: Bool {
      (Self.floor.passes...Self.ceiling.passes).contains(passes)
        && (Self.floor.memory...Self.ceiling.memory).contains(memory)
    }
  }

  /// A key of `SealedBox.keyCount` bytes. Takes as long as `cost` says: not for an event loop.
  ///
  /// - Parameters:
  ///   - salt: `saltCount` bytes.
  ///   - count: how many bytes the key has.
  /// - Returns: `nil` where the machine has not the memory that `cost` asks for.
  public static func derive(
    _ passphrase: Secret, salt: [UInt8], cost: Cost, count: Int = SealedBox.keyCount
  ) -> Secret? {
    precondition(salt.count == saltCount, "a salt of wrong size")
    Sodium.ready()
    var succeeded = false
    let key = Secret(count: count) { span in
      succeeded = unsafe span.withUnsafeMutableBufferPointer { key in
        guard let start = key.baseAddress else { return false }
        return unsafe passphrase.withPointer { bytes in
          unsafe bytes.withMemoryRebound(to: CChar.self, capacity: passphrase.count) { text in
            unsafe crypto_pwhash(
              start, UInt64(key.count), text, UInt64(passphrase.count), salt, cost.passes,
              Int(cost.memory), crypto_pwhash_ALG_ARGON2ID13) == 0
          }
        }
      }
    }
    return succeeded ? key : nil
  }
}
