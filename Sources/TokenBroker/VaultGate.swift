// The door of a vault whose key a person has: shut at the start, opened once.
//
// 1. One passphrase is tried at a time; deriving its key takes about a second, off the event loop.
// 2. After each wrong one the next is not even looked at for a while, which doubles up to a minute.
// 3. It opens once. Nothing shuts it but the end of the process.

/// Whether the vault is open, and when a passphrase may be tried.
struct VaultGate: Equatable {
  enum State: Equatable {
    case open
    /// - Parameter isNew: whether there is no vault yet, so that the first passphrase makes it.
    case locked(isNew: Bool)
  }

  private(set) var state: State
  private var isTrying = false
  private var failures = 0
  private var notBefore: Duration = .zero

  private static let longest: Duration = .seconds(60)

  init(_ state: State) {
    self.state = state
  }

  var isLocked: Bool { state != .open }

  /// Whether a passphrase may be tried now.
  ///
  /// - Parameter now: on the uptime clock.
  /// - Throws: how long to wait, where not.
  mutating func begin(now: Duration) throws(Wait) {
    guard now >= notBefore else { throw Wait(left: notBefore - now) }
    guard !isTrying else { throw Wait(left: .seconds(1)) }
    isTrying = true
  }

  /// The passphrase was the vault's.
  mutating func opened() {
    isTrying = false
    state = .open
  }

  /// It was not.
  ///
  /// - Returns: how long the next one has to wait.
  mutating func refused(now: Duration) -> Duration {
    isTrying = false
    failures += 1
    let pause = min(.seconds(1 << min(failures - 1, 6)), Self.longest)
    notBefore = now + pause
    return pause
  }

  /// The try ended for another reason: a disk, memory.
  mutating func failed() {
    isTrying = false
  }

  /// How long until a passphrase is looked at.
  struct Wait: Error, Equatable {
    var left: Duration
  }
}
