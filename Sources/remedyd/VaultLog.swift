// What the vault found when it was opened, in the log.

internal import Logging
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

  private func complain(_ what: String, _ file: String, _ event: String = "record_damaged") {
    error("\(what)", metadata: ["event": "\(event)", "file": "\(file)"])
  }
}
