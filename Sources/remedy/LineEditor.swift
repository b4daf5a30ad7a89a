// One line being typed: the value, and what has to be written so that the terminal shows it.

/// What has been typed, shown or not.
struct LineEditor: Sendable, Equatable {
  /// Whether nothing of it is shown.
  let isSecret: Bool
  private(set) var scalars: [Unicode.Scalar] = []

  /// What keeps a paste from filling memory; more is passed over.
  private static let longest = 8192

  init(isSecret: Bool = false) {
    self.isSecret = isSecret
  }

  var text: String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  var isEmpty: Bool { scalars.isEmpty }

  /// What the terminal shows of the line.
  var shown: TerminalText {
    isSecret ? "" : scalars.map(Self.face).joined(separator: "")
  }

  /// Takes a key that edits; gives what to write. Keys of other meaning change nothing.
  mutating func edit(_ key: Key) -> TerminalText {
    switch key {
    case .character(let scalar):
      guard scalars.count < Self.longest else { return "" }
      scalars.append(scalar)
      return isSecret ? "" : Self.face(scalar)
    case .backspace:
      return erase(1)
    case .eraseLine:
      return erase(scalars.count)
    case .eraseWord:
      let blanks = scalars.reversed().prefix { $0 == " " }.count
      let word = scalars.dropLast(blanks).reversed().prefix { $0 != " " }.count
      return erase(blanks + word)
    case .enter, .tab, .up, .down, .endOfInput, .unreadable:
      return ""
    }
  }

  private mutating func erase(_ count: Int) -> TerminalText {
    let gone = scalars.suffix(count)
    scalars.removeLast(gone.count)
    guard !isSecret else { return "" }
    var written: TerminalText = ""
    for _ in 0..<gone.reduce(0, { $0 + Self.face($1).cells }) { written += "\u{8} \u{8}" }
    return written
  }

  private static func face(_ scalar: Unicode.Scalar) -> TerminalText {
    // A blank of its own: what `TerminalText` makes of white space is meant for running text.
    scalar == " " ? " " : "\(String(Character(scalar)))"
  }
}
