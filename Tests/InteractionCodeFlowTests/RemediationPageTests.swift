// docs/remediations.md is made from the tables in the code, and says what they say.
//
//     REMEDY_REWRITE=1 swift test --filter RemediationPageTests       writes it anew

import Foundation
import InteractionCodeFlow
import TestSupport
import Testing

@Suite("The tables of remediations and authenticators")
struct RemediationPageTests {
  private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("docs/remediations.md")

  @Test("are what docs/remediations.md says")
  func page() throws {
    let made = RemediationPage.text
    if ProcessInfo.processInfo.environment["REMEDY_REWRITE"] != nil {
      try made.write(to: Self.page, atomically: true, encoding: .utf8)
    }
    let written = try String(contentsOf: Self.page, encoding: .utf8)
    #expect(written == made, "REMEDY_REWRITE=1 writes the page anew")
  }

  @Test("have each name once")
  func unique() {
    let names = RemediationRole.all.map(\.name)
    #expect(Set(names).count == names.count)
    let keys = AuthenticatorRole.all.map(\.key)
    #expect(Set(keys).count == keys.count)
  }

  @Test(
    "have every name of the published answers",
    .enabled(if: Corpus.isPresent, Comment(rawValue: Corpus.absence)))
  func complete() throws {
    let corpus = try #require(Corpus.found)
    let names = Set(RemediationRole.all.map(\.name))
    let keys = Set(AuthenticatorRole.all.map(\.key))
    var seenNames: Set<String> = []
    var seenKeys: Set<String> = []
    for entry in corpus.entries where entry.kind == "idx" {
      for remediation in entry.json["remediations"]?.array ?? [] {
        if let name = remediation["name"]?.string ?? remediation.string { seenNames.insert(name) }
      }
      for authenticator in entry.json["authenticators"]?.array ?? [] {
        if let key = authenticator["key"]?.string { seenKeys.insert(key) }
      }
      for form in RawForm.all(in: try corpus.json(entry.file)) { seenNames.insert(form.name) }
    }
    #expect(seenNames.count > 45 && seenKeys.count > 15)
    #expect(seenNames.subtracting(names) == [])
    #expect(seenKeys.subtracting(keys) == [])
  }
}

/// The page as text.
private enum RemediationPage {
  static var text: String {
    var lines = [
      "# What Remedy does with each remediation and authenticator", "",
      "Made from the tables in `Sources/InteractionCodeFlow` by a test, which fails where the two",
      "differ; `REMEDY_REWRITE=1 swift test --filter RemediationPageTests` writes it anew.", "",
      "A name that is in no table is relayed all the same, as a form made of what it carries.", "",
      "*Relayed*: a person or a program answers what the form itself asks; where it asks nothing it",
      "is pressed. *Polled*: the broker asks again by itself. *Browser*: an address that a person",
      "opens. *Unsupported*: not possible for a process without that device; it is shown for what it",
      "is, where the engine has it, and where nothing else is on offer the prompt carries a warning",
      "with the key `remedy.unsupported` and the sentence below.", "",
    ]
    for section in RemediationRole.sections {
      lines += ["## " + section.heading, "", "| Name | Shown as | How | What else |"]
      lines += ["|---|---|---|---|"]
      lines += section.roles.map { role in
        let (how, advice) = words(role.handling)
        let remark = [advice, role.remark].compactMap { $0 }.joined(separator: " ")
        return "| `\(role.name)` | \(role.label) | \(how) | \(remark) |"
      }
      lines.append("")
    }
    lines += ["## Authenticators", "", "| Key | Name | Verified | Set up |", "|---|---|---|---|"]
    lines += AuthenticatorRole.all.map { role in
      "| `\(role.key)` | \(role.name) | \(role.verifying) | \(role.enrolling) |"
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func words(
    _ handling: RemediationRole.Handling
  ) -> (how: String, advice: String?) {
    switch handling {
    case .relayed: ("relayed", nil)
    case .poll: ("polled", nil)
    case .browser: ("browser", nil)
    case .unsupported(let advice):
      ("unsupported", advice.prefix(1).uppercased() + advice.dropFirst() + ".")
    }
  }
}
