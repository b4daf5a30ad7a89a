// An answer from a future that nobody here knows: the same forms under other names.

import JSON

/// Gives remediations, actions, fields and authenticator keys of an answer names nobody knows.
/// The members of success keep theirs.
struct Renaming {
  private var names: [String: String] = [:]

  static func apply(to answer: JSONValue) -> JSONValue {
    var renaming = Renaming()
    return .object(
      JSONObject(
        (answer.object?.members ?? []).map { member in
          var member = member
          if !untouched.contains(member.name) { member.value = renaming.rename(member.value) }
          return member
        }))
  }

  private static let untouched: Set = [
    "successWithInteractionCode", "success", "failure", "messages", "user", "app",
    "authentication",
  ]

  /// A name in a form is one with `href`, or one among fields; a key is one of an authenticator.
  private mutating func rename(_ json: JSONValue) -> JSONValue {
    if let array = json.array { return .array(array.map { rename($0) }) }
    guard var object = json.object else { return json }
    let isForm = object["href"] != nil && (object["rel"] != nil || object["method"] != nil)
    for member in object.members {
      switch member.name {
      case "messages", "idp", "i18n": continue
      case "name" where isForm: object["name"] = unknown(member.value)
      case "key", "catalogKey": object[member.name] = unknown(member.value)
      case "value" where isForm: object["value"] = fields(member.value)
      default: object[member.name] = rename(member.value)
      }
    }
    return .object(object)
  }

  private mutating func fields(_ json: JSONValue) -> JSONValue {
    guard let array = json.array else { return json }
    return .array(
      array.map { json in
        guard var field = json.object else { return json }
        if let name = field["name"] { field["name"] = unknown(name) }
        for member in ["form", "value", "options"] {
          guard let value = field[member] else { continue }
          field[member] = member == "options" ? options(value) : nested(value)
        }
        return .object(field)
      })
  }

  private mutating func options(_ json: JSONValue) -> JSONValue {
    .array((json.array ?? []).map { nested($0) })
  }

  /// The fields below `form`, wherever it stands in a field or an option.
  private mutating func nested(_ json: JSONValue) -> JSONValue {
    guard var object = json.object else { return json }
    if let value = object["value"] {
      object["value"] = value.array == nil ? nested(value) : fields(value)
    }
    if let form = object["form"] { object["form"] = nested(form) }
    return .object(object)
  }

  /// Part by part between dots, so that names which looked alike still do.
  private mutating func unknown(_ name: JSONValue) -> JSONValue {
    guard let text = name.string else { return name }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { part in
      let part = String(part)
      if let known = names[part] { return known }
      let new = "unheard-of-\(names.count + 1)"
      names[part] = new
      return new
    }
    return .string(parts.joined(separator: "."))
  }
}
