// One [profile.NAME]: every key of it read and checked, whatever the others hold.

internal import OAuth
internal import Secrets
internal import TokenBroker

/// Reads a profile's table.
struct ProfileSection {
  let section: Section
  let name: String
  let mode: Mode
  let credentialsDirectory: String?

  private static let keys = [
    "issuer", "client_id", "scopes", "redirect_uri", "client_auth", "client_secret", "private_key",
    "private_key_id", "owner", "allow", "prompters", "dpop", "acr_values", "max_age", "login_hint",
    "audience",
    "ca_file", "refresh_ahead", "answers",
  ]
  private static let issuerExample = "\"https://example.okta.com\""
  private static let redirectExample = "\"http://127.0.0.1:8765/callback\""
  private static let scopesExample = "[\"openid\", \"offline_access\"]"

  /// nil where a key that must be there does not hold.
  func read(into report: inout FaultReport) -> Profile? {
    section.refuseUnknown(besides: Self.keys, into: &report)
    section.require("issuer", example: Self.issuerExample, into: &report)
    section.require("client_id", example: "\"0oa…\"", into: &report)
    section.require("redirect_uri", example: Self.redirectExample, into: &report)

    let issuer = section.string("issuer", example: Self.issuerExample, into: &report)
      .flatMap { Issuer.read($0, key: section.keyPath("issuer"), into: &report) }
    let clientID = text("client_id", &report)
    let redirectURI = section.string("redirect_uri", example: Self.redirectExample, into: &report)
      .flatMap { RedirectAddress.read($0, key: section.keyPath("redirect_uri"), into: &report) }
    let authentication = clientAuthentication(&report)
    let scopes = scopes(&report)
    let owner = section.word("owner", of: ["caller", "service"], into: &report)
    let allow = rules("allow", &report)
    let prompters = rules("prompters", &report)
    let acrValues = text("acr_values", isOptional: true, &report)
    let maxAge = section.integer("max_age", in: 0 ... .max, example: "3600", into: &report)
    let loginHint = text("login_hint", isOptional: true, &report)
    let audience = text("audience", isOptional: true, &report)
    let dpop = section.boolean("dpop", example: "false", into: &report)
    let caFile = section.optionalString("ca_file", example: "\"/PATH.pem\"", into: &report)
      .flatMap { CertificateFile.read($0, key: section.keyPath("ca_file"), into: &report) }
    let answers = answers(&report)
    let refreshAhead = section.number("refresh_ahead", in: 0...0.9, example: "0.2", into: &report)

    guard let issuer, let clientID, let redirectURI, let authentication else { return nil }
    return Profile(
      name: name, issuer: issuer, clientID: clientID, clientAuthentication: authentication,
      scopes: scopes, redirectURI: redirectURI, ownership: owner == "service" ? .service : .caller,
      allow: allow, prompters: prompters, acrValues: acrValues, maxAge: maxAge,
      loginHint: loginHint, audience: audience, bindsTokens: dpop?.value ?? false, caFile: caFile,
      refreshAhead: refreshAhead ?? 0.2, answers: answers)
  }

  private func answers(_ report: inout FaultReport) -> UnattendedAnswers? {
    guard let member = section.member("answers"),
      let table = Section(
        member.value, path: section.keyPath("answers"), line: member.line, into: &report)
    else { return nil }
    return AnswersSection(section: table, credentialsDirectory: credentialsDirectory)
      .read(into: &report)
  }

  // MARK: Texts that are sent to the issuer

  private func text(
    _ key: String, isOptional: Bool = false, _ report: inout FaultReport
  ) -> String? {
    guard let found = section.string(key, example: "\"…\"", into: &report) else { return nil }
    if found.value.isEmpty {
      if isOptional { return nil }
      report.add(found.line, section.keyPath(key), "is empty", mend: "write \(key) = \"…\"")
      return nil
    }
    // A sign-in name may be in any script; everything else is VSCHAR (RFC 6749 appendix A).
    let holds =
      key == "login_hint"
      ? found.value.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
      : found.value.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    if holds, found.value.first != " ", found.value.last != " " { return found.value }
    report.add(
      found.line, section.keyPath(key), "holds a character that it may not have",
      mend: "leave out control characters and blanks at the ends"
        + (key == "login_hint" ? "" : ", and write ASCII only"))
    return nil
  }

  // MARK: Scopes

  private func scopes(_ report: inout FaultReport) -> [String] {
    let standard = ["openid", "offline_access"]
    let key = section.keyPath("scopes")
    guard
      let found = section.strings("scopes", example: Self.scopesExample, into: &report),
      let line = section.member("scopes")?.line
    else { return standard }
    var scopes: [String] = []
    for scope in found {
      if !Self.isScopeToken(scope.value) {
        report.add(
          scope.line, key, "\(quoted(scope.value)) is no scope",
          mend: "write one scope a string, without blanks, quotes and backslashes")
      } else if scopes.contains(scope.value) {
        report.add(
          scope.line, key, "\(quoted(scope.value)) is there twice", mend: "leave out one of the two"
        )
      } else {
        scopes.append(scope.value)
      }
    }
    if !found.contains(where: { $0.value == "openid" }) {
      report.add(
        line, key, "openid is not among them", mend: "write scopes = \(Self.scopesExample)")
    }
    return scopes
  }

  /// RFC 6749 §3.3.
  private static func isScopeToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
  }

  // MARK: Rules

  private func rules(_ key: String, _ report: inout FaultReport) -> [AccessRule] {
    let example = "[\"group:staff\"]"
    let path = section.keyPath(key)
    let found = section.strings(key, example: example, into: &report)
    if key == "allow", found?.isEmpty ?? !section.has(key) {
      warnOfNobody(isWritten: found != nil, &report)
    }
    let reader = AccessRuleReader(mode: mode, key: path)
    let rules = (found ?? []).compactMap { reader.rule($0, into: &report) }
    if key == "allow", mode == .user, let found, !found.isEmpty, rules.count == found.count {
      warnOfLockedOut(rules, path, &report)
    }
    return rules
  }

  /// Whose service it is has no need of a rule, until there is one for somebody else.
  private func warnOfLockedOut(
    _ rules: [AccessRule], _ path: String, _ report: inout FaultReport
  ) {
    let own = AccountNames.own
    guard !rules.contains(where: { $0.matches(own) }) else { return }
    report.warn(
      section.member("allow")?.line ?? section.line, path,
      "no rule is for uid \(own.uid), whose service this is; leave allow out, or add "
        + "\"user:\(own.uid)\"")
  }

  private func warnOfNobody(isWritten: Bool, _ report: inout FaultReport) {
    let line = section.member("allow")?.line ?? section.line
    let key = section.keyPath("allow")
    switch mode {
    case .system:
      report.warn(line, key, "nobody is allowed; write allow = [\"group:NAME\"] for those who are")
    case .user:
      if isWritten {
        report.warn(line, key, "an empty list is the default: this service's own user")
      }
    }
  }
}
