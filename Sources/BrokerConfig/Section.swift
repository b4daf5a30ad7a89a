// A table of the file with the keys that may stand in it. Each reading says what does not hold and
// answers nil, so that the next key is still read.

/// A value with its line.
struct Located<Value> {
  var value: Value
  var line: Int
}

/// One table of the file.
struct Section {
  /// Like `profile.payroll`; empty for the root.
  let path: String
  /// The header's line.
  let line: Int
  let members: [TOMLMember]

  /// nil, with a fault, where the value is no table.
  init?(_ value: TOMLValue, path: String, line: Int, into report: inout FaultReport) {
    switch value.content {
    case .table(let members):
      self.path = path
      self.line = value.line
      self.members = members
    case .unreadable:
      return nil
    default:
      let isList = if case .array = value.content { true } else { false }
      report.add(
        line, path, "must be a table, not \(isList ? "a list of tables" : value.kind)",
        mend:
          "write [\(path == "profile" ? "profile.NAME" : path)], with its keys on the lines below")
      return nil
    }
  }

  func keyPath(_ key: String) -> String {
    path.isEmpty ? keyText(key) : "\(path).\(keyText(key))"
  }

  func member(_ key: String) -> TOMLMember? {
    members.first { $0.key == key }
  }

  func has(_ key: String) -> Bool { member(key) != nil }

  /// Reports every key that is not known here.
  func refuseUnknown(besides known: [String], into report: inout FaultReport) {
    for member in members where !known.contains(member.key) {
      let what = if case .table = member.value.content { "table" } else { "key" }
      let mend =
        nearest(to: member.key, among: known).map { "did you mean \(keyPath($0))?" }
        ?? "remove it; known here: \(known.joined(separator: ", "))"
      report.add(member.line, keyPath(member.key), "is no known \(what)", mend: mend)
    }
  }

  /// Reports a key that must be there and is not, at the header.
  func require(_ key: String, example: String, into report: inout FaultReport) {
    if has(key) { return }
    report.add(line, keyPath(key), "is missing", mend: "write \(key) = \(example)")
  }

  // MARK: Values

  func string(
    _ key: String, example: String, into report: inout FaultReport
  ) -> Located<String>? {
    guard let member = member(key) else { return nil }
    guard case .string(let value) = member.value.content else {
      wrongType(member, "a string", example, &report)
      return nil
    }
    return Located(value: value, line: member.line)
  }

  /// As `string`, where an empty one is as good as none.
  func optionalString(
    _ key: String, example: String, into report: inout FaultReport
  ) -> Located<String>? {
    guard let found = string(key, example: example, into: &report), !found.value.isEmpty else {
      return nil
    }
    return found
  }

  func integer(
    _ key: String, in range: ClosedRange<Int>, example: String, into report: inout FaultReport
  ) -> Int? {
    guard let member = member(key) else { return nil }
    guard case .integer(let value) = member.value.content else {
      wrongType(member, "an integer", example, &report)
      return nil
    }
    guard let number = Int(exactly: value), range.contains(number) else {
      let bounds =
        range.upperBound == .max
        ? "at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
      report.add(
        member.line, keyPath(key), "must be \(bounds), not \(value)",
        mend: "write \(key) = \(example)")
      return nil
    }
    return number
  }

  /// A number, with a fraction or without.
  func number(
    _ key: String, in range: ClosedRange<Double>, example: String, into report: inout FaultReport
  ) -> Double? {
    guard let member = member(key) else { return nil }
    let value: Double
    switch member.value.content {
    case .float(let number): value = number
    case .integer(let number): value = Double(number)
    default:
      wrongType(member, "a number", example, &report)
      return nil
    }
    guard range.contains(value) else {
      report.add(
        member.line, keyPath(key),
        "must be from \(range.lowerBound) to \(range.upperBound), not \(value)",
        mend: "write \(key) = \(example)")
      return nil
    }
    return value
  }

  func boolean(
    _ key: String, example: String, into report: inout FaultReport
  ) -> Located<Bool>? {
    guard let member = member(key) else { return nil }
    guard case .boolean(let value) = member.value.content else {
      wrongType(member, "true or false", example, &report)
      return nil
    }
    return Located(value: value, line: member.line)
  }

  /// The strings of a list; what is none of them is reported, at its own line.
  func strings(
    _ key: String, example: String, into report: inout FaultReport
  ) -> [Located<String>]? {
    guard let member = member(key) else { return nil }
    guard case .array(let values) = member.value.content else {
      wrongType(member, "a list of strings", example, &report)
      return nil
    }
    return values.compactMap { value in
      if case .string(let text) = value.content { return Located(value: text, line: value.line) }
      report.add(
        value.line, keyPath(key), "must be a list of strings; \(value.kind) stands in it",
        mend: "write \(key) = \(example)")
      return nil
    }
  }

  /// One of a few words.
  func word(
    _ key: String, of words: [String], into report: inout FaultReport
  ) -> String? {
    guard
      let found = string(key, example: quoted(words.first ?? ""), into: &report)
    else { return nil }
    if words.contains(found.value) { return found.value }
    let mend =
      nearest(to: found.value, among: words).map { "did you mean \(quoted($0))?" }
      ?? "write one of \(words.map(quoted).joined(separator: ", "))"
    report.add(
      found.line, keyPath(key), "\(quoted(found.value)) is not known here", mend: mend)
    return nil
  }

  private func wrongType(
    _ member: TOMLMember, _ wanted: String, _ example: String, _ report: inout FaultReport
  ) {
    if case .unreadable = member.value.content { return }
    report.add(
      member.line, keyPath(member.key), "must be \(wanted), not \(member.value.kind)",
      mend: "write \(member.key) = \(example)")
  }
}

/// What a fault says of a value that this version reads but cannot act on.
let comesLater = "comes with a later version of Remedy"
