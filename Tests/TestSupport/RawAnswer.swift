// The second reader: what an answer of the engine offers, read from the JSON alone, by somebody who
// does not know the decoder under test. Only what the protocol says is relied on (its reference
// §3.2 to §3.5).

import JSON

/// A form of an answer: a remediation, or an action that hangs on another object.
public struct RawForm {
  public var name: String
  /// Where an action hangs.
  public var path: String?
  public var json: JSONValue

  /// Its fields as they stand.
  public var fields: [JSONValue] { json["value"]?.array ?? [] }

  /// Whether it is no form, or one that only a browser sends.
  public var isLink: Bool {
    !(json["rel"]?.array ?? []).contains("create-form") || json["method"] == "GET"
  }

  /// Whether the engine expects it again and again without anybody answering.
  public var isPoll: Bool {
    json["refresh"] != nil || name == "poll" || name.hasSuffix("-poll")
  }

  /// Remediations as they stand, then actions in the order of the document.
  public static func all(in answer: JSONValue) -> [RawForm] {
    var forms: [RawForm] = []
    for json in answer["remediation"]?["value"]?.array ?? [] {
      guard let name = json["name"]?.string else { continue }
      forms.append(RawForm(name: name, path: nil, json: json))
    }
    let elsewhere: Set = [
      "remediation", "cancel", "context", "success", "failure", "successWithInteractionCode",
    ]
    for member in answer.object?.members ?? [] where !elsewhere.contains(member.name) {
      actions(in: member.value, at: member.name, into: &forms)
    }
    return forms
  }

  private static func actions(in json: JSONValue, at path: String, into forms: inout [RawForm]) {
    switch json {
    case .object(let object):
      if let name = object["name"]?.string, object["href"]?.string != nil,
        object["rel"] != nil || object["method"] != nil
      {
        forms.append(RawForm(name: name, path: path, json: json))
      } else {
        for member in object.members {
          let inner = member.name == "value" ? path : "\(path).\(member.name)"
          actions(in: member.value, at: inner, into: &forms)
        }
      }
    case .array(let array):
      for (index, element) in array.enumerated() {
        actions(in: element, at: "\(path)[\(index)]", into: &forms)
      }
    default: break
    }
  }
}

/// A field that holds a value itself, with the keys that lead to it in the request.
public struct RawField {
  public var path: [String]
  public var json: JSONValue

  /// - Parameter path: the keys that lead to it.
  public init(path: [String], json: JSONValue) {
    self.path = path
    self.json = json
  }

  /// The fields of a form in order, nested forms opened, those in options not.
  public static func leaves(_ fields: [JSONValue], below path: [String] = []) -> [RawField] {
    fields.flatMap { json -> [RawField] in
      guard let name = json["name"]?.string else { return [] }
      guard json["options"]?.array == nil, let nested = nestedForm(json) else {
        return [RawField(path: path + [name], json: json)]
      }
      return leaves(nested, below: path + [name])
    }
  }

  /// The fields of a form inside a field or an option, in either spelling.
  public static func nestedForm(_ json: JSONValue) -> [JSONValue]? {
    guard let form = json["form"] ?? json["value"]?["form"] else { return nil }
    return form["value"]?.array ?? []
  }

  /// What goes back as it came: a value that is hidden, immutable, or an object to return whole.
  public var fixedValue: JSONValue? {
    guard var value = json["value"], !value.isNull else { return nil }
    if let object = value.object {
      if object.count == 2, object["type"] != nil, let inner = object["value"] { value = inner }
      return value
    }
    return isFalse("mutable") || isFalse("visible") ? value : nil
  }

  private func isFalse(_ member: String) -> Bool {
    json[member] == false || json[member] == "false"
  }

  /// What can be chosen; `nil` where there is no choice. The profile form hides what a field looks
  /// like, and sometimes its options, in an option of its own.
  public var options: [JSONValue]? {
    guard let listed = json["options"]?.array else { return nil }
    let opened = listed.flatMap { option in
      Self.display(option).map { $0["options"]?.array ?? [] } ?? [option]
    }
    return opened.isEmpty && display != nil ? nil : opened
  }

  /// What a field of a profile looks like, where it says.
  public var display: JSONValue? {
    (json["options"]?.array ?? []).lazy.compactMap { Self.display($0) }.first
  }

  private static func display(_ option: JSONValue) -> JSONValue? {
    guard let value = option["value"], value["type"] != nil, value["value"]?.object != nil
    else { return nil }
    return value["value"]
  }
}

extension JSONValue {
  /// The messages of this object, in either spelling.
  public var rawMessages: [JSONValue] {
    (self["messages"]?["value"]?.array ?? self["messages"]?.array ?? []).filter {
      $0["message"] != nil || $0["i18n"]?["key"] != nil
    }
  }

  /// What the references of `json` lead to in this answer; those that dangle are left out.
  public func related(to json: JSONValue) -> [(reference: String, target: JSONValue)] {
    let references = json["relatesTo"]?.array ?? json["relatesTo"].map { [$0] } ?? []
    return references.compactMap(\.string).compactMap { reference in
      var steps = reference.split(separator: ".").map(String.init)
      if steps.first == "$" { steps.removeFirst() }
      guard let first = steps.first, let member = self[first] else { return nil }
      let whole = member["value"] ?? member
      guard steps.count > 1 else { return (first, whole) }
      let digits = steps[1].drop { $0 != "[" }.dropFirst().prefix { $0 != "]" }
      guard steps[1].hasPrefix("value["), let index = Int(digits), let list = whole.array,
        list.indices.contains(index)
      else { return nil }
      return (first, list[index])
    }
  }
}
