// Bytes that must not be seen: vault keys, refresh tokens, passwords, client secrets.
//
// A `Secret` is shared by reference, never copied: its bytes lie once, in guarded memory
// (`SecretArena`), and are zeroed when the last holder lets go. It has no `Codable`, describes
// itself as `<secret>`, mirrors as nothing and compares in constant time, so that neither a log
// line nor a failed expectation can print it.

internal import CSodium

/// Guarded, zeroed, redacted bytes.
///
/// `@unchecked Sendable`: the bytes are written once, before `init` returns, and only read after.
public final class Secret: @unchecked Sendable {
  private let slot: SecretArena.Slot

  /// How many bytes there are. Not a secret.
  public let count: Int

  /// Makes a secret of `count` bytes, zero at first, which `body` fills in place, so that they
  /// never lie anywhere else.
  public init<Failure: Error>(
    count: Int, fill body: (inout MutableSpan<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    self.count = count
    slot = SecretArena.shared.take(count)
    var span = unsafe MutableSpan<UInt8>(_unsafeStart: slot.start, count: count)
    // Where the body throws, `deinit` gives the slot back: every property is set by now.
    try body(&span)
  }

  /// Copies the bytes; the caller's own copy is the caller's to wipe.
  public convenience init(copying bytes: some Collection<UInt8>) {
    self.init(count: bytes.count) { span in
      let isCopied: Void? = bytes.withContiguousStorageIfAvailable { source in
        unsafe span.withUnsafeMutableBytes {
          unsafe $0.copyMemory(from: UnsafeRawBufferPointer(source))
        }
      }
      guard isCopied == nil else { return }
      // A collection in pieces, byte by byte: a hundred times the time.
      for (index, byte) in zip(span.indices, bytes) { span[index] = byte }
    }
  }

  /// Copies the UTF-8 of a text.
  public convenience init(_ text: String) {
    self.init(copying: text.utf8)
  }

  /// Fresh random bytes, as for a key.
  public convenience init(randomCount count: Int) {
    self.init(count: count) { span in
      unsafe span.withUnsafeMutableBytes { buffer in
        Sodium.ready()
        if let start = buffer.baseAddress { unsafe randombytes_buf(start, buffer.count) }
      }
    }
  }

  deinit {
    SecretArena.shared.give(back: slot)
  }

  /// The bytes, for the length of the call.
  public func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(unsafe Span(_unsafeStart: slot.start, count: count))
  }

  /// The first bytes as a secret of their own; all of them where there are no more.
  public func prefix(_ count: Int) -> Secret {
    let count = min(max(count, 0), self.count)
    return withBytes { bytes in
      Secret(count: count) { span in
        for index in 0..<count { span[index] = bytes[index] }
      }
    }
  }

  /// How many bytes for secrets this process has taken that the kernel would not lock, so that they
  /// may be swapped; 0 where all is well. `RLIMIT_MEMLOCK` is the usual reason.
  public static var unlockedBytes: Int { SecretArena.shared.unlockedBytes }

  /// A pointer to the bytes, for a C function that reads them during the call.
  @unsafe
  func withPointer<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
    unsafe body(slot.start)
  }

  /// The bytes as text, a copy on the ordinary heap: for an HTTP library that takes nothing else.
  /// Bytes that are not UTF-8 are replaced by U+FFFD.
  public func exposedText() -> String {
    withBytes { span in
      unsafe span.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
  }

  /// The bytes, a copy on the ordinary heap: keep it short-lived.
  public func exposedBytes() -> [UInt8] {
    withBytes { span in
      unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
    }
  }
}

extension Secret: Equatable {
  /// Constant-time in the bytes; the lengths are not secret.
  public static func == (left: Secret, right: Secret) -> Bool {
    guard left.count == right.count else { return false }
    return left.withBytes { leftBytes in
      right.withBytes { rightBytes in
        var difference: UInt8 = 0
        for index in leftBytes.indices { difference |= leftBytes[index] ^ rightBytes[index] }
        return difference == 0
      }
    }
  }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "<secret>" }
  public var debugDescription: String { "<secret>" }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// libsodium, started.
enum Sodium {
  private static let isReady: Bool = sodium_init() >= 0

  /// Must have been called before any other function of libsodium. Failing to start is a broken
  /// machine (no randomness), not an input: it traps.
  static func ready() {
    precondition(isReady, "libsodium could not be started: the system gives no random numbers")
  }
}
