// Holding a value against its description. On the hot path of `token.get` nothing is written here
// unless something is wrong.

public import JSON
internal import JSONRPC

/// Where a value does not fit its description, and why.
public struct SchemaFault: Error, Equatable, Sendable {
  /// The names on the way to the value, joined by dots; empty for the value itself.
  public var path: String
  /// What it must be, as it follows the name: `must be a string`.
  public var why: String

  func inside(_ name: String) -> SchemaFault {
    let separator = path.isEmpty || path.hasPrefix("[") ? "" : "."
    return SchemaFault(path: name + separator + path, why: why)
  }
}

extension Schema {
  /// The first thing about the value that does not fit; `nil` where all of it does.
  public func fault(in value: JSONValue) -> SchemaFault? {
    switch (self, value) {
    case (.text, .string), (.flag, .bool), (.anyObject, .object), (.nullable, .null): nil
    case (.time, .string(let text)) where RFC3339.seconds(text) != nil: nil
    case (.integer, .number(let number)) where number.int != nil: nil
    case (.number(let range), .number(let number)) where number.double.map(range.contains) == true:
      nil
    case (.word(let words), .string(let word)) where words.contains(word): nil
    case (.list(let element, let atLeast), .array(let values)) where values.count >= atLeast:
      Self.fault(in: values, of: element)
    case (.object(let fields), .object(let object)): Self.fault(in: object, fields: fields)
    case (.named(let component), .object(let object)):
      Self.fault(in: object, fields: component.fields, isOpen: component.isOpen)
    case (.nullable(let schema), _): schema.fault(in: value)
    case (.either(let schemas), _) where schemas.contains(where: { $0.fault(in: value) == nil }):
      nil
    default: SchemaFault(path: "", why: "must be " + text)
    }
  }

  private static func fault(in values: [JSONValue], of element: Schema) -> SchemaFault? {
    for (index, value) in values.enumerated() {
      if let fault = element.fault(in: value) { return fault.inside("[\(index)]") }
    }
    return nil
  }

  /// The first member that is unknown, wrong or missing.
  static func fault(
    in object: JSONObject, fields: [FieldDescription], isOpen: Bool = false
  ) -> SchemaFault? {
    for member in object.members {
      // By its place: a description is not copied to be looked at.
      guard let place = fields.firstIndex(where: { $0.name == member.name }) else {
        if isOpen { continue }
        return SchemaFault(path: member.name, why: "is unknown here")
      }
      if let fault = fields[place].schema.fault(in: member.value) {
        return fault.inside(member.name)
      }
    }
    let missing = fields.first { $0.isRequired && object[$0.name] == nil }
    return missing.map { SchemaFault(path: $0.name, why: "is missing") }
  }

  /// What the value must be, in words that follow `must be`.
  private var text: String {
    switch self {
    case .text: "a string"
    case .time: "a time like 2026-11-23T09:00:00Z"
    case .flag: "true or false"
    case .integer: "a whole number"
    case .number(let range): range.text
    case .word(let words): "one of " + words.joined(separator: ", ")
    case .list(let element, let atLeast):
      (atLeast > 0 ? "a list, not empty, each element " : "a list, each element ") + element.text
    case .object, .named, .anyObject: "an object"
    case .nullable(let schema): schema.text + " or null"
    case .either(let schemas): schemas.map(\.text).joined(separator: " or ")
    }
  }
}

/// The parameters of a call, held against their descriptions.
struct CheckedParams {
  private let object: JSONObject

  /// - Throws: -32602 that names the first parameter that is unknown, wrong or missing.
  init(_ object: JSONObject, fields: [FieldDescription]) throws(RPCError) {
    if let fault = Schema.fault(in: object, fields: fields) {
      throw .invalidParams(parameter: fault.path, why: fault.why)
    }
    self.object = object
  }

  /// A required text.
  func text(_ name: String) throws(RPCError) -> String {
    guard let text = object[name]?.string else {
      throw .invalidParams(parameter: name, why: "is missing")
    }
    return text
  }

  func optionalText(_ name: String) -> String? { object[name]?.string }
  func flag(_ name: String) -> Bool { object[name]?.bool ?? false }
  func number(_ name: String) -> Double? { object[name]?.double }
  func members(_ name: String) -> JSONObject { object[name]?.object ?? [:] }

  func texts(_ name: String) -> [String]? {
    object[name]?.array?.compactMap(\.string)
  }

  /// A word of an enumeration, or what counts where it is left out.
  func word<Word: RawRepresentable<String>>(_ name: String, default standard: Word) -> Word {
    object[name]?.string.flatMap { Word(rawValue: $0) } ?? standard
  }
}
