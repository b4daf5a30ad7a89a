// The kinds of things that the service reports, each with an id that never changes, so that
// `journalctl MESSAGE_ID=…` and alerts find them in whatever words they are put.
//
// Whoever logs need not know this target: a log line with the metadata `event` and one of these
// names as its value carries the id.

/// A kind of log entry.
public enum MessageID: String, Sendable, CaseIterable {
  /// The service began to start.
  case started
  /// The service answers.
  case ready
  /// The service is on its way down.
  case stopping
  /// A caller was given a token.
  case tokenGiven = "token_given"
  /// A caller was refused a token.
  case tokenRefused = "token_refused"
  /// A session's tokens were refreshed at the issuer.
  case tokenRefreshed = "token_refreshed"
  /// A session began: somebody signed in.
  case sessionStarted = "session_started"
  /// A session ended by itself: expired, revoked or lost.
  case sessionEnded = "session_ended"
  /// A session was ended on request.
  case loggedOut = "logged_out"
  /// A sign-in ended without tokens.
  case transactionFailed = "transaction_failed"
  /// An account was made, regained or unlocked, and nobody is signed in.
  case transactionAccomplished = "transaction_accomplished"
  /// A sign-in that a restart interrupted goes on.
  case transactionResumed = "transaction_resumed"
  /// A prompter may now be shown prompts.
  case prompterAttached = "prompter_attached"
  /// A prompter answered a prompt.
  case promptAnswered = "prompt_answered"
  /// A browser came back from its part of a sign-in.
  case browserReturned = "browser_returned"
  /// A callback had the right state and the wrong issuer.
  case callbackRefused = "callback_refused"
  /// A service account's configured answers do not sign in, and are not given any more.
  case answersStopped = "answers_stopped"
  /// A record of the vault was damaged and is set aside.
  case recordDamaged = "record_damaged"
  /// A record of the vault is not the newest, or is missing.
  case recordRolledBack = "record_rolled_back"
  /// A passphrase opened the vault.
  case vaultUnlocked = "vault_unlocked"
  /// A passphrase was refused.
  case vaultRefused = "vault_refused"
  /// Secrets lie in memory that the kernel would not lock.
  case memoryNotLocked = "memory_not_locked"
  /// The config has a fault.
  case configFault = "config_fault"

  /// The metadata key whose value names the kind.
  public static let metadataKey = "event"

  /// The journal's `MESSAGE_ID`: 128 bits as 32 hexadecimal digits.
  public var id: String {
    switch self {
    case .started: "b9700f7e84274261b95c15b9a5915207"
    case .ready: "36772192bec64504bcd31391af7c10bb"
    case .stopping: "d67a3fe09bd246ae9bbec39bb58c3d5d"
    case .tokenGiven: "734c6253933c49c8b7f2c4f9250178d9"
    case .tokenRefused: "07f7238de63048cbbcb9eebd87067ec4"
    case .tokenRefreshed: "ce8d16d45f054f80bb0ce809a923dd9e"
    case .sessionStarted: "2a8e1dbd3dc2428898ce54abdfae14bc"
    case .sessionEnded: "edad2593cc624f44b8277b7e38de6524"
    case .loggedOut: "f244e64ff22c4e18b064b8e72e8cbafb"
    case .transactionFailed: "a798ffff5b27484abb973f6e00f3dec4"
    case .transactionAccomplished: "c904e50af3cc47dfa7b931cd8d542ad6"
    case .transactionResumed: "710b2d4806bf432b825b55f0db2b71ed"
    case .prompterAttached: "657729d0426e4a7c890c10db342a5825"
    case .promptAnswered: "eeec3e978c064b8fa12cdef6dac4a2b6"
    case .browserReturned: "672a56a016414018ad051f3650894a41"
    case .callbackRefused: "9a4a3c0512d34906a4ca311281a55047"
    case .answersStopped: "87ad0050f51646d6865861474fcbe83b"
    case .recordDamaged: "8a37a211d9e74a2c918c5e408675670b"
    case .recordRolledBack: "9270561fa61e4361b280e8c5a6f458a3"
    case .vaultUnlocked: "a698d7e2a02a4156a24cfff7248af30c"
    case .vaultRefused: "87296af8e8694cc48e15a33175cf59af"
    case .memoryNotLocked: "f33cc7ad1bbf4dbc869559f4c01c2cb6"
    case .configFault: "5876ade53733458f97ce64809f563136"
    }
  }
}
