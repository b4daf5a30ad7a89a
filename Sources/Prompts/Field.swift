// One thing to fill in. Nested forms are flat here: a field's name is its path, joined by dots.

public import JSON

/// One field of a form.
public struct Field: Sendable, Equatable {
  /// What type a value has: JSON's own, or one of `choices`.
  public enum Kind: String, Sendable {
    case string, boolean, integer, choice
  }

  /// Unique in its form: the path to the value, joined by dots.
  public var name: String
  /// What type its value has.
  public var kind: Kind
  /// What it is called for people; `nil` where only its name is known.
  public var label: String?
  /// Whether an answer must have it, unless it has a `value`.
  public var isRequired: Bool
  /// Whether it is read without echo and kept out of every log.
  public var isSecret: Bool
  /// Whether a program has to give it (a signature, a captcha token): nobody types it.
  public var isComputed: Bool
  /// What counts when the answer leaves it out.
  public var value: JSONValue?
  /// In Unicode scalars.
  public var minimumLength: Int?
  /// In Unicode scalars.
  public var maximumLength: Int?
  /// The server's regular expression, for people; never run here.
  public var pattern: String?
  /// What can be chosen (`choice`), in the engine's order.
  public var choices: [Choice]
  /// What the engine says of it: mostly what was wrong with the last answer.
  public var messages: [Message]
  /// Whatever else the engine attached: hint, description, format, …
  public var details: JSONObject

  /// Made of its parts; what is left out has the value that stands here.
  public init(
    name: String, kind: Kind = .string, label: String? = nil, isRequired: Bool = false,
    isSecret: Bool = false, isComputed: Bool = false, value: JSONValue? = nil,
    minimumLength: Int? = nil, maximumLength: Int? = nil, pattern: String? = nil,
    choices: [Choice] = [], messages: [Message] = [], details: JSONObject = [:]
  ) {
    self.name = name
    self.kind = kind
    self.label = label
    self.isRequired = isRequired
    self.isSecret = isSecret
    self.isComputed = isComputed
    self.value = value
    self.minimumLength = minimumLength
    self.maximumLength = maximumLength
    self.pattern = pattern
    self.choices = choices
    self.messages = messages
    self.details = details
  }
}

/// One option of a choice.
public struct Choice: Sendable, Equatable {
  /// Unique in its field, stable within the prompt.
  public var id: String
  /// What it is called for people.
  public var label: String
  /// What this option asks in addition.
  public var fields: [Field]
  /// The authenticator or enrolment that it stands for: two phones are two choices.
  public var authenticator: AuthenticatorSummary?

  /// Made of its parts; what is left out has the value that stands here.
  public init(
    id: String, label: String, fields: [Field] = [], authenticator: AuthenticatorSummary? = nil
  ) {
    self.id = id
    self.label = label
    self.fields = fields
    self.authenticator = authenticator
  }
}

// MARK: JSON

extension Field {
  /// The field as it stands in a PROMPT (contract §2).
  public var json: JSONValue {
    var object: JSONObject = ["name": .string(name), "type": .string(kind.rawValue)]
    object.append("label", label.map { .string($0) })
    object.append("required", .bool(isRequired))
    if isSecret { object.append("secret", true) }
    if isComputed { object.append("computed", true) }
    object.append("value", value)
    object.append("min_length", minimumLength.map { .int($0) })
    object.append("max_length", maximumLength.map { .int($0) })
    object.append("pattern", pattern.map { .string($0) })
    if kind == .choice { object.append("choices", .array(choices.map(\.json))) }
    object.append("messages", .array(messages.map(\.json)))
    if !details.isEmpty { object.append("details", .object(details)) }
    return .object(object)
  }

  init(json: JSONValue) throws(PromptFault) {
    var choices: [Choice] = []
    for choice in json["choices"]?.array ?? [] { choices.append(try Choice(json: choice)) }
    self.init(
      name: try json.text("name"), kind: Kind(rawValue: try json.text("type")) ?? .string,
      label: json["label"]?.string, isRequired: json["required"]?.bool ?? false,
      isSecret: json["secret"]?.bool ?? false, isComputed: json["computed"]?.bool ?? false,
      value: json["value"], minimumLength: json["min_length"]?.int,
      maximumLength: json["max_length"]?.int, pattern: json["pattern"]?.string, choices: choices,
      messages: json.messages, details: json["details"]?.object ?? [:])
  }
}

extension Choice {
  /// The option as it stands in a PROMPT (contract §2).
  public var json: JSONValue {
    var object: JSONObject = ["id": .string(id), "label": .string(label)]
    if !fields.isEmpty { object.append("fields", .array(fields.map(\.json))) }
    object.append("authenticator", authenticator?.json)
    return .object(object)
  }

  init(json: JSONValue) throws(PromptFault) {
    var fields: [Field] = []
    for field in json["fields"]?.array ?? [] { fields.append(try Field(json: field)) }
    self.init(
      id: try json.text("id"), label: json["label"]?.string ?? "", fields: fields,
      authenticator: json["authenticator"].map { AuthenticatorSummary(json: $0) })
  }
}
