// Text that may reach a terminal.
//
// Labels, messages, reasons, paths and addresses are other people's words, and a terminal obeys
// what it reads: one escape sequence in a label could retitle the window, fill the clipboard or draw
// a false prompt. So nothing but a `TerminalText` is ever written for people to read, and there are
// only two ways to make one:
//
// 1. A literal in this program's source, which may hold escape sequences of ours.
// 2. Interpolation of a foreign string, which always goes through `visible`. There is no way around
//    it: interpolating a `String` is what sanitizes it.

/// Our own words around other people's, the latter with nothing in them that a terminal obeys.
struct TerminalText: Sendable, Equatable {
  /// What is written, byte for byte.
  private(set) var text: String

  /// Our own line ends apart, as many cells wide as this; sequences of ours must not be counted,
  /// so ask it of foreign text and plain literals only.
  var cells: Int { DisplayWidth.cells(text) }

  var isEmpty: Bool { text.isEmpty }

  static func + (left: TerminalText, right: TerminalText) -> TerminalText {
    TerminalText(trusted: left.text + right.text)
  }

  static func += (left: inout TerminalText, right: TerminalText) {
    left.text += right.text
  }

  /// Somebody's words that are not HTML: a path, a caller's reason, a name.
  init(foreign: String, limit: Int = TerminalText.usualLimit) {
    text = Self.visible(Self.cut(foreign, limit))
  }

  /// The issuer's words, which may hold HTML: tags are not shown and entities are decoded, before
  /// anything else is looked at.
  init(words: String, limit: Int = TerminalText.usualLimit) {
    text = Self.visible(PlainWords.text(fromHTML: Self.cut(words, limit)))
  }

  /// An address, as ASCII: a letter that only looks like another must not pass for it.
  init(address: String) {
    var shown = ""
    for scalar in Self.cut(address, 4096).unicodeScalars {
      if scalar.isASCII, scalar.value > 0x20, scalar.value < 0x7F {
        shown.unicodeScalars.append(scalar)
      } else {
        shown += Self.escape(scalar)
      }
    }
    text = shown
  }

  /// Lines of it, none wider than `width` cells, broken between words where that can be.
  func wrapped(width: Int) -> [TerminalText] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ").flatMap({ Self.pieces(of: $0, width: max(width, 2)) }) {
      if line.isEmpty {
        line = word
      } else if DisplayWidth.cells(line) + 1 + DisplayWidth.cells(word) <= width {
        line += " " + word
      } else {
        lines.append(line)
        line = word
      }
    }
    if !line.isEmpty { lines.append(line) }
    return lines.map { TerminalText(trusted: $0) }
  }

  private static func pieces(of word: Substring, width: Int) -> [String] {
    guard DisplayWidth.cells(String(word)) > width else { return [String(word)] }
    var pieces: [String] = []
    var piece = String.UnicodeScalarView()
    var taken = 0
    for scalar in word.unicodeScalars {
      let cells = DisplayWidth.cells(scalar)
      if taken + cells > width {
        pieces.append(String(piece))
        piece = String.UnicodeScalarView()
        taken = 0
      }
      piece.append(scalar)
      taken += cells
    }
    return pieces + [String(piece)]
  }

  /// It, and blanks up to `width` cells.
  func padded(to width: Int) -> TerminalText {
    TerminalText(trusted: text + String(repeating: " ", count: max(0, width - cells)))
  }

  private init(trusted: String) {
    text = trusted
  }

  /// In Unicode scalars; enough for every honest message.
  static let usualLimit = 2000

  private static func cut(_ text: String, _ limit: Int) -> String {
    let scalars = text.unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
      end != scalars.endIndex
    else { return text }
    return String(scalars[..<end]) + "…"
  }

  /// Every scalar that would not be seen, or that a terminal would obey, as `\u{…}`; white space of
  /// every kind as one blank.
  private static func visible(_ text: String) -> String {
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n", "\r", "\t", "\u{A0}", "\u{2028}", "\u{2029}":
        if shown.last != " " { shown.append(" ") }
      case "\u{FE0E}", "\u{FE0F}":
        continue  // only say how a symbol is drawn
      case _ where isHidden(scalar):
        shown.append(contentsOf: escape(scalar).unicodeScalars)
      default:
        shown.append(scalar)
      }
    }
    return String(shown)
  }

  /// Controls (C0, DEL, C1), format characters (bidirectional, zero width, tags), and whatever else
  /// has no face of its own.
  static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      return true
    default:
      return properties.isDefaultIgnorableCodePoint
    }
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
  }
}

extension TerminalText: ExpressibleByStringInterpolation {
  init(stringLiteral value: String) {
    text = value
  }

  init(stringInterpolation: StringInterpolation) {
    text = stringInterpolation.text
  }

  /// Literal pieces are ours; a `String` in between is foreign.
  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity)
    }

    mutating func appendLiteral(_ literal: String) {
      text += literal
    }

    mutating func appendInterpolation(_ foreign: String) {
      text += TerminalText(foreign: foreign).text
    }

    mutating func appendInterpolation(words: String) {
      text += TerminalText(words: words).text
    }

    mutating func appendInterpolation(_ safe: TerminalText) {
      text += safe.text
    }

    mutating func appendInterpolation(_ number: some BinaryInteger) {
      text += String(number)
    }
  }
}

extension [TerminalText] {
  func joined(separator: TerminalText) -> TerminalText {
    var result: TerminalText = ""
    for (index, piece) in enumerated() {
      if index > 0 { result += separator }
      result += piece
    }
    return result
  }
}
