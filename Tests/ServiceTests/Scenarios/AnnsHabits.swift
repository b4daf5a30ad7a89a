// How Ann fills in forms on the way through a scenario: what is needed and no more, and of all choices
// those that the scenario is about.

import Prompts
import SimulatedPeople

/// Ann's habits.
struct AnnsHabits: Habits {
  /// Parts of ids or labels of the choices that are taken before all others, or though they may be
  /// left out.
  let preferences: [String]
  /// The authenticators that were set up: each is taken once.
  private var setUp: Set<String> = []

  init(preferences: [String]) { self.preferences = preferences }

  func fills(_ field: Field) -> Bool {
    field.value == nil
      && field.choices.contains { choice in preferences.contains { choice.id.contains($0) } }
  }

  func ranked(_ choices: [Choice], of field: Field, in form: Form) -> [Choice] {
    func rank(_ choice: Choice) -> Int {
      preferences.firstIndex { choice.id.contains($0) || choice.label.contains($0) } ?? .max
    }
    return choices.filter { !setsUp(form) || !setUp.contains($0.id) }
      .enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
      .map(\.element)
  }

  mutating func took(_ choice: Choice, of field: Field, in form: Form) {
    if setsUp(form) { setUp.insert(choice.id) }
  }

  func isBrief() -> Bool { true }

  private func setsUp(_ form: Form) -> Bool {
    form.remediation.hasPrefix("select-authenticator-enroll")
  }
}
