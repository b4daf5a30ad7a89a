// A form, field by field: which one is asked next, and the answer when none is left.

internal import JSON
internal import Prompts

/// Goes through the fields of a form, into those of a choice and back.
struct FormWalk: Sendable, Equatable {
  /// The fields of the form, or of a choice that was made in it.
  private struct Level: Sendable, Equatable {
    var fields: [Field]
    var index = 0
    var values = JSONObject()
    /// The choice whose fields these are.
    var choice: String?
  }

  let form: Form
  private var levels: [Level]

  init(form: Form) {
    self.form = form
    // Whoever says yes has been asked about every part of it.
    let consent = form.fields.filter { $0.name == "consent" }
    levels = [Level(fields: form.fields.filter { $0.name != "consent" } + consent)]
    settle()
  }

  /// The field to ask now; `nil`: the answer is complete.
  var field: Field? {
    guard let level = levels.last, level.fields.indices.contains(level.index) else { return nil }
    return level.fields[level.index]
  }

  /// Whether the field belongs to a choice made before.
  var isNested: Bool { levels.count > 1 }

  var answer: Answer {
    Answer(form: form.id, fields: levels.first?.values ?? [:])
  }

  /// Gives the field a value; `nil` leaves it out, so that the server's own counts, or none.
  mutating func give(_ value: JSONValue?) {
    guard let field, let top = levels.indices.last else { return }
    if let value { levels[top].values[field.name] = value }
    levels[top].index += 1
    settle()
  }

  /// Takes a choice; its own fields, if it has any, come next.
  mutating func choose(_ choice: Choice) {
    guard !choice.fields.isEmpty else { return give(.string(choice.id)) }
    levels.append(Level(fields: choice.fields, choice: choice.id))
    settle()
  }

  /// Passes what nobody types, and goes back up where a choice has all its fields.
  private mutating func settle() {
    while let top = levels.last {
      if let field {
        guard field.isComputed else { return }
        levels[levels.count - 1].index += 1
      } else {
        guard let choice = top.choice else { return }
        levels.removeLast()
        guard let parent = field, let above = levels.indices.last else { return }
        levels[above].values[parent.name] = ["id": .string(choice), "fields": .object(top.values)]
        levels[above].index += 1
      }
    }
  }
}

extension Form {
  /// Whether a person without a program can answer it.
  var isAnswerable: Bool {
    switch kind {
    case .poll: false
    case .action, .browser: true
    case .form: !fields.needProgram
    // To press a link would do nothing.
    case .unsupported: url == nil && !fields.needProgram
    }
  }

  /// Whether there is something to type or to choose.
  var asksSomething: Bool {
    fields.contains { !$0.isComputed }
  }
}

extension [Field] {
  /// Whether one of them must be given and only a program can: a signature, a captcha's token.
  var needProgram: Bool {
    contains { $0.isComputed && $0.isRequired && $0.value == nil }
  }
}
