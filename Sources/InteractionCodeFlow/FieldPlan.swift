// One walk over a remediation's fields, for both directions: what is shown (`Prompt+IDXResponse`)
// and what is sent (`RequestBody`). Names and choice ids are made here and nowhere else, so that an
// answer always finds the field that it was asked for.
//
// 1. A nested form is flat to a person: the name of a leaf is its path joined by dots, made unique
//    with `:2`, `:3` where a literal dot in a key makes two paths look the same.
// 2. The broker's own business: a hidden or immutable field that has a value. It is sent as it came
//    and not shown. Options without a value are a choice even where the field says it is immutable
//    (protocol reference, trap 11).
// 3. A hidden field without a value is shown as computed: a program gives it. A yes or no is a
//    person's all the same (`granular-consent`).

internal import IdentityEngine
internal import JSON
internal import Prompts

extension IONField {
  /// What goes back as it came: a value that is hidden, immutable, or an object to return whole.
  fileprivate var fixedValue: JSONValue? {
    guard let value, !isMutable || !isVisible || value.object != nil else { return nil }
    return value
  }

  /// What the engine says at places that a prompt does not show: at a nested form as such, and at a
  /// field that is sent as it came.
  var unshownMessages: [IDXMessage] {
    if fixedValue != nil { return messages }
    if let options { return options.flatMap { $0.fields ?? [] }.flatMap(\.unshownMessages) }
    return nested.map { messages + $0.flatMap(\.unshownMessages) } ?? []
  }

  /// Each yes that a person sees and cannot take back, with what the engine calls it.
  var grantedForCertain: [JSONValue] {
    if let nested { return nested.flatMap(\.grantedForCertain) }
    guard isVisible, !isMutable, value == true else { return [] }
    var granted: JSONObject = ["name": .string(name)]
    granted.append("label", label.map { .string($0) })
    granted.append("desc", others["desc"])
    return [.object(granted)]
  }
}

/// What becomes of one leaf of a form.
struct FieldPlan {
  /// Where its value goes in the request body.
  var path: [String]
  var source: IONField
  var role: Role

  enum Role {
    /// Sent back as it came.
    case fixed(JSONValue)
    /// Asked of a person or a program under this name.
    case asked(name: String)
    /// Asked, with these ids for the options, in their order.
    case choice(name: String, ids: [String])
  }

  /// The leaves of a form, in order.
  ///
  /// - Parameter response: resolves what options relate to, for their ids.
  static func plan(_ fields: [IONField], in response: IDXResponse) -> [FieldPlan] {
    var plans: [FieldPlan] = []
    var names: Set<String> = []
    collect(fields, path: [], in: response, names: &names, into: &plans)
    return plans
  }

  private static func collect(
    _ fields: [IONField], path: [String], in response: IDXResponse, names: inout Set<String>,
    into plans: inout [FieldPlan]
  ) {
    for field in fields {
      let path = path + [field.name]
      if let nested = field.nested, field.options == nil {
        collect(nested, path: path, in: response, names: &names, into: &plans)
      } else {
        plans.append(FieldPlan(path: path, source: field, in: response, names: &names))
      }
    }
  }

  private init(
    path: [String], source: IONField, in response: IDXResponse, names: inout Set<String>
  ) {
    self.path = path
    self.source = source
    if let value = source.fixedValue {
      role = .fixed(value)
      return
    }
    let name = Self.unique(path.joined(separator: "."), in: &names)
    if let options = source.options {
      role = .choice(name: name, ids: Self.ids(options, in: response))
    } else {
      role = .asked(name: name)
    }
  }

  /// Ids for options: the authenticator's key or the scalar where that is unique in the field,
  /// else with the enrolment's id or a number behind it.
  private static func ids(_ options: [IONOption], in response: IDXResponse) -> [String] {
    let plain = options.map { Self.plainID($0, in: response) }
    var taken: Set<String> = []
    return zip(options, plain).map { option, id in
      let isShared = plain.count { $0 == id } > 1
      guard isShared, let enrollment = Self.enrollmentID(option) else {
        return unique(id, in: &taken)
      }
      return unique(id + ":" + enrollment, in: &taken)
    }
  }

  private static func plainID(_ option: IONOption, in response: IDXResponse) -> String {
    if let value = option.value { return value.string ?? JSONWriter.text(value) }
    if let key = option.relatesTo.flatMap({ response.resolve($0) })?.key { return key }
    return option.label
  }

  /// The id that tells two enrolments of one authenticator apart, from the option's own form.
  private static func enrollmentID(_ option: IONOption) -> String? {
    let value = option.fields?.first { $0.name == "enrollmentId" }?.value
    return value?.string
  }

  private static func unique(_ name: String, in names: inout Set<String>) -> String {
    var candidate = name
    var number = 2
    while !names.insert(candidate).inserted {
      candidate = "\(name):\(number)"
      number += 1
    }
    return candidate
  }
}
