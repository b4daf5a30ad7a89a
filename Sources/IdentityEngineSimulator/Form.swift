// Forms as IDX writes them, and the same forms as a rule for what may come back: what a client may
// not change, what it must fill in, and what it may choose from.

/// A remediation, or an action that hangs on something else.
struct Form: Sendable {
  var name: String
  /// Path on this host.
  var path: String
  var relatesTo: [String] = []
  var fields: [FormField] = []
  /// Polls: when to ask again, in milliseconds.
  var refresh: Int?
  /// Members that only this form has.
  var extra = WireObject()
  /// Where it leads, in place of a form, for a browser to follow.
  var link: ProviderLink?

  /// The form with its state handle, as it goes on the wire.
  func wire(origin: String, stateHandle: String) -> WireValue {
    if let link { return wire(of: link, origin: origin) }
    var object = WireObject([("rel", ["create-form"]), ("name", .string(name))])
    if !relatesTo.isEmpty { object["relatesTo"] = .array(relatesTo.map { .string($0) }) }
    object["href"] = .string(origin + path)
    object["method"] = "POST"
    object["produces"] = .string(Answer.ion)
    if let refresh { object["refresh"] = .integer(refresh) }
    for member in extra.members { object[member.name] = member.value }
    object["value"] = .array((fields + [.stateHandle(stateHandle)]).map(\.wire))
    object["accepts"] = "application/json; okta-version=1.0.0"
    return .object(object)
  }

  /// A link has neither `rel` nor `value`, and its own `type` and `idp`.
  private func wire(of link: ProviderLink, origin: String) -> WireValue {
    var object = WireObject([("name", .string(name)), ("type", .string(link.provider.type))])
    if !relatesTo.isEmpty { object["relatesTo"] = .array(relatesTo.map { .string($0) }) }
    object["idp"] = [
      "id": .string(link.provider.identifier), "name": .string(link.provider.name),
    ]
    object["href"] = .string(origin + path)
    object["method"] = "GET"
    return .object(object)
  }

  /// The same form with messages at one of its fields, named by its path in the form.
  func adding(_ messages: [Message], at path: [String]) -> Form {
    var form = self
    form.fields = Form.adding(messages, at: path[...], to: fields)
    return form
  }

  fileprivate static func adding(
    _ messages: [Message], at path: ArraySlice<String>, to fields: [FormField]
  ) -> [FormField] {
    fields.map { field in
      guard field.name == path.first else { return field }
      var field = field
      if path.count == 1 {
        field.messages += messages
      } else if let nested = field.form {
        field.form = adding(messages, at: path.dropFirst(), to: nested)
      } else if let options = field.options {
        field.options = options.map { $0.adding(messages, at: path.dropFirst()) }
      }
      return field
    }
  }
}

/// A field of a form.
struct FormField: Sendable {
  var name: String
  var label: String?
  var type: String?
  var value: WireValue?
  var required: Bool?
  var mutable: Bool?
  var visible: Bool?
  var secret: Bool?
  var description: String?
  var minLength: Int?
  var maxLength: Int?
  var form: [FormField]?
  var options: [FormOption]?
  /// Who fills it in, where that is nobody at a keyboard.
  var hint: String?
  var relatesTo: String?
  /// Whether a nested form goes on the wire within `value`, as some remediations have it.
  var isFormInValue = false
  var messages: [Message] = []

  static func stateHandle(_ handle: String) -> FormField {
    FormField(
      name: "stateHandle", value: .string(handle), required: true, mutable: false, visible: false)
  }

  /// A value that must come back as it is.
  static func fixed(_ name: String, _ value: String, required: Bool = true) -> FormField {
    FormField(name: name, value: .string(value), required: required, mutable: false)
  }

  /// The `credentials` object.
  static func credentials(_ fields: [FormField]) -> FormField {
    FormField(name: "credentials", type: "object", required: true, form: fields)
  }

  static let code = FormField(name: "passcode", label: "Enter code", required: true)
  static let password = FormField(
    name: "passcode", label: "Password", required: true, secret: true)

  var wire: WireValue {
    var object = WireObject([("name", .string(name))])
    if let label { object["label"] = .string(label) }
    if let type { object["type"] = .string(type) }
    if let required { object["required"] = .bool(required) }
    if let value { object["value"] = value }
    if let visible { object["visible"] = .bool(visible) }
    if let mutable { object["mutable"] = .bool(mutable) }
    if let secret { object["secret"] = .bool(secret) }
    if let description { object["desc"] = .string(description) }
    if let minLength { object["minLength"] = .integer(minLength) }
    if let maxLength { object["maxLength"] = .integer(maxLength) }
    if let form {
      let nested: WireValue = ["value": .array(form.map(\.wire))]
      object[isFormInValue ? "value" : "form"] = isFormInValue ? ["form": nested] : nested
    }
    if let options { object["options"] = .array(options.map(\.wire)) }
    if let hint { object["hint"] = .string(hint) }
    if let relatesTo { object["relatesTo"] = .string(relatesTo) }
    if !messages.isEmpty { object["messages"] = Message.list(messages) }
    return .object(object)
  }
}

/// One of several choices: a plain value, or a form of its own.
struct FormOption: Sendable {
  enum Content: Sendable {
    case plain(WireValue)
    case form([FormField])
    /// Choices with a hint of how to show them.
    case display(inputType: String, [FormOption])
  }

  var label: String
  var content: Content
  var relatesTo: String?

  func adding(_ messages: [Message], at path: ArraySlice<String>) -> FormOption {
    guard case .form(let fields) = content else { return self }
    var option = self
    option.content = .form(Form.adding(messages, at: path, to: fields))
    return option
  }

  var wire: WireValue {
    var object = WireObject([("label", .string(label))])
    switch content {
    case .plain(let value): object["value"] = value
    case .form(let fields): object["value"] = ["form": ["value": .array(fields.map(\.wire))]]
    case .display(let inputType, let options):
      object["value"] = [
        "type": "object",
        "value": [
          "inputType": .string(inputType), "options": .array(options.map(\.wire)),
        ],
      ]
    }
    if let relatesTo { object["relatesTo"] = .string(relatesTo) }
    return .object(object)
  }
}

// MARK: What may come back

/// Why a body does not fit a form.
enum FormFault: Error, Sendable, Equatable {
  /// Something that may not be changed was changed, left out, or is of the wrong kind.
  case notThisForm
  /// A required field is empty; its path.
  case blank([String])
}

extension Form {
  /// Whether this body answers this form. The state handle has been looked at before.
  func check(_ body: WireObject, refusingUnknown: Bool) throws(FormFault) {
    try Form.check(body, against: fields, path: [], refusingUnknown: refusingUnknown)
  }

  private static func check(
    _ body: WireObject, against fields: [FormField], path: [String], refusingUnknown: Bool
  ) throws(FormFault) {
    if refusingUnknown {
      let known = Set(fields.map(\.name) + ["stateHandle"])
      guard body.members.allSatisfy({ known.contains($0.name) }) else {
        throw .notThisForm
      }
    }
    for field in merged(fields) {
      try check(body[field.name], field, path: path + [field.name], refusingUnknown)
    }
  }

  /// Nested forms of one name answer with one object (`userProfile` of a profile update).
  private static func merged(_ fields: [FormField]) -> [FormField] {
    var merged: [FormField] = []
    for field in fields {
      if let nested = field.form,
        let place = merged.firstIndex(where: { $0.name == field.name && $0.form != nil })
      {
        merged[place].form? += nested
        if field.required == true { merged[place].required = true }
      } else {
        merged.append(field)
      }
    }
    return merged
  }

  private static func check(
    _ given: WireValue?, _ field: FormField, path: [String], _ refusingUnknown: Bool
  ) throws(FormFault) {
    if field.mutable == false, let value = field.value {
      let isLeftOut = given == nil && field.required != true
      guard given == value || isLeftOut else { throw .notThisForm }
    } else if let nested = field.form {
      guard let given else {
        if field.required == true { throw .blank(Form.leaf(of: field, path: path)) }
        return
      }
      guard let object = given.members else { throw .notThisForm }
      try check(object, against: nested, path: path, refusingUnknown: refusingUnknown)
    } else if let options = field.options {
      try check(given, options: options, of: field, path: path, refusingUnknown)
    } else {
      switch given {
      case nil, .null?, .string("")?:
        if field.required == true { throw .blank(path) }
      case .bool?:
        guard field.type == "boolean" else { throw .notThisForm }
      case .string?:
        guard !["boolean", "integer", "number"].contains(field.type) else { throw .notThisForm }
      case .integer?:
        guard field.type == "integer" || field.type == "number" else { throw .notThisForm }
      case .number?:
        guard field.type == "number" else { throw .notThisForm }
      default:
        throw .notThisForm
      }
    }
  }

  private static func check(
    _ given: WireValue?, options: [FormOption], of field: FormField, path: [String],
    _ refusingUnknown: Bool
  ) throws(FormFault) {
    guard let given else {
      if field.required == true { throw .blank(path) }
      return
    }
    let fits = options.contains { option in
      switch option.content {
      case .plain(let value):
        return given == value
      case .display(_, let choices):
        return choices.contains { if case .plain(given) = $0.content { true } else { false } }
      case .form(let fields):
        guard let object = given.members else { return false }
        do throws(FormFault) {
          try check(object, against: fields, path: path, refusingUnknown: refusingUnknown)
          return true
        } catch {
          return false
        }
      }
    }
    guard fits else { throw .notThisForm }
  }

  /// Where a message about an empty nested form belongs: at its first required field.
  private static func leaf(of field: FormField, path: [String]) -> [String] {
    guard let first = field.form?.first(where: { $0.required == true && $0.mutable != false })
    else { return path }
    return leaf(of: first, path: path + [first.name])
  }
}
