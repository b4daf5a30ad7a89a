// A number challenge is read across a desk, from the screen to the phone: it is shown large.

/// Digits five rows high.
enum LargeNumber {
  private static let faces: [Character: [String]] = [
    "0": [" ### ", "#   #", "#   #", "#   #", " ### "],
    "1": ["  #  ", " ##  ", "  #  ", "  #  ", " ### "],
    "2": [" ### ", "#   #", "  ## ", " #   ", "#####"],
    "3": ["#### ", "    #", " ### ", "    #", "#### "],
    "4": ["#  # ", "#  # ", "#####", "   # ", "   # "],
    "5": ["#####", "#    ", "#### ", "    #", "#### "],
    "6": [" ### ", "#    ", "#### ", "#   #", " ### "],
    "7": ["#####", "   # ", "  #  ", " #   ", " #   "],
    "8": [" ### ", "#   #", " ### ", "#   #", " ### "],
    "9": [" ### ", "#   #", " ####", "    #", " ### "],
  ]

  /// The rows of the number and the number itself below, for whoever has it read aloud. What is
  /// not a short number is shown as it is.
  static func lines(_ number: String) -> [TerminalText] {
    let digits = number.compactMap { faces[$0] }
    guard !digits.isEmpty, digits.count == number.count, digits.count <= 6 else {
      return ["    \(number)"]
    }
    let rows = (0..<5).map { row -> TerminalText in
      digits.map { digit in
        let cells: TerminalText = "\(digit[row])"
        return cells
      }.joined(separator: "  ")
    }
    return rows.map { "    " + $0 } + ["    (\(number))"]
  }
}
