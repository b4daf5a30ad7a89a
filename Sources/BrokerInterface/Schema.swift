// How the interface describes itself. Every parameter, result and member has a sentence and, where
// it is a quantity, a unit; the same descriptions check what comes in (`Schema+Checking`) and make
// the document that the running service serves (`OpenRPC`), so that the text cannot drift from the
// behaviour.

public import JSON

/// One named value: a parameter, or a member of an object.
public struct FieldDescription: Sendable, Equatable {
  /// As it is called on the wire.
  public var name: String
  /// What it is for, as a sentence without a full stop.
  public var sentence: String
  /// What a quantity is counted in, like `seconds`.
  public var unit: String?
  /// What values it may have.
  public var schema: Schema
  /// Whether the object is incomplete without it.
  public var isRequired: Bool
  /// What counts where it is left out.
  public var standard: JSONValue?

  init(
    _ name: String, _ schema: Schema, _ sentence: String, unit: String? = nil,
    required: Bool = false, standard: JSONValue? = nil
  ) {
    self.name = name
    self.sentence = sentence
    self.unit = unit
    self.schema = schema
    self.isRequired = required
    self.standard = standard
  }

  /// The sentence with the unit, as the document has it.
  public var text: String {
    unit.map { "\(sentence) (\($0))" } ?? sentence
  }
}

/// What a value may be.
public indirect enum Schema: Sendable, Equatable {
  /// A string.
  case text
  /// A moment: RFC 3339, UTC.
  case time
  case flag
  /// A whole number.
  case integer
  /// A number within a range.
  case number(NumberRange)
  /// One of these strings.
  case word([String])
  /// A list of one kind of value.
  case list(Schema, atLeast: Int)
  /// Exactly these members.
  case object([FieldDescription])
  /// An object that is described once and used in several places.
  case named(Component)
  /// That, or null.
  case nullable(Schema)
  /// Any one of these.
  case either([Schema])
  /// An object with members that others choose (the issuer, the fields of a form).
  case anyObject
}

/// The bounds of a number.
public struct NumberRange: Sendable, Equatable {
  /// Greater than this.
  public var above: Double?
  /// Not less than this.
  public var from: Double?
  /// Not more than this.
  public var to: Double?

  init(above: Double? = nil, from: Double? = nil, to: Double? = nil) {
    self.above = above
    self.from = from
    self.to = to
  }

  /// How long a call may take, in seconds.
  public static let timeout = NumberRange(above: 0, to: 3600)
  /// How long a token must still live, in seconds.
  public static let lifetime = NumberRange(from: 0, to: 86400)
  /// A length of time, in seconds.
  public static let duration = NumberRange(from: 0)

  /// Whether a number is within the bounds; what is none (NaN) is not.
  public func contains(_ value: Double) -> Bool {
    if value.isNaN { return false }
    if let above, value <= above { return false }
    if let from, value < from { return false }
    if let to, value > to { return false }
    return true
  }

  /// The bounds in words, as they follow `must be`.
  var text: String {
    var parts: [String] = []
    if let above { parts.append("above \(JSONNumber(above).text)") }
    if let from { parts.append("at least \(JSONNumber(from).text)") }
    if let to { parts.append("at most \(JSONNumber(to).text)") }
    return parts.isEmpty ? "a number" : "a number " + parts.joined(separator: " and ")
  }
}

// MARK: As JSON Schema

extension Schema {
  /// The same as JSON Schema (draft 7), which OpenRPC uses.
  var json: JSONValue {
    switch self {
    case .text: ["type": "string"]
    case .time: ["type": "string", "format": "date-time"]
    case .flag: ["type": "boolean"]
    case .integer: ["type": "integer"]
    case .number(let range): range.json
    case .word(let words): ["type": "string", "enum": .array(words.map { .string($0) })]
    case .list(let element, let atLeast): Self.list(element, atLeast: atLeast)
    case .object(let fields): .object(Self.members(fields, isOpen: false))
    case .named(let component): ["$ref": .string("#/components/schemas/" + component.rawValue)]
    case .nullable(let schema): ["anyOf": [schema.json, ["type": "null"]]]
    case .either(let schemas): ["anyOf": .array(schemas.map(\.json))]
    case .anyObject: ["type": "object"]
    }
  }

  private static func list(_ element: Schema, atLeast: Int) -> JSONValue {
    var object: JSONObject = ["type": "array", "items": element.json]
    if atLeast > 0 { object.append("minItems", .int(atLeast)) }
    return .object(object)
  }

  static func members(_ fields: [FieldDescription], isOpen: Bool) -> JSONObject {
    var properties = JSONObject()
    for field in fields { properties.append(field.name, field.json) }
    var object: JSONObject = ["type": "object", "properties": .object(properties)]
    let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
    if !required.isEmpty { object.append("required", .array(required)) }
    if !isOpen { object.append("additionalProperties", false) }
    return object
  }
}

extension FieldDescription {
  /// The schema with the sentence. What stands beside a `$ref` does not count in draft 7, so a
  /// reference goes one level down.
  var json: JSONValue {
    var object: JSONObject =
      switch schema {
      case .named: ["allOf": [schema.json]]
      default: schema.json.object ?? [:]
      }
    object.append("description", .string(text))
    object.append("default", standard)
    return .object(object)
  }
}

extension NumberRange {
  var json: JSONValue {
    var object: JSONObject = ["type": "number"]
    object.append("exclusiveMinimum", above.map { .double($0) })
    object.append("minimum", from.map { .double($0) })
    object.append("maximum", to.map { .double($0) })
    return .object(object)
  }
}
