// How somebody fills in forms on a walk: by chance, and so that everything has its turn.

import Prompts
import SimulatedPeople
import TestSupport

/// A walker's habits.
struct WalkHabits: Habits {
  private var random: SeededDice
  private var timesTaken: [String: Int] = [:]

  init(random: SeededDice) { self.random = random }

  private mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &random) < percent
  }

  mutating func fills(_ field: Field) -> Bool { chance(20) }

  /// Those that were not taken more often than the others come first.
  mutating func ranked(_ choices: [Choice], of field: Field, in form: Form) -> [Choice] {
    choices.shuffled(using: &random).sorted {
      timesTaken[key($0, field, form), default: 0] < timesTaken[key($1, field, form), default: 0]
    }
  }

  mutating func took(_ choice: Choice, of field: Field, in form: Form) {
    timesTaken[key(choice, field, form), default: 0] += 1
  }

  mutating func isBrief() -> Bool { chance(50) }

  private func key(_ choice: Choice, _ field: Field, _ form: Form) -> String {
    form.remediation + "/" + field.name + "/" + choice.id
  }
}
