// What a run of the flow is for. The engine is asked the same way for each; what differs is which
// of its offers is taken without asking a person, and which end is good news.

/// What the person wants of the engine.
public enum Purpose: String, Sendable, Equatable, CaseIterable {
  /// Sign in.
  case authenticate
  /// Make an account.
  case register
  /// Regain an account whose password is lost.
  case recover
  /// Unlock an account that is locked.
  case unlock
}
