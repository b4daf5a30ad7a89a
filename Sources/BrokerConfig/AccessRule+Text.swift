// `user:deploy+group:staff` to numbers. What this version cannot check is a fault, never a rule
// that silently does not match.

internal import TokenBroker

/// Reads the rules of `allow` and `prompters`.
struct AccessRuleReader {
  let mode: Mode
  let key: String

  /// nil, with faults, where a term does not hold.
  func rule(_ found: Located<String>, into report: inout FaultReport) -> AccessRule? {
    let parts = found.value.split(separator: "+", omittingEmptySubsequences: false)
    let terms = parts.compactMap { term(String($0), at: found.line, into: &report) }
    guard terms.count == parts.count else { return nil }
    for case .user(Self.overflowID) in terms {
      report.warn(
        found.line, key, "\(quoted(found.value)) never matches: uid 65534 is always refused")
    }
    return AccessRule(text: found.value, terms: terms)
  }

  /// What the kernel calls everybody it has no number for.
  private static let overflowID: UInt32 = 65534

  private func term(
    _ text: String, at line: Int, into report: inout FaultReport
  ) -> AccessRule.Term? {
    if let name = text.dropping("user:") {
      return id(name, "user", AccountNames.user, at: line, into: &report).map { .user($0) }
    }
    if let name = text.dropping("group:") {
      return id(name, "group", AccountNames.group, at: line, into: &report).map { .group($0) }
    }
    if text.hasPrefix("unit:") {
      report.add(
        line, key, "\(quoted(text)): unit: \(comesLater)", mend: "use user: and group: until then")
    } else if text.hasPrefix("exe:") {
      refuseExecutable(text, at: line, into: &report)
    } else {
      report.add(
        line, key, "\(quoted(text)) is no term of a rule",
        mend: "write user:NAME, user:UID, group:NAME or group:GID, several joined by +")
    }
    return nil
  }

  private func refuseExecutable(_ text: String, at line: Int, into report: inout FaultReport) {
    switch mode {
    case .system:
      report.add(
        line, key,
        "\(quoted(text)): exe: needs the drop-in remedyd.service.d/exe-rules.conf, which "
          + comesLater, mend: "use user: and group: until then")
    case .user:
      report.add(
        line, key, "\(quoted(text)): exe: \(comesLater)", mend: "use user: and group: until then")
    }
  }

  private func id(
    _ name: String, _ kind: String, _ look: (String) -> AccountNames.Answer, at line: Int,
    into report: inout FaultReport
  ) -> UInt32? {
    if !name.isEmpty, name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      // The largest number means "none" to the kernel.
      if let number = UInt32(name), number < UInt32.max { return number }
      report.add(
        line, key, "\(quoted("\(kind):\(name)")) is no number of a \(kind)",
        mend: "write a number below 4294967295")
      return nil
    }
    guard !name.isEmpty, !name.utf8.contains(0) else {
      report.add(
        line, key, "\(quoted("\(kind):\(name)")) names no \(kind)",
        mend: "write \(kind):NAME or \(kind):NUMBER")
      return nil
    }
    switch look(name) {
    case .found(let number): return number
    case .unknown:
      report.add(
        line, key, "there is no \(kind) \(quoted(name)) on this machine",
        mend: "make it, mend the name, or write its number")
    case .failed(let code):
      report.add(
        line, key, "the \(kind) \(quoted(name)) could not be looked up (errno \(code))",
        mend: "write its number, or mend the machine's account database")
    }
    return nil
  }
}
