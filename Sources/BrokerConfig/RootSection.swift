// The file as a whole: [vault], [limits], [log] and the profiles.

internal import TokenBroker
internal import TokenVault

/// Reads the tables of the file.
struct RootSection {
  let section: Section
  let mode: Mode
  let credentialsDirectory: String?

  private static let tables = ["vault", "limits", "log", "profile"]
  private static let levels = ["trace", "debug", "info", "notice", "warning", "error"]

  func read(into report: inout FaultReport) -> Configuration {
    section.refuseUnknown(besides: Self.tables, into: &report)
    return Configuration(
      profiles: profiles(&report), limits: limits(&report), vaultKey: vaultKey(&report),
      logLevel: logLevel(&report))
  }

  private func table(
    _ name: String, knowing keys: [String], _ report: inout FaultReport
  ) -> Section? {
    guard let member = section.member(name),
      let table = Section(member.value, path: name, line: member.line, into: &report)
    else { return nil }
    table.refuseUnknown(besides: keys, into: &report)
    return table
  }

  // MARK: [vault]

  private func vaultKey(_ report: inout FaultReport) -> VaultKeySetting? {
    let vault = table("vault", knowing: ["key"], &report)
    let example = "\"credential:vault-key\""
    guard let vault, vault.has("key") else {
      // What is there and no table has been reported.
      if mode == .system, vault != nil || !section.has("vault") {
        report.add(
          vault?.line ?? 1, "vault.key", "is missing; a system service has no default",
          mend: vault == nil ? "write [vault] and key = \(example) below" : "write key = \(example)"
        )
      }
      return nil
    }
    guard let found = vault.string("key", example: example, into: &report) else { return nil }
    if found.value == "passphrase" {
      guard mode == .system else { return .passphrase }
      report.add(
        found.line, "vault.key", "a system service cannot wait for a passphrase",
        mend: "write \(example) or \"file:/PATH\"")
      return nil
    }
    switch SecretReference.read(found, key: "vault.key", into: &report) {
    case .credential(let name): return .source(.credential(name))
    case .file(let path): return .source(.file(path))
    case .keyring(let name): return .source(.keyring(name))
    case nil: return nil
    }
  }

  // MARK: [limits]

  private func limits(_ report: inout FaultReport) -> Limits {
    var limits = Limits()
    guard
      let table = table(
        "limits", knowing: ["connections_per_uid", "transactions_per_uid"], &report)
    else { return limits }
    let range = 1...100_000
    limits.connectionsPerUID =
      table.integer("connections_per_uid", in: range, example: "64", into: &report)
      ?? limits.connectionsPerUID
    limits.transactionsPerUID =
      table.integer("transactions_per_uid", in: range, example: "8", into: &report)
      ?? limits.transactionsPerUID
    return limits
  }

  // MARK: [log]

  private func logLevel(_ report: inout FaultReport) -> String? {
    table("log", knowing: ["level"], &report)?.word("level", of: Self.levels, into: &report)
  }

  // MARK: [profile.NAME]

  private func profiles(_ report: inout FaultReport) -> [Profile] {
    guard let member = section.member("profile"),
      let table = Section(member.value, path: "profile", line: member.line, into: &report)
    else { return [] }
    var found: [(Int, Profile)] = []
    for member in table.members {
      let path = table.keyPath(member.key)
      if !Self.isProfileName(member.key) {
        report.add(
          member.line, path, "is no name of a profile",
          mend: "use 1 to 64 of A-Z a-z 0-9 . _ -")
      }
      guard !refuseUnquotedDot(member, path, &report),
        let section = Section(member.value, path: path, line: member.line, into: &report)
      else { continue }
      let reader = ProfileSection(
        section: section, name: member.key, mode: mode, credentialsDirectory: credentialsDirectory)
      if let profile = reader.read(into: &report) { found.append((section.line, profile)) }
    }
    return found.sorted { $0.0 < $1.0 }.map(\.1)
  }

  private static func isProfileName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { isBareKeyByte($0) || $0 == UInt8(ascii: ".") }
  }

  /// `[profile.a.b]` is a table b in a profile a that has no header: most likely a name with a
  /// dot was meant.
  private func refuseUnquotedDot(
    _ member: TOMLMember, _ path: String, _ report: inout FaultReport
  ) -> Bool {
    guard case .table(let members) = member.value.content, let inner = members.first,
      members.count == 1, inner.key != "answers", case .table = inner.value.content,
      inner.value.line == member.value.line, inner.value.column == member.value.column
    else { return false }
    report.add(
      inner.line, "\(path).\(keyText(inner.key))", "is a table in a profile",
      mend: "quote a name with a dot: [profile.\(quoted("\(member.key).\(inner.key)"))]")
    return true
  }
}
