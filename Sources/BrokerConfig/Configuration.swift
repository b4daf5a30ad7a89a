// What `remedyd` runs by: the file's sections as values that hold, with nothing left to check.

public import TokenBroker
public import TokenVault

/// A configuration without a fault.
public struct Configuration: Sendable, Equatable {
  /// In the file's order.
  public var profiles: [Profile]
  /// How much of the broker callers and the network may take; the standard ones where the file says
  /// nothing.
  public var limits: Limits
  /// What opens the vault; nil: a user service's own key file in the state directory.
  public var vaultKey: VaultKeySetting?
  /// One of `trace debug info notice warning error`; nil where the file does not say.
  public var logLevel: String?
  /// What holds but is worth a word at start-up, each with file and line.
  public var warnings: [String]

  /// Made of its parts; what is left out has the value that stands here.
  public init(
    profiles: [Profile] = [], limits: Limits = Limits(), vaultKey: VaultKeySetting? = nil,
    logLevel: String? = nil, warnings: [String] = []
  ) {
    self.profiles = profiles
    self.limits = limits
    self.vaultKey = vaultKey
    self.logLevel = logLevel
    self.warnings = warnings
  }
}

/// What `vault.key` says.
public enum VaultKeySetting: Sendable, Equatable {
  /// The key lies somewhere.
  case source(KeySource)
  /// A person gives it, after the start.
  case passphrase
}
