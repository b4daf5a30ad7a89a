// What must hold of every prompt, whatever it asks: something can be done, and each form can be
// answered with values of the kinds that its fields name.

import JSON
import Prompts

extension Prompt {
  /// Why this prompt cannot be answered; empty where it can.
  var deadEnds: [String] {
    var found: [String] = []
    if content.forms.isEmpty { found.append("there is no form") }
    let canBeDone = content.forms.contains { $0.kind != .unsupported }
    if !canBeDone, !content.messages.contains(where: { $0.key == "remedy.unsupported" }) {
      found.append("nothing can be done, and nobody says what an administrator can do")
    }
    for form in content.forms {
      switch form.kind {
      case .poll:
        if (form.interval ?? 0) <= 0 { found.append("\(form.id): polled at no interval") }
      case .browser where form.url == nil:
        found.append("\(form.id): no address to open")
      case .browser, .form, .action, .unsupported:
        found += form.deadEnds
      }
    }
    return found
  }
}

extension Form {
  fileprivate var deadEnds: [String] {
    let unfilled = fields.flatMap { $0.deadEnds(at: id) }
    guard unfilled.isEmpty else { return unfilled }
    // Answers that between them choose every choice of every field once.
    let columns = fields.map { (name: $0.name, values: $0.values) }.filter { !$0.values.isEmpty }
    for row in 0..<max(1, columns.map(\.values.count).max() ?? 0) {
      let values = JSONObject(
        columns.map { JSONObject.Member($0.name, $0.values[row % $0.values.count]) })
      do {
        _ = try validate(Answer(form: id, fields: values))
      } catch {
        return ["\(id): no answer fits: \(error)"]
      }
    }
    return []
  }
}

extension Field {
  /// A field that is needed, and that nothing can be put into.
  fileprivate func deadEnds(at place: String) -> [String] {
    let place = "\(place)/\(name)"
    if let minimumLength, let maximumLength, maximumLength > 0, minimumLength > maximumLength {
      return ["\(place): longer than it may be"]
    }
    if kind == .choice, choices.isEmpty { return ["\(place): a choice of nothing"] }
    return choices.flatMap { choice in
      choice.fields.flatMap { $0.deadEnds(at: "\(place)/\(choice.id)") }
    }
  }

  fileprivate var values: [JSONValue] {
    switch kind {
    case .string: [.string(String(repeating: "x", count: max(minimumLength ?? 1, 1)))]
    case .boolean: [true]
    case .integer: [7]
    case .choice:
      choices.map { choice in
        let nested = choice.fields.compactMap { field in
          field.values.first.map { JSONObject.Member(field.name, $0) }
        }
        return ["id": .string(choice.id), "fields": .object(JSONObject(nested))]
      }
    }
  }
}

/// A way to get an answer wrong in its form.
struct Breakage {
  var answer: Answer
  var words: String

  /// Every way in which an answer that fits can be broken, as far as the prompt shows.
  static func all(of fitting: JSONObject, in form: Form) -> [Breakage] {
    var found = [
      Breakage(answer: Answer(form: form.id + "-not", fields: fitting), words: "no such form")
    ]
    func add(_ words: String, _ change: (inout JSONObject) -> Void) {
      var fields = fitting
      change(&fields)
      found.append(Breakage(answer: Answer(form: form.id, fields: fields), words: words))
    }
    add("a field too many") { $0["nonsense"] = "x" }
    guard form.kind != .poll else { return found }
    for field in form.fields {
      let name = field.name
      if field.isRequired, field.value == nil { add("without \(name)") { $0[name] = nil } }
      switch field.kind {
      case .string: add("a number in \(name)") { $0[name] = 5 }
      case .boolean: add("a text in \(name)") { $0[name] = "yes" }
      case .integer: add("a text in \(name)") { $0[name] = "five" }
      case .choice: add("no such choice in \(name)") { $0[name] = "no such choice" }
      }
      if let maximum = field.maximumLength, maximum > 0, field.kind == .string {
        add("\(name) too long") { $0[name] = .string(String(repeating: "x", count: maximum + 1)) }
      }
      if let minimum = field.minimumLength, minimum > 1, field.kind == .string {
        add("\(name) too short") { $0[name] = "x" }
      }
    }
    return found
  }
}
