// `remedyd vault …`: what an administrator does with the vault itself, beside the service.

internal import ArgumentParser
internal import BrokerConfig
internal import FoundationEssentials
internal import Glibc
internal import Secrets
internal import TokenBroker
internal import TokenVault

/// `remedyd vault`
struct VaultCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vault", abstract: "Keys and records of the vault.",
    subcommands: [NewKey.self, Check.self, Rekey.self])

  /// Whose options say which vault is meant.
  @ParentCommand var service: Remedyd

  /// No verb is no success.
  func run() throws {
    Wiring.complain(Self.helpMessage())
    throw ExitCode(2)
  }

  /// `remedyd vault new-key`
  struct NewKey: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "new-key",
      abstract: "Print a fresh key, 32 random bytes in base64, for a key file or credential.")

    func run() {
      KeySource.newKeyText().withBytes { text in
        _ = unsafe text.withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      }
    }
  }

  /// `remedyd vault check`
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Read every record and say what is wrong. Changes nothing; remedyd may run.",
      discussion: "Exits with 0 where all is well, with 1 where something is wrong or the vault "
        + "does not open.")

    @ParentCommand var vault: VaultCommand

    func run() throws {
      let place = try VaultPlace(vault.service)
      let inspection: Vault.Inspection
      do throws(VaultError) {
        inspection = try Vault.inspect(directory: place.state, key: try place.key())
      } catch {
        throw VaultPlace.complaint("\(error)")
      }
      for (file, complaint) in inspection.complaints {
        print("\(file): \(complaint.words)")
      }
      print("\(place.state): \(inspection.sound) sound, \(inspection.complaints.count) to look at")
      // A leftover is the next start's business, and nothing to be sorry for.
      guard inspection.complaints.allSatisfy({ $0.complaint == .leftover }) else {
        throw ExitCode(1)
      }
    }
  }

  /// `remedyd vault rekey`
  struct Rekey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rekey",
      abstract: "Seal the vault under another key. No record is touched; stop remedyd first.",
      discussion: "The key of now is the one that the configuration names. Change that afterwards.")

    @Option(
      help: ArgumentHelp(
        "What is to open it: file:/PATH, credential:NAME, keyring:NAME or passphrase.",
        valueName: "key"))
    var to: String

    @ParentCommand var vault: VaultCommand

    func run() async throws {
      let place = try VaultPlace(vault.service)
      guard to == "passphrase" || KeySource(text: to) != nil else {
        throw VaultPlace.complaint(
          "\(to) is no key; write file:/PATH, credential:NAME, keyring:NAME or passphrase")
      }
      do throws(VaultError) {
        let old = try place.key()
        let (vault, loaded) = try await Vault.open(directory: place.state, key: old)
        if let new = try newKey() {
          try await vault.changeKey(to: new)
          print(
            "\(place.state): the new key opens it; \(loaded.records.count) records are as before")
          print("now write key = \"\(to)\" under [vault] in \(place.config)")
          return
        }
      } catch {
        throw VaultPlace.complaint("\(error)")
      }
      throw VaultPlace.complaint("that is no new passphrase; the vault is as it was")
    }

    private func newKey() throws(VaultError) -> VaultKey? {
      guard let source = KeySource(text: to) else {
        return Passphrase.readNew().map { .passphrase($0) }
      }
      return .bytes(try source.read(credentialsDirectory: Remedyd.credentialsDirectory))
    }
  }
}

/// Which vault is meant, and what opens it: by the options of the service.
private struct VaultPlace {
  var config: String
  var state: String
  var setting: VaultKeySetting?

  init(_ service: Remedyd) throws {
    let mode: Mode = service.system ? .system : .user
    do {
      let paths = try Paths(
        mode: mode, config: service.config, socket: "", state: service.state)
      config = paths.config
      state = paths.state
      setting = try ConfigFile.read(
        path: config, mode: mode, credentialsDirectory: Remedyd.credentialsDirectory
      ).vaultKey
    } catch {
      throw Self.complaint("\(error)")
    }
  }

  /// The key that the configuration names; a passphrase is asked for.
  func key() throws(VaultError) -> VaultKey {
    switch setting {
    case .passphrase:
      return .passphrase(Passphrase.read("passphrase of the vault: "))
    case .source(let source):
      return .bytes(try source.read(credentialsDirectory: Remedyd.credentialsDirectory))
    case nil:
      let file = KeySource.file(state + "/vault.key")
      return .bytes(try file.read(credentialsDirectory: nil))
    }
  }

  static func complaint(_ words: String) -> ExitCode {
    Wiring.complain("remedyd: " + words)
    return ExitCode(1)
  }
}

extension Vault.Complaint {
  fileprivate var words: String {
    switch self {
    case .damaged: "damaged; its session will be signed out, and the file kept as NAME.damaged"
    case .newer(let version): "of format version \(version), which this remedyd does not know"
    case .rolledBack: "holds an older state than was last written; its session will be signed out"
    case .deleted: "was deleted and is there again; the next start removes it"
    case .missing: "was written, never deleted, and is not there"
    case .leftover: "left by a write that was interrupted; the next start settles it"
    case .indexLost: "lost or damaged; whether records are the newest cannot be told"
    }
  }
}
