// What stands on the screen after everything that was written to it: line ends, going back, clearing.
// Golden screens are the same whether a spinner had time to turn or not.

/// A terminal as far as the command uses one. It scrolls for ever.
public struct ScreenText {
  private var lines: [[Character]] = [[]]
  private var row = 0
  private var column = 0

  /// Escape sequences that the command has no business to send.
  public private(set) var strange: [String] = []

  /// What these bytes leave on the screen.
  public init(_ bytes: [UInt8]) {
    var rest = Substring(String(decoding: bytes, as: UTF8.self)).unicodeScalars
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\r": column = 0
      case "\n":
        row += 1
        if row == lines.count { lines.append([]) }
      case "\u{8}": column = max(0, column - 1)
      case "\u{1B}": escape(&rest)
      default: put(Character(scalar))
      }
    }
  }

  /// The lines, without the blanks at their ends and the empty ones at both ends.
  public var text: [String] {
    let shown = lines.map { line in
      String(String(line.reversed().drop { $0 == " " }.reversed()))
    }
    let start = shown.firstIndex { !$0.isEmpty } ?? shown.endIndex
    let end = shown.lastIndex { !$0.isEmpty } ?? start
    return start < shown.endIndex ? Array(shown[start...end]) : []
  }

  /// The line that is being written, blanks at its end and all.
  public var currentLine: String { String(lines[row]) }

  private mutating func put(_ character: Character) {
    while lines[row].count <= column { lines[row].append(" ") }
    lines[row][column] = character
    column += 1
  }

  private mutating func escape(_ rest: inout Substring.UnicodeScalarView) {
    guard rest.first == "[" else {
      strange.append("ESC \(rest.first.map(String.init) ?? "")")
      return
    }
    rest.removeFirst()
    var parameter = ""
    while let scalar = rest.popFirst() {
      guard scalar.properties.numericType != nil || scalar == ";" else {
        return control(scalar, Int(parameter) ?? 0, parameter)
      }
      parameter.unicodeScalars.append(scalar)
    }
  }

  private mutating func control(_ final: Unicode.Scalar, _ number: Int, _ parameter: String) {
    switch (final, parameter) {
    case ("K", ""):
      lines[row] = Array(lines[row].prefix(column))
    case ("J", ""):
      lines[row] = Array(lines[row].prefix(column))
      lines.removeSubrange((row + 1)...)
    case ("A", _):
      row = max(0, row - max(1, number))
    case ("m", "0"), ("m", "1"), ("m", "2"), ("m", "31"), ("m", "33"),
      ("m", "30;47"):
      break
    default:
      strange.append("CSI \(parameter)\(final)")
    }
  }
}
