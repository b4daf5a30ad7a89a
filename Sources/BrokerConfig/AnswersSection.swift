// [profile.NAME.answers]: what the broker answers by itself, for a service account. All of it but
// the name to sign in with is secret, and only named here.

internal import Secrets
internal import TokenBroker

/// Reads the configured answers of a profile.
struct AnswersSection {
  let section: Section
  let credentialsDirectory: String?

  private static let example = "\"credentials.passcode\" = \"credential:NAME\""

  /// nil, with faults, where one does not hold.
  func read(into report: inout FaultReport) -> UnattendedAnswers? {
    if section.members.isEmpty {
      report.add(
        section.line, section.path, "holds no answer",
        mend: "write identifier = \"NAME\" and \(Self.example), or leave the table out")
    }
    var answers = UnattendedAnswers(identifier: identifier(&report))
    for member in section.members where member.key != "identifier" {
      if member.key == "totp" {
        answers.codes = codes(&report)
      } else {
        read(member, at: member.key, of: section, into: &answers, &report)
      }
    }
    return answers
  }

  private func identifier(_ report: inout FaultReport) -> String? {
    guard let found = section.string("identifier", example: "\"NAME\"", into: &report) else {
      return nil
    }
    let text = found.value
    let isClean = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    if isClean, !text.isEmpty, text.first != " ", text.last != " " { return text }
    report.add(
      found.line, section.keyPath("identifier"),
      text.isEmpty ? "is empty" : "holds a character that it may not have",
      mend: "write the name that the account signs in with")
    return nil
  }

  private func codes(_ report: inout FaultReport) -> OneTimeCodes? {
    guard let (seed, line) = secret("totp", of: section, &report) else { return nil }
    if let codes = OneTimeCodes(base32: seed) { return codes }
    report.add(
      line, section.keyPath("totp"), "the secret is no seed in base32 of 80 bits or more",
      mend: "store the setup key that the issuer shows, letters A-Z and digits 2-7")
    return nil
  }

  /// A field by its dotted name, or a table with the rest of the name in it.
  private func read(
    _ member: TOMLMember, at name: String, of table: Section, into answers: inout UnattendedAnswers,
    _ report: inout FaultReport
  ) {
    if case .table = member.value.content {
      let path = table.keyPath(member.key)
      guard let inner = Section(member.value, path: path, line: member.line, into: &report) else {
        return
      }
      for part in inner.members {
        read(part, at: name + "." + part.key, of: inner, into: &answers, &report)
      }
      return
    }
    guard name.contains(".") else {
      let mend =
        nearest(to: name, among: ["identifier", "totp"]).map { "did you mean \($0)?" }
        ?? "write identifier, totp, or a field with its dots in quotes, like \(Self.example)"
      report.add(member.line, table.keyPath(member.key), "is no name of a field", mend: mend)
      return
    }
    guard answers.fields[name] == nil else {
      report.add(
        member.line, table.keyPath(member.key), "is there a second time",
        mend: "leave out one of the two")
      return
    }
    guard let (value, line) = secret(member.key, of: table, &report) else { return }
    guard Self.isText(value) else {
      report.add(
        line, table.keyPath(member.key), "the secret is no text in UTF-8",
        mend: "store what a person would type")
      return
    }
    answers.fields[name] = value
  }

  private func secret(
    _ name: String, of table: Section, _ report: inout FaultReport
  ) -> (Secret, Int)? {
    let key = table.keyPath(name)
    guard let found = table.string(name, example: "\"credential:NAME\"", into: &report),
      let reference = SecretReference.read(found, key: key, into: &report),
      let secret = reference.secret(
        credentialsDirectory: credentialsDirectory, at: found.line, key: key, into: &report)
    else { return nil }
    return (secret, found.line)
  }

  private static func isText(_ secret: Secret) -> Bool {
    String(validating: secret.exposedBytes(), as: UTF8.self) != nil
  }
}
