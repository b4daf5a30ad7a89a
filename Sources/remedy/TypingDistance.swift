// Whether a word that means nothing was meant to be one that does.

/// Slips of the fingers.
enum TypingDistance {
  /// Whether one of them makes the word of the other: a letter too many, too few, another one, or two
  /// that changed places; or whether the word is its beginning.
  static func isSlip(_ word: String, for meant: String) -> Bool {
    if word.count >= 2, meant.hasPrefix(word) { return true }
    let typed = Array(word)
    let wanted = Array(meant)
    let start = zip(typed, wanted).prefix { $0 == $1 }.count
    let end = zip(typed.dropFirst(start).reversed(), wanted.dropFirst(start).reversed())
      .prefix { $0 == $1 }.count
    let wrong = typed.dropFirst(start).dropLast(end)
    let right = wanted.dropFirst(start).dropLast(end)
    if wrong.count == 2, right.count == 2 {
      return wrong.first == right.last && wrong.last == right.first
    }
    return wrong.count <= 1 && right.count <= 1
  }
}
