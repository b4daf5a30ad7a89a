// What a person answers, and whether it fits the form.
//
// The answer is checked before anything is sent to the issuer: a missing field or a wrong type must
// not cost one of the few attempts that the engine allows. Only what the form itself says is
// checked; what a code or a password must look like is the engine's business.

public import JSON

/// An answer as it came: a form and values by field name, dotted or nested alike.
public struct Answer: Sendable, Equatable {
  /// The form's id.
  public var form: String
  /// The values: a scalar for a field, for a choice its id or `{id, fields}`.
  public var fields: JSONObject

  /// Made of its parts; what is left out has the value that stands here.
  public init(form: String, fields: JSONObject = [:]) {
    self.form = form
    self.fields = fields
  }
}

/// The value given for one field.
public enum AnsweredValue: Sendable, Equatable {
  /// A string, boolean or integer.
  case value(JSONValue)
  /// The option of that id, with the values of its own fields.
  case choice(id: String, fields: [String: AnsweredValue])
}

/// Why an answer does not fit its form. Every case but the first names a field.
public enum AnswerFault: Error, Equatable, Sendable {
  /// The prompt has no such form, or there is nothing to answer in it.
  case noSuchForm(String)
  /// A required field has no value, or an empty one.
  case missing(field: String)
  /// The form has no field of that name.
  case unknown(field: String)
  /// The value is of another kind than the field.
  case wrongType(field: String, expected: Field.Kind)
  /// In Unicode scalars.
  case tooShort(field: String, minimum: Int)
  /// In Unicode scalars.
  case tooLong(field: String, maximum: Int)
  /// The field has no such option; `choices` are the ids that it has.
  case noSuchChoice(field: String, choices: [String])
  /// It fits the form, and is still not what was asked for.
  case invalid(field: String, why: String)
}

extension Form {
  /// The values by exact field name, where the answer fits.
  ///
  /// A field that the answer leaves out and that has a `value` is absent from the result: the
  /// server's own value counts then.
  ///
  /// - Throws: `AnswerFault`, for the first field that does not fit.
  public func validate(_ answer: Answer) throws(AnswerFault) -> [String: AnsweredValue] {
    guard answer.form == id, kind != .poll else { throw .noSuchForm(answer.form) }
    return try Form.values(for: fields, in: answer.fields, at: "")
  }

  /// - Parameter path: what stands before the names in a fault, for fields of a choice.
  private static func values(
    for fields: [Field], in object: JSONObject, at path: String
  ) throws(AnswerFault) -> [String: AnsweredValue] {
    var given: [String: JSONValue] = [:]
    try collect(object, prefix: "", fields: fields, path: path, into: &given)
    var values: [String: AnsweredValue] = [:]
    for field in fields {
      if let value = given[field.name] {
        values[field.name] = try field.check(value, at: path + field.name)
      } else if field.isRequired, field.value == nil {
        throw .missing(field: path + field.name)
      }
    }
    return values
  }

  /// Finds each member's field: by its exact name first, by nested objects second.
  private static func collect(
    _ object: JSONObject, prefix: String, fields: [Field], path: String,
    into given: inout [String: JSONValue]
  ) throws(AnswerFault) {
    for member in object.members {
      let name = prefix + member.name
      if fields.contains(where: { $0.name == name }) {
        given[name] = member.value
      } else if case .object(let nested) = member.value,
        fields.contains(where: { $0.name.hasPrefix(name + ".") })
      {
        try collect(nested, prefix: name + ".", fields: fields, path: path, into: &given)
      } else {
        throw .unknown(field: path + name)
      }
    }
  }

  fileprivate static func choiceValues(
    _ choice: Choice, _ object: JSONObject, at path: String
  ) throws(AnswerFault) -> [String: AnsweredValue] {
    try values(for: choice.fields, in: object, at: path + ".")
  }
}

extension Field {
  fileprivate func check(_ value: JSONValue, at path: String) throws(AnswerFault) -> AnsweredValue {
    switch (kind, value) {
    case (.string, .string(let text)):
      let length = text.unicodeScalars.count
      if let minimumLength, length < minimumLength {
        throw .tooShort(field: path, minimum: minimumLength)
      }
      if let maximumLength, maximumLength > 0, length > maximumLength {
        throw .tooLong(field: path, maximum: maximumLength)
      }
      if isRequired, text.isEmpty { throw .missing(field: path) }
      return .value(value)
    case (.boolean, .bool):
      return .value(value)
    case (.integer, .number(let number)) where number.int != nil:
      return .value(value)
    case (.choice, .string(let id)):
      return try choose(id, [:], at: path)
    case (.choice, .object(let object)):
      guard let id = object["id"]?.string else { throw .missing(field: path + ".id") }
      for name in object.names where name != "id" && name != "fields" {
        throw .unknown(field: path + "." + name)
      }
      let fields = object["fields"] ?? .object([:])
      guard case .object(let fields) = fields else {
        throw .wrongType(field: path + ".fields", expected: .choice)
      }
      return try choose(id, fields, at: path)
    default:
      throw .wrongType(field: path, expected: kind)
    }
  }

  private func choose(
    _ id: String, _ fields: JSONObject, at path: String
  ) throws(AnswerFault) -> AnsweredValue {
    guard let choice = choices.first(where: { $0.id == id }) else {
      throw .noSuchChoice(field: path, choices: choices.map(\.id))
    }
    return .choice(id: id, fields: try Form.choiceValues(choice, fields, at: path))
  }
}
