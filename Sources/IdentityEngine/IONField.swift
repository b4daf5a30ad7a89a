// A field of a form, as ION spells it (protocol reference §3.3). Four things hide in its `value`:
// a scalar, a nested form, an ION wrapper and a literal object to send back as it is; and an option
// takes one of four shapes. They are told apart here, once.

public import JSON

/// One field of a remediation's form.
public struct IONField: Sendable, Equatable {
  /// The key in the request body. Dots in it are part of the key.
  public var name: String
  /// What the field is called for people, in the language of the answer.
  public var label: String?
  /// `string`, `boolean`, `object` or whatever else the engine wrote; mostly absent.
  public var type: String?
  /// The preset scalar, or a literal object that is sent back as it is.
  public var value: JSONValue?
  /// The fields of a nested object.
  public var nested: [IONField]?
  /// What can be chosen; `nil` where there is no choice.
  public var options: [IONOption]?
  /// Whether the engine marks it as needed (`required`).
  public var isRequired: Bool
  /// Whether the value may be changed.
  public var isMutable: Bool
  /// Whether it is for a person to see (`visible`); hidden ones are sent back as they came.
  public var isVisible: Bool
  /// Whether what is typed must not be shown (`secret`).
  public var isSecret: Bool
  /// `minLength`, in characters as the engine counts them.
  public var minimumLength: Int?
  /// `maxLength`, in characters as the engine counts them.
  public var maximumLength: Int?
  /// A reference to what it is about, as sent; it may dangle.
  public var relatesTo: String?
  /// What the engine says of this field: mostly what was wrong with its last value.
  public var messages: [IDXMessage]
  /// Every other member, as it came.
  public var others: JSONObject

  private static let known: Set = [
    "name", "label", "type", "value", "form", "options", "required", "mutable", "visible",
    "secret", "minLength", "maxLength", "relatesTo", "messages",
  ]

  init?(_ json: JSONValue) {
    guard let object = json.object, let name = object["name"]?.string else { return nil }
    self.name = name
    label = object["label"]?.string
    type = object["type"]?.string
    let form = object["form"] ?? object["value"]?["form"]
    nested = form.map { IONField.list($0["value"]) }
    value = nested == nil ? Self.preset(object["value"]) : nil
    isRequired = Self.flag(object["required"], default: false)
    isMutable = Self.flag(object["mutable"], default: true)
    isVisible = Self.flag(object["visible"], default: true)
    isSecret = Self.flag(object["secret"], default: false)
    minimumLength = object["minLength"]?.int
    maximumLength = object["maxLength"]?.int
    relatesTo = object["relatesTo"]?.string ?? object["relatesTo"]?.array?.first?.string
    messages = IDXMessage.list(object["messages"])
    others = JSONObject(object.members.filter { !Self.known.contains($0.name) })
    readOptions(object["options"]?.array)
  }

  /// The fields in an array; what is no field is passed over.
  static func list(_ json: JSONValue?) -> [IONField] {
    (json?.array ?? []).compactMap { IONField($0) }
  }

  /// A lenient flag: `required` has been seen as the string `"false"`.
  private static func flag(_ json: JSONValue?, default fallback: Bool) -> Bool {
    json?.bool ?? json?.string.map { $0 == "true" } ?? fallback
  }

  /// A scalar or a literal object; an ION wrapper `{type, value}` is taken off; `null` is nothing.
  private static func preset(_ json: JSONValue?) -> JSONValue? {
    guard let json = json.map(unwrapped), !json.isNull else { return nil }
    return json
  }

  fileprivate static func unwrapped(_ json: JSONValue) -> JSONValue {
    guard let object = json.object, object.count == 2, object["type"] != nil else { return json }
    return object["value"] ?? json
  }

  /// Options proper, and the display hint that the profile form hides among them: it either
  /// carries the options inside, or says only how the field looks.
  private mutating func readOptions(_ array: [JSONValue]?) {
    guard let array else { return }
    var options: [IONOption] = []
    for json in array {
      if let display = json["value"]?["value"]?.object, json["value"]?["type"] != nil {
        others.append("display", .object(display))
        options += (display["options"]?.array ?? []).compactMap { IONOption($0) }
      } else if let option = IONOption(json) {
        options.append(option)
      }
    }
    let isDisplayOnly = options.isEmpty && others["display"] != nil
    self.options = isDisplayOnly ? nil : options
  }
}

/// One option of a field.
public struct IONOption: Sendable, Equatable {
  /// What the option is called for people.
  public var label: String
  /// What is sent for a scalar option, in its JSON type.
  public var value: JSONValue?
  /// The fields of an option that is a form.
  public var fields: [IONField]?
  /// A reference to the authenticator or enrolment that it stands for, as sent; it may dangle.
  public var relatesTo: String?

  /// An option is an object, or, in old answers, a bare scalar.
  init?(_ json: JSONValue) {
    let object = json.object ?? ["value": json]
    let form = object["form"] ?? object["value"]?["form"]
    fields = form.map { IONField.list($0["value"]) }
    value = fields == nil ? object["value"].map(IONField.unwrapped) ?? object["type"] : nil
    guard fields != nil || value != nil else { return nil }
    relatesTo = object["relatesTo"]?.string ?? object["relatesTo"]?.array?.first?.string
    label = object["label"]?.string ?? value?.string ?? ""
  }
}
