// Answers every form of a prompt in every way that it offers, and compares what would be sent with
// what the JSON asks for.

import IdentityEngine
import InteractionCodeFlow
import JSON
import Prompts
import TestSupport

struct AnswerAudit {
  private(set) var losses: [String] = []
  /// Bodies that were built and compared.
  private(set) var answers = 0

  private let transaction: Transaction
  private let topHandle: JSONValue?

  /// - Parameter transaction: has shown `content` and waits for an answer.
  init(_ answer: JSONValue, _ content: Prompt.Content, _ transaction: Transaction) {
    self.transaction = transaction
    topHandle = answer["stateHandle"]
    for (raw, form) in zip(RawForm.all(in: answer), content.forms) {
      if form.kind == .browser || raw.isLink {
        expectNoFetching(form)
      } else if form.kind == .poll {
        compareUnanswered(raw, form)
      } else {
        for fields in Self.variants(of: form.fields) { compare(raw, form, fields) }
      }
    }
  }

  /// Answers that between them choose every choice of every field, at every depth, once.
  static func variants(of fields: [Field]) -> [JSONObject] {
    let columns = fields.compactMap { field -> (name: String, values: [JSONValue])? in
      let values = variants(of: field)
      return values.isEmpty ? nil : (field.name, values)
    }
    return (0..<max(1, columns.map(\.values.count).max() ?? 0)).map { row in
      JSONObject(columns.map { JSONObject.Member($0.name, $0.values[row % $0.values.count]) })
    }
  }

  private static func variants(of field: Field) -> [JSONValue] {
    switch field.kind {
    case .string: [.string(String(repeating: "x", count: max(field.minimumLength ?? 1, 1)))]
    case .boolean: [true]
    case .integer: [7]
    case .choice:
      field.choices.flatMap { choice in
        variants(of: choice.fields).map { ["id": .string(choice.id), "fields": .object($0)] }
      }
    }
  }

  private mutating func compare(_ raw: RawForm, _ form: Form, _ fields: JSONObject) {
    let values: [String: AnsweredValue]
    do {
      values = try form.validate(Answer(form: form.id, fields: fields))
    } catch {
      losses.append("\(form.id): can't be answered: \(error)")
      return
    }
    guard let body = body(raw, form, values) else { return }
    var wanted = Self.wanted(raw.fields, shown: form.fields, given: fields, below: [])
    if body["stateHandle"] != nil, !wanted.contains(where: { $0.hasPrefix("stateHandle=") }) {
      wanted.formUnion(Self.flat(topHandle ?? .null, at: ["stateHandle"]))
    }
    let sent = Self.flat(.object(body), at: [])
    for leaf in wanted.subtracting(sent) { losses.append("\(form.id): not sent: \(leaf)") }
    for leaf in sent.subtracting(wanted) { losses.append("\(form.id): not asked for: \(leaf)") }
    answers += 1
  }

  /// What nobody answers is still kept with what the server fixed.
  private mutating func compareUnanswered(_ raw: RawForm, _ form: Form) {
    guard let body = body(raw, form, [:]) else { return }
    let sent = Self.flat(.object(body), at: [])
    for leaf in RawField.leaves(raw.fields) {
      guard let value = leaf.fixedValue else { continue }
      for leaf in Self.flat(value, at: leaf.path).subtracting(sent) {
        losses.append("\(form.id): not sent: \(leaf)")
      }
    }
  }

  /// A link is a browser's: answered, it makes the broker ask where it stands, and nothing else.
  private mutating func expectNoFetching(_ form: Form) {
    var transaction = transaction
    let effects = transaction.handle(.answered(form: form.id, values: [:]), now: .zero)
    guard effects.count == 1, case .send(let request, _)? = effects.first,
      request.name == "introspect", request.href != form.url
    else {
      losses.append("\(form.id): answered, and \(effects) is done")
      return
    }
  }

  private mutating func body(
    _ raw: RawForm, _ form: Form, _ values: [String: AnsweredValue]
  ) -> JSONObject? {
    var transaction = transaction
    let effects = transaction.handle(.answered(form: form.id, values: values), now: .zero)
    guard case .send(let request, _)? = effects.first else {
      losses.append("\(form.id): answered, but nothing is sent")
      return nil
    }
    if request.href != raw.json["href"]?.string { losses.append("\(form.id): href") }
    if let accepts = raw.json["accepts"]?.string, request.contentType != accepts {
      losses.append("\(form.id): content type")
    }
    return request.body
  }

  /// The leaves that the server's form asks for, given this answer.
  private static func wanted(
    _ raw: [JSONValue], shown: [Field], given: JSONObject, below path: [String]
  ) -> Set<String> {
    var wanted: Set<String> = []
    var shown = shown.makeIterator()
    for leaf in RawField.leaves(raw) {
      let path = path + leaf.path
      if let value = leaf.fixedValue {
        wanted.formUnion(flat(value, at: path))
        continue
      }
      guard let field = shown.next() else { break }
      guard let value = given[field.name] else { continue }
      guard let options = leaf.options else {
        wanted.formUnion(flat(value, at: path))
        continue
      }
      guard let index = field.choices.firstIndex(where: { $0.id == value["id"]?.string }),
        options.indices.contains(index)
      else { continue }
      let option = options[index]
      if let nested = RawField.nestedForm(option) {
        wanted.formUnion(
          self.wanted(
            nested, shown: field.choices[index].fields, given: value["fields"]?.object ?? [:],
            below: path))
      } else {
        wanted.formUnion(flat(option["value"] ?? option["type"] ?? option, at: path))
      }
    }
    return wanted
  }

  /// `path=value` of every scalar: keys are joined by a character that no key has.
  private static func flat(_ json: JSONValue, at path: [String]) -> Set<String> {
    if let object = json.object, !object.isEmpty {
      return object.members.reduce(into: []) { $0.formUnion(flat($1.value, at: path + [$1.name])) }
    }
    return [path.joined(separator: "\u{1F}") + "=" + JSONWriter.text(json)]
  }
}
