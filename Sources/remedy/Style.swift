// What may be done to text on this terminal: NO_COLOR (no-color.org) and TERM=dumb are respected.

/// How a terminal can be written to.
struct Style: Sendable, Equatable {
  /// Whether bold and colours are wanted.
  var hasColour: Bool
  /// Whether it can go back and write over what it shows.
  var canMove: Bool
  /// Whether it shows block characters: it speaks UTF-8.
  var hasBlocks = true
  /// In cells.
  var width: Int

  func bold(_ text: TerminalText) -> TerminalText { hasColour ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
  func faint(_ text: TerminalText) -> TerminalText {
    hasColour ? "\u{1B}[2m\(text)\u{1B}[0m" : text
  }
  func red(_ text: TerminalText) -> TerminalText { hasColour ? "\u{1B}[31m\(text)\u{1B}[0m" : text }
  func yellow(_ text: TerminalText) -> TerminalText {
    hasColour ? "\u{1B}[33m\(text)\u{1B}[0m" : text
  }

  /// Lines below a heading: indented, and broken between words.
  func block(_ text: TerminalText) -> [TerminalText] {
    text.wrapped(width: max(20, width - 2)).map { "  " + $0 }
  }

  /// Back to the start of the line, which is empty then; a new line where there is no going back.
  var freshLine: TerminalText { canMove ? "\r\u{1B}[K" : "\n" }

  /// To the start of the line `rows` above this one, with everything from there on cleared.
  func back(rows: Int) -> TerminalText {
    rows > 0 ? "\r\u{1B}[\(rows)A\u{1B}[J" : "\r\u{1B}[J"
  }
}
