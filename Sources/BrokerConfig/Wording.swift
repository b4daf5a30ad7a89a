// How foreign text stands in a fault: quoted, bounded, one line, without control characters; and
// which known word an unknown one was probably meant to be.

/// A text of the file in quotes, fit for a terminal and a journal line.
func quoted(_ text: String) -> String { "\"\(visible(text))\"" }

/// A text on one line, with what a terminal would act on made visible.
func visible(_ text: String) -> String {
  var shown = ""
  for scalar in text.unicodeScalars.prefix(120) {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned,
      .privateUse:
      shown += "\\u{\(String(scalar.value, radix: 16))}"
    default:
      shown += scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : String(scalar)
    }
  }
  return text.unicodeScalars.count > 120 ? shown + "…" : shown
}

/// A key as it would stand in the file: bare where it may, else quoted.
func keyText(_ key: String) -> String {
  let isBare = !key.isEmpty && key.utf8.allSatisfy(isBareKeyByte)
  return isBare ? visible(key) : quoted(key)
}

func isBareKeyByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
    true
  default: false
  }
}

/// The known word nearest to an unknown one, where it is near enough to be meant.
func nearest(to word: String, among known: [String]) -> String? {
  guard word.utf8.count <= 64 else { return nil }
  let plain = word.lowercased().split(separator: "-", omittingEmptySubsequences: false)
    .joined(separator: "_")
  let near = known.map { ($0, editDistance(Array(plain.utf8), Array($0.utf8))) }
    .min { $0.1 < $1.1 }
  guard let near, near.1 <= max(1, min(3, near.0.utf8.count / 3)) else { return nil }
  return near.0
}

/// How many letters must be added, dropped, changed or swapped with their neighbour.
func editDistance(_ from: [UInt8], _ to: [UInt8]) -> Int {
  var before: [Int] = []
  var last = Array(0...to.count)
  for (row, left) in from.enumerated() {
    var current = [row + 1]
    for (column, right) in to.enumerated() {
      var cost = min(
        last[column] + (left == right ? 0 : 1), last[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, left == to[column - 1], from[row - 1] == right {
        cost = min(cost, before[column - 1] + 1)
      }
      current.append(cost)
    }
    before = last
    last = current
  }
  return last[to.count]
}
