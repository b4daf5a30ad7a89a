// What a visitor does at the steps that are not factors.

import Testing

@testable import IdentityEngineSimulator

extension Visitor {
  static let newPassword = "Tired-mountain-9-lamp"

  /// Identifier and password, where the scenario begins so.
  mutating func beginWithPassword(_ changes: [String: String] = [:]) throws {
    _ = try begin(changes)
    try identify()
    try #require(try prove(Visitor.password) == 200)
  }

  /// Chooses what to set up, by its label.
  mutating func enrol(_ label: String, adding extra: [(String, WireValue)] = []) throws {
    let form = try #require(remediation("select-authenticator-enroll"))
    let options = form["value"]?[0]?["options"]?.elements ?? []
    let option = try #require(options.first { $0["label"]?.text == label })
    var choice = WireObject()
    for field in option["value"]?["form"]?["value"]?.elements ?? [] {
      guard let name = field["name"]?.text, let value = field["value"] else { continue }
      choice[name] = value
    }
    for (name, value) in extra { choice[name] = value }
    try answer("select-authenticator-enroll", WireObject([("authenticator", .object(choice))]))
  }

  /// Finishes setting up, or changing, with a passcode.
  @discardableResult
  mutating func finish(
    _ passcode: String, in form: String = "enroll-authenticator"
  ) throws -> Int {
    try answer(form, WireObject([("credentials", ["passcode": .string(passcode)])]))
  }

  /// The remediation of that name.
  func remediation(_ name: String) -> WireValue? {
    remediations.first { $0["name"]?.text == name }
  }

  /// The labels of the options of a choice.
  func labels(of name: String) -> [String] {
    let fields = remediation(name)?["value"]?.elements ?? []
    let choice = fields.first { $0["name"]?.text == "authenticator" }
    return (choice?["options"]?.elements ?? []).compactMap { $0["label"]?.text }
  }

  /// The keys of the messages at a field of `userProfile`.
  func keys(atAttribute name: String) -> [String] {
    let forms = remediations.first?["value"]?.elements?.filter { $0["name"] == "userProfile" } ?? []
    let fields = forms.flatMap { $0["form"]?["value"]?.elements ?? [] }
    return Visitor.keys(of: fields.first { $0["name"]?.text == name }?["messages"])
  }

  /// Whether every `relatesTo` of the page leads to something.
  func relatesWell() -> Bool { page.relatesWell() }

  /// Whether the page has what every page repeats, and about a person what is known of them.
  var repeatsItself: Bool {
    let person = page["user"] == nil ? [] : ["authenticators", "authenticatorEnrollments"]
    return (["cancel", "app", "authentication"] + person).allSatisfy { page[$0] != nil }
  }
}

extension WireValue {
  /// What a `relatesTo` of this answer leads to. It may begin with `$.` or not.
  func related(by path: String) -> WireValue? {
    var value = self
    for part in path.split(separator: ".") where part != "$" {
      let name = part.prefix { $0 != "[" }
      guard let next = value[String(name)] else { return nil }
      value = next
      if let index = Int(part.dropFirst(name.count + 1).dropLast()) {
        guard let element = value[index] else { return nil }
        value = element
      }
    }
    return value
  }

  /// Whether every `relatesTo` in the forms of this answer leads to something.
  func relatesWell() -> Bool {
    func check(_ value: WireValue) -> Bool {
      if let elements = value.elements { return elements.allSatisfy(check) }
      guard let object = value.members else { return true }
      return object.members.allSatisfy { member in
        if member.name == "relatesTo" {
          let paths = member.value.elements ?? [member.value]
          return paths.compactMap(\.text).allSatisfy { related(by: $0) != nil }
        }
        return check(member.value)
      }
    }
    return self["remediation"].map(check) ?? true
  }
}
