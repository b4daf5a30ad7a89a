// Compares a prompt with the JSON that it was made of, and says what is missing.

import JSON
import Prompts

/// What was found again, and what was not.
public struct PromptAudit {
  /// What the prompt lacks, or has in excess.
  public private(set) var losses: [String] = []
  /// How much was looked at.
  public private(set) var counts = Counts()

  /// Numbers of things.
  public struct Counts: Equatable, Sendable {
    public var forms = 0
    public var asked = 0
    public var sent = 0
    public var options = 0
    public var messages = 0
    public var authenticators = 0

    /// Nothing.
    public init() {}

    public static func += (sum: inout Counts, other: Counts) {
      sum.forms += other.forms
      sum.asked += other.asked
      sum.sent += other.sent
      sum.options += other.options
      sum.messages += other.messages
      sum.authenticators += other.authenticators
    }
  }

  private let answer: JSONValue
  private let content: Prompt.Content

  /// Looks for everything in `answer` that a person or a program could act on.
  public init(_ answer: JSONValue, _ content: Prompt.Content) {
    self.answer = answer
    self.content = content
    let raw = RawForm.all(in: answer)
    expect(content.forms.count == raw.count, "\(raw.count) forms, not \(content.forms.count)")
    expect(Set(content.forms.map(\.id)).count == content.forms.count, "two forms share an id")
    for (raw, form) in zip(raw, content.forms) { compare(raw, form) }
    let unasked = raw.flatMap { Self.unaskedMessages($0.fields) }
    // What is ours is marked as ours, and stands only where nothing on offer signs in here.
    let others: Set = ["select-enroll-profile", "unlock-account"]
    let ways = content.forms.filter { !others.contains($0.remediation) }
    let own = content.messages.filter { $0.key?.hasPrefix("remedy.") ?? false }
    expect(
      own.isEmpty
        == (ways.isEmpty || ways.contains { $0.kind != .unsupported }), "words of ours: \(own)")
    let said = content.messages.filter { !own.contains($0) }
    compareMessages(answer.rawMessages + unasked, said, at: "the top")
  }

  private mutating func expect(_ isTrue: Bool, _ loss: @autoclosure () -> String) {
    if !isTrue { losses.append(loss()) }
  }

  /// Messages at nested forms and at fields that nobody is asked: a prompt has them at its top.
  private static func unaskedMessages(_ fields: [JSONValue]) -> [JSONValue] {
    fields.flatMap { json -> [JSONValue] in
      let field = RawField(path: [], json: json)
      if let options = field.options, field.fixedValue == nil {
        return options.flatMap { unaskedMessages(RawField.nestedForm($0) ?? []) }
      }
      if let nested = RawField.nestedForm(json) {
        return json.rawMessages + unaskedMessages(nested)
      }
      return field.fixedValue == nil ? [] : json.rawMessages
    }
  }

  private mutating func compare(_ raw: RawForm, _ form: Form) {
    counts.forms += 1
    let place = form.id
    expect(form.remediation == raw.path ?? raw.name, "\(place): is not \(raw.name)")
    let read: Set = [
      "name", "href", "method", "accepts", "produces", "rel", "refresh", "relatesTo", "value",
    ]
    for member in raw.json.object?.members ?? [] where !read.contains(member.name) {
      expect(form.details[member.name] == member.value, "\(place): detail \(member.name)")
    }
    switch form.kind {
    case .browser:
      expect(form.url == raw.json["href"]?.string, "\(place): url")
      expect(raw.isLink, "\(place): is a form, not a link")
    case .poll:
      expect(raw.isPoll, "\(place): is answered, not polled")
    case .unsupported:
      break  // what it asks is compared below; a device's challenge is polled, too
    case .form, .action:
      expect(raw.json["refresh"] == nil, "\(place): is polled, not answered")
    }
    compareRelated(raw.json, form.authenticator, at: place)
    var fields = form.fields
    if form.kind == .browser {
      // The one field that is the broker's own.
      let own = fields.popLast()
      expect(
        own?.name == "callback_url" && own?.isSecret == true && own?.isRequired == false,
        "\(place): no callback_url")
    }
    compareFields(raw.fields, fields, at: place)
  }

  private mutating func compareFields(_ raw: [JSONValue], _ fields: [Field], at place: String) {
    let leaves = RawField.leaves(raw)
    let asked = leaves.filter { $0.fixedValue == nil }
    counts.sent += leaves.count - asked.count
    expect(asked.count == fields.count, "\(place): \(asked.count) fields, not \(fields.count)")
    expect(Set(fields.map(\.name)).count == fields.count, "\(place): two fields share a name")
    for (raw, field) in zip(asked, fields) { compare(raw, field, at: "\(place)/\(field.name)") }
  }

  private mutating func compare(_ raw: RawField, _ field: Field, at place: String) {
    counts.asked += 1
    let name = raw.path.joined(separator: ".")
    expect(field.name == name || field.name.hasPrefix(name + ":"), "\(place): is not \(name)")
    expect(field.label == raw.json["label"]?.string, "\(place): label")
    // A choice among forms is all that its form is for: it has to be made, marked or not.
    let choosesForm =
      raw.json["value"] == nil
      && (raw.json["options"]?.array ?? []).contains {
        $0["form"] != nil || $0["value"]?["form"] != nil
      }
    expect(
      field.isRequired == (choosesForm || raw.json["required"] == true), "\(place): required")
    // An answer is secret without the mark, and so is the passcode that is a password.
    let isSecret = raw.json["secret"] == true || raw.path.last == "answer"
    expect(
      field.isSecret == isSecret || field.isSecret && raw.path.last == "passcode",
      "\(place): secret")
    // A yes or no that is hidden (`granular-consent`) is a person's to say, as is a choice.
    let isComputed =
      raw.json["visible"] == false && raw.json["type"] != "boolean" && raw.options == nil
    expect(field.isComputed == isComputed, "\(place): computed")
    expect(field.minimumLength == raw.json["minLength"]?.int, "\(place): minimum length")
    expect(field.maximumLength == raw.json["maxLength"]?.int, "\(place): maximum length")
    if raw.options == nil, let value = raw.json["value"], !value.isNull {
      expect(field.value == value, "\(place): preset value")
    }
    expect(field.details["display"] == raw.display, "\(place): display")
    compareMessages(raw.json.rawMessages, field.messages, at: place)
    for related in answer.related(to: raw.json) where related.target.object != nil {
      expect(content.context[related.reference] != nil, "\(place): \(related.reference)")
    }

    expect((field.kind == .choice) == (raw.options != nil), "\(place): kind")
    let options = raw.options ?? []
    expect(options.count == field.choices.count, "\(place): \(options.count) options")
    expect(
      Set(field.choices.map(\.id)).count == field.choices.count, "\(place): two choices share an id"
    )
    for (option, choice) in zip(options, field.choices) {
      counts.options += 1
      let place = "\(place)/\(choice.id)"
      if let label = option["label"]?.string {
        expect(choice.label == label, "\(place): label")
      }
      compareRelated(option, choice.authenticator, at: place)
      compareFields(RawField.nestedForm(option) ?? [], choice.fields, at: place)
    }
  }

  private mutating func compareMessages(
    _ raw: [JSONValue], _ messages: [Message], at place: String
  ) {
    expect(raw.count == messages.count, "\(place): \(raw.count) messages, not \(messages.count)")
    for (raw, message) in zip(raw, messages) {
      counts.messages += 1
      let key = raw["i18n"]?["key"]?.string
      expect(message.text == raw["message"]?.string ?? key, "\(place): message \(message.text)")
      expect(message.key == key, "\(place): key of \(message.text)")
      expect(message.links == raw["links"]?.array ?? [], "\(place): links of \(message.text)")
      let level = raw["class"]?.string?.lowercased()
      let known = level.flatMap { Message.Level(rawValue: $0) }
      expect(message.level == known ?? .info, "\(place): level of \(message.text)")
    }
  }

  /// What the JSON relates to is the summary, or stands whole in the context.
  private mutating func compareRelated(
    _ json: JSONValue, _ summary: AuthenticatorSummary?, at place: String
  ) {
    let related = answer.related(to: json).filter { $0.target.object != nil }
    if related.isEmpty {
      expect(summary == nil, "\(place): an authenticator from nowhere")
    }
    for (reference, target) in related {
      counts.authenticators += 1
      let isSummary = summary.map { Self.describes($0, target) } ?? false
      let isInContext = [target, answer[reference]].contains(content.context[reference])
      expect(isSummary || isInContext, "\(place): relates to \(reference)")
    }
  }

  private static func describes(_ summary: AuthenticatorSummary, _ json: JSONValue) -> Bool {
    summary.key == (json["key"] ?? json["catalogKey"])?.string
      && summary.type == json["type"]?.string
      && summary.name == (json["displayName"] ?? json["label"])?.string
      && ["id", "profile", "methods", "enrollmentId", "credentialId"].allSatisfy {
        summary.details[$0] == json[$0]
      }
  }
}
