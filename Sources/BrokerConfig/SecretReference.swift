// Where a secret lies. The file names it and never holds it: a literal is a fault that does not
// print what was written.

internal import CLinux
internal import Glibc
internal import Secrets

/// The three places that a secret may come from.
enum SecretReference: Equatable {
  /// A systemd credential.
  case credential(String)
  /// A file of the service's own, 0600.
  case file(String)
  /// A key of type `user` in the kernel's keyring of the service's account.
  case keyring(String)

  enum Fault: Error, Equatable {
    case literal
    case keyringName
    case credentialName
    case relativePath
  }

  static let largest = 64 * 1024

  init(_ text: String) throws(Fault) {
    if let name = text.dropping("credential:") {
      guard Self.isFileName(name) else { throw .credentialName }
      self = .credential(name)
    } else if let path = text.dropping("file:") {
      guard path.hasPrefix("/"), !path.utf8.contains(0) else { throw .relativePath }
      self = .file(path)
    } else if let name = text.dropping("keyring:") {
      guard Self.isKeyName(name) else { throw .keyringName }
      self = .keyring(name)
    } else {
      throw .literal
    }
  }

  /// What systemd takes as a credential's name: a file name without control characters.
  private static func isFileName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 255
      && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }
  }

  /// What the kernel takes as a key's description, of printable characters.
  private static func isKeyName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 255 && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
  }

  /// Reads a reference of the file, with a fault where it cannot be one. No fault shows more of
  /// the value than what is plainly a name or a path.
  static func read(
    _ found: Located<String>, key: String, into report: inout FaultReport
  ) -> SecretReference? {
    do throws(Fault) {
      return try SecretReference(found.value)
    } catch {
      switch error {
      case .literal:
        report.add(
          found.line, key, "is a literal; a secret never stands in this file",
          mend: "put it into a file of mode 0600 and write \"file:/PATH\", or write "
            + "\"credential:NAME\" for a systemd credential, \"keyring:NAME\" for a kernel key")
      case .keyringName:
        report.add(
          found.line, key, "names no key of the keyring",
          mend: "write \"keyring:NAME\" with the name that `keyctl padd user NAME @u` was given")
      case .credentialName:
        report.add(
          found.line, key, "names no credential",
          mend: "write \"credential:NAME\" with a name that a file may have")
      case .relativePath:
        report.add(
          found.line, key, "names no absolute path", mend: "write \"file:/PATH\"")
      }
      return nil
    }
  }

  /// The secret itself, with a fault where it cannot be had.
  func secret(
    credentialsDirectory: String?, at line: Int, key: String, into report: inout FaultReport
  ) -> Secret? {
    switch self {
    case .file(let path):
      return Self.load(path, at: line, key: key, into: &report) { (file) throws(FileProblem) in
        guard file.owner == geteuid() else { throw .foreign(owner: file.owner) }
        guard file.mode & 0o077 == 0 else { throw .loose }
      }
    case .credential(let name):
      guard let credentialsDirectory else {
        report.add(
          line, key, "there are no credentials: systemd gave this process none",
          mend: "start it as a unit with LoadCredential=\(name):/PATH, or write \"file:/PATH\"")
        return nil
      }
      let path = "\(credentialsDirectory)/\(name)"
      // Its owner and mode are systemd's business: a credential may be root's, readable by an ACL.
      return Self.load(
        path, credential: name, at: line, key: key, into: &report
      ) { (_) throws(FileProblem) in }
    case .keyring(let name):
      return Self.key(name, at: line, key: key, into: &report)
    }
  }

  private static func key(
    _ name: String, at line: Int, key: String, into report: inout FaultReport
  ) -> Secret? {
    var count = 0
    let bytes = Secret(count: largest) { span in
      count = unsafe span.withUnsafeMutableBytes { buffer in
        guard let start = buffer.baseAddress else { return -1 }
        return unsafe remedy_keyring_read(name, start, buffer.count)
      }
    }
    if count > 0, count <= largest { return bytes.prefix(count) }
    let problem =
      switch count {
      case 0: "is empty"
      case 1...: "is larger than \(largest) bytes"
      default: errno == ENOKEY ? "is not there" : "cannot be read (error \(errno))"
      }
    report.add(
      line, key, "the key \(visible(name)) of this account's keyring \(problem)",
      mend: "add it with `keyctl padd user \(name) @u`, or write \"file:/PATH\"")
    return nil
  }

  private static func load(
    _ path: String, credential: String? = nil, at line: Int, key: String,
    into report: inout FaultReport, check: (borrowing GuardedFile) throws(FileProblem) -> Void
  ) -> Secret? {
    let what = credential.map { "the credential \(visible($0))" } ?? "the file \(visible(path))"
    do throws(FileProblem) {
      let file = try GuardedFile(path: path)
      try check(file)
      let secret = try file.secret(limit: largest)
      if secret.count == 0 {
        report.add(line, key, "\(what) is empty", mend: "put the secret into it")
        return nil
      }
      return secret
    } catch {
      let mend =
        if let credential {
          "add LoadCredential=\(credential):/PATH to the unit"
        } else {
          mend(for: error, path: visible(path))
        }
      report.add(line, key, "\(what) \(error.words)", mend: mend)
      return nil
    }
  }

  private static func mend(for problem: FileProblem, path: String) -> String {
    switch problem {
    case .missing: "make it, with mode 0600, or name another"
    case .loose: "chmod 600 \(path)"
    case .foreign, .forbidden: "chown it to the account of the service, with mode 0600"
    case .notRegular, .tooLarge, .failed: "name a file that holds the secret alone"
    }
  }
}

extension String {
  /// What follows a prefix; nil where it is not there.
  func dropping(_ prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}
