// The configured key, in the two forms in which somebody can have one.

public import Secrets

/// What opens a vault: the outer key, which seals the one data key and nothing else.
public enum VaultKey: Sendable {
  /// 32 bytes, from a file, a credential or the kernel's keyring.
  case bytes(Secret)
  /// What a person knows. `cost` counts when a header is made; one that is there has its own.
  case passphrase(Secret, cost: PassphraseKey.Cost = .standard)
}
