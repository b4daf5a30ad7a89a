// What the vault found when it was opened, in the log.

internal import Glibc
internal import Logging
internal import Secrets
internal import TokenVault

extension Logger {
  /// Says what is wrong with the records, each by its file.
  func report(_ loaded: Vault.Loaded) {
    for file in loaded.setAside {
      complain("a damaged record was set aside; its session is signed out", file)
    }
    for file in loaded.newer {
      complain("a record of a newer format is left as it is; its session is not served", file)
    }
    for file in loaded.rolledBack {
      complain(
        "a record was put back to an older state; it is not used, and its session is signed out",
        file, "record_rolled_back")
    }
    for file in loaded.missing {
      complain("a record is gone that nobody deleted", file, "record_rolled_back")
    }
    for file in loaded.indexLost {
      complain(
        "the vault's index is lost and made anew: whether records are the newest is not known",
        file)
    }
  }

  /// Says once that secrets may be swapped, where the kernel locks no memory for them.
  func reportMemory() {
    guard Secret.unlockedBytes > 0 else { return }
    warning(
      """
      secrets lie in memory that may be swapped: the limit of locked memory is reached; raise \
      LimitMEMLOCK= of the unit (ulimit -l)
      """,
      metadata: [
        "event": "memory_not_locked", "bytes": "\(Secret.unlockedBytes)",
        "limit": "\(Self.lockLimit)",
      ])
  }

  /// How many bytes the process may lock.
  private static var lockLimit: String {
    var limit = rlimit()
    let resource = __rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue)
    guard unsafe getrlimit(resource, &limit) == 0 else { return "unknown" }
    return limit.rlim_cur == rlim_t.max ? "none" : "\(limit.rlim_cur)"
  }

  private func complain(_ what: String, _ file: String, _ event: String = "record_damaged") {
    error("\(what)", metadata: ["event": "\(event)", "file": "\(file)"])
  }
}
