// The organisation's answers beside those that Okta's own published: a form, a field or an
// authenticator of ours may have no member that theirs never has, and has to have those that theirs
// always has.

import Foundation
import TestSupport
import Testing

@testable import IdentityEngineSimulator

@Suite(
  "The shape of answers", .enabled(if: Corpus.isPresent, Comment(rawValue: Corpus.absence)))
struct ShapeTests {
  /// Every page of a walk through every scenario.
  private static let ours = Result {
    try Scenario.all.flatMap { scenario in
      var walker = try Walker(scenario.name)
      _ = try walker.walk()
      return walker.pages
    }
  }

  /// Every published answer.
  private static let theirs = Result {
    let corpus = try #require(Corpus.found)
    return try corpus.entries.filter { $0.kind == "idx" }.compactMap { entry in
      let bytes = try corpus.bytes(entry.file)
      return WireValue.parse(
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes)
    }
  }

  private func forms(_ pages: [WireValue]) -> [String: [WireValue]] {
    let all = pages.flatMap { $0["remediation"]?["value"]?.elements ?? [] }
    return Dictionary(grouping: all) { $0["name"]?.text ?? "" }
  }

  /// What of ours nobody has published, with the reason why it is there.
  private static let ownForms: Set<String> = [
    "verify-liveness"  // what no client knows
  ]

  @Test("a form has the members that published ones have")
  func members() throws {
    let theirs = forms(try Self.theirs.get())
    var compared = 0
    for (name, ours) in forms(try Self.ours.get()) {
      guard let published = theirs[name], !Self.ownForms.contains(name) else { continue }
      compared += 1
      let known = published.map { Set($0.names) }
      let allowed = known.reduce(into: Set<String>()) { $0.formUnion($1) }
        .union(["relatesTo", "produces", "accepts"])
      let needed = known.dropFirst().reduce(known.first ?? []) { $0.intersection($1) }
      for form in ours {
        #expect(Set(form.names).subtracting(allowed).isEmpty, "\(name)")
        #expect(needed.subtracting(form.names).isEmpty, "\(name)")
      }
    }
    #expect(compared >= 35, "forms that can be compared")
  }

  @Test("a field has a name and members that published ones have")
  func fields() throws {
    let theirs = forms(try Self.theirs.get())
    for (name, ours) in forms(try Self.ours.get()) {
      guard let published = theirs[name], !Self.ownForms.contains(name) else { continue }
      let allowed = published.reduce(into: Set<String>()) { $0.formUnion($1.paths) }
        .union(Self.ownFields[name] ?? [])
      for form in ours {
        let strange = form.paths.subtracting(allowed).filter { !$0.hasPrefix("userProfile.") }
        #expect(strange.isEmpty, "\(name)")
      }
    }
    let attributes = try Self.theirs.get().reduce(into: Set<String>()) {
      $0.formUnion($1.fieldMembers)
    }
    for page in try Self.ours.get() {
      let strange = page.fieldMembers.subtracting(attributes)
      #expect(strange.isEmpty)
    }
  }

  /// Fields that the protocol's other sources show, and no published answer.
  private static let ownFields: [String: Set<String>] = [
    "granular-consent": [
      "optedScopes.openid", "optedScopes.profile", "optedScopes.email", "optedScopes.demo",
      "optedScopes.demo.read",
    ],
    // Duo, and what no client knows.
    "challenge-authenticator": ["credentials.signatureData", "credentials.glow"],
    "enroll-authenticator": ["credentials.signatureData"],
  ]

  @Test("an answer has the members at the top that published ones have")
  func top() throws {
    let known = try Self.theirs.get().reduce(into: Set<String>()) { $0.formUnion($1.names) }
    for page in try Self.ours.get() {
      let strange = Set(page.names).subtracting(known).subtracting(["livenessChallenge"])
      #expect(strange.isEmpty)
    }
  }

  @Test("an authenticator, and what its context says, has the members that published ones have")
  func authenticators() throws {
    var known: [String: Set<String>] = [:]
    for page in try Self.theirs.get() {
      for object in page.authenticators {
        known[object["key"]?.text ?? "", default: []].formUnion(object.deepNames)
      }
    }
    for page in try Self.ours.get() {
      for object in page.authenticators {
        let key = object["key"]?.text ?? ""
        guard let published = known[key], key != "duo" else { continue }
        let strange = object.deepNames.subtracting(published)
          .subtracting(Self.ownMembers[key] ?? [])
        #expect(strange.isEmpty, "\(key)")
      }
    }
  }

  /// Members that the protocol's other sources show, and no published answer of that authenticator.
  private static let ownMembers: [String: Set<String>] = [
    "phone_number": ["remainingSkips"]
  ]
}

extension WireValue {
  /// The names of an object's members.
  fileprivate var names: [String] { (members?.members ?? []).map(\.name) }

  /// The fields of a form by their paths, whether nested in forms or in options.
  fileprivate var paths: Set<String> {
    var paths: Set<String> = []
    func add(_ fields: WireValue?, _ path: String) {
      for field in fields?.elements ?? [] {
        let here = path + (field["name"]?.text ?? "")
        paths.insert(here)
        add(field["form"]?["value"], here + ".")
        add(field["value"]?["form"]?["value"], here + ".")
        for option in field["options"]?.elements ?? [] {
          add(option["value"]?["form"]?["value"], here + ".")
          add(option["form"]?["value"], here + ".")
        }
      }
    }
    add(self["value"], "")
    return paths
  }

  /// The names of the members that any field of any form has.
  fileprivate var fieldMembers: Set<String> {
    var names: Set<String> = []
    func add(_ fields: WireValue?) {
      for field in fields?.elements ?? [] {
        names.formUnion(field.names)
        add(field["form"]?["value"])
        add(field["value"]?["form"]?["value"])
        for option in field["options"]?.elements ?? [] {
          add(option["value"]?["form"]?["value"])
          add(option["form"]?["value"])
        }
      }
    }
    for form in self["remediation"]?["value"]?.elements ?? [] { add(form["value"]) }
    return names
  }

  /// Every authenticator and enrolment of an answer.
  fileprivate var authenticators: [WireValue] {
    let lists = ["authenticators", "authenticatorEnrollments"]
      .flatMap { self[$0]?["value"]?.elements ?? [] }
    let single = [
      "currentAuthenticator", "currentAuthenticatorEnrollment", "enrollmentAuthenticator",
    ]
    .compactMap { self[$0]?["value"] }
    return lists + single
  }

  /// The names of the members of an object and of what is in it, but for actions, which are forms.
  fileprivate var deepNames: Set<String> {
    if let elements { return elements.reduce(into: []) { $0.formUnion($1.deepNames) } }
    guard let members, self["rel"] == nil else { return [] }
    return members.members.reduce(into: []) {
      $0.insert($1.name)
      $0.formUnion($1.value.deepNames)
    }
  }
}
