// A choice among a few: by number, or with the arrow keys where the terminal can redraw.

/// A list, what is typed at it, and what is highlighted.
struct Menu: Sendable, Equatable {
  enum Outcome: Sendable, Equatable {
    /// The menu goes on; write this.
    case going(TerminalText)
    /// This entry, counted from 0.
    case chosen(Int)
    /// Enter on nothing, where that is allowed.
    case skipped
    /// Not a number of the list.
    case wrong
  }

  let entries: [TerminalText]
  /// Whether Enter alone leaves the choice open.
  let isOptional: Bool
  let style: Style
  private(set) var highlighted: Int?
  private var typed = LineEditor()

  init(entries: [TerminalText], initial: Int? = 0, isOptional: Bool = false, style: Style) {
    self.entries = entries
    self.isOptional = isOptional
    self.style = style
    highlighted = initial
  }

  /// Whether something has been typed that Enter would take.
  var isTouched: Bool { !typed.isEmpty }

  /// The whole list with the line to type at.
  var painted: TerminalText {
    lines.map { $0 + "\n" }.joined(separator: "") + question + typed.shown
  }

  mutating func handle(_ key: Key) -> Outcome {
    switch key {
    case .enter:
      return entered()
    case .up:
      return .going(move(by: -1))
    case .down, .tab:
      return .going(move(by: 1))
    default:
      return .going(typed.edit(key))
    }
  }

  private func entered() -> Outcome {
    if typed.isEmpty {
      return highlighted.map { .chosen($0) } ?? (isOptional ? .skipped : .wrong)
    }
    let text = typed.text.split(separator: " ").joined()
    guard let number = Int(text), entries.indices.contains(number - 1) else { return .wrong }
    return .chosen(number - 1)
  }

  private mutating func move(by step: Int) -> TerminalText {
    guard style.canMove, !entries.isEmpty else { return "" }
    let rows = lines.count
    typed = LineEditor()
    let last = entries.count - 1
    let next = highlighted.map { $0 + step } ?? (step > 0 ? 0 : last)
    highlighted = next < 0 ? last : (next > last ? 0 : next)
    return style.back(rows: rows) + painted
  }

  private var question: TerminalText {
    let range: TerminalText = entries.count == 1 ? "1" : "1-\(entries.count)"
    if let highlighted { return "Choose \(range) [\(highlighted + 1)]: " }
    return isOptional ? "Choose \(range) [none]: " : "Choose \(range): "
  }

  private var lines: [TerminalText] {
    let numberWidth = String(entries.count).count
    return entries.enumerated().flatMap { index, entry in
      let number = String(index + 1)
      let pad = String(repeating: " ", count: numberWidth - number.count)
      let isMarked = index == highlighted && style.canMove
      let mark: TerminalText = isMarked ? "> " : "  "
      let wrapped = entry.wrapped(width: max(20, style.width - numberWidth - 5))
      let texts = wrapped.isEmpty ? [""] : wrapped
      return texts.enumerated().map { row, text in
        let blank: TerminalText = ""
        let lead: TerminalText =
          row == 0 ? "\(mark)\(pad)\(number). " : blank.padded(to: numberWidth + 4)
        return lead + (isMarked ? style.bold(text) : text)
      }
    }
  }
}
