// A QR code in a terminal. A character is about twice as high as wide, so one holds two modules, one
// above the other.
//
// 1. With colours, black on white is asked for, whatever the terminal's own are.
// 2. Without them, light modules are drawn and dark ones left blank: most terminals are dark. Readers
//    that insist on dark on light fail at a light one then; there is the key to type.
// 3. The quiet zone is four modules wide, as the standard has it, or two where only that fits: every
//    reader tried takes it.
// 4. A code that does not fit is not drawn: half a code helps nobody.

internal import QRCodes

/// Lines that a phone can read.
struct QRDrawing {
  let code: QRCode
  let style: Style

  private static let quietZones = [4, 2]

  /// The columns that the terminal must have.
  var leastWidth: Int { code.size + 2 * (Self.quietZones.last ?? 0) }

  /// `nil` where it does not fit, or the terminal has no block characters.
  var lines: [TerminalText]? {
    guard style.hasBlocks,
      let zone = Self.quietZones.first(where: { code.size + 2 * $0 <= style.width })
    else { return nil }
    let range = -zone..<(code.size + zone)
    return stride(from: range.lowerBound, to: range.upperBound, by: 2).map { row in
      let cells = range.map { column in
        cell(
          top: code.isDark(row: row, column: column),
          bottom: code.isDark(row: row + 1, column: column))
      }.joined(separator: "")
      return style.hasColour ? "\u{1B}[30;47m" + cells + "\u{1B}[0m" : cells
    }
  }

  private func cell(top: Bool, bottom: Bool) -> TerminalText {
    let inks = style.hasColour ? (top, bottom) : (!top, !bottom)
    return switch inks {
    case (true, true): "█"
    case (true, false): "▀"
    case (false, true): "▄"
    case (false, false): " "
    }
  }
}
