// The square that a code is laid out in: patterns that are always there, then the bits in their
// zigzag, then a mask (ISO/IEC 18004:2015, clauses 6.3 and 7.7 to 7.10).

/// A code under way: which modules are patterns, and which carry bits.
struct QRFrame {
  private let version: Version
  private var code: QRCode
  private var isPattern: [Bool]

  init(version: Version) {
    self.version = version
    code = QRCode(size: version.size)
    isPattern = Array(repeating: false, count: version.size * version.size)
    drawTiming()
    for (row, column) in [(3, 3), (3, size - 4), (size - 4, 3)] { drawFinder(row, column) }
    drawAlignment()
    drawVersion()
    drawFormat(mask: 0)
  }

  private var size: Int { version.size }

  private mutating func pattern(_ row: Int, _ column: Int, _ isDark: Bool) {
    guard (0..<size).contains(row), (0..<size).contains(column) else { return }
    code.set(row: row, column: column, isDark: isDark)
    isPattern[row * size + column] = true
  }

  private mutating func drawTiming() {
    for index in 0..<size {
      pattern(6, index, index % 2 == 0)
      pattern(index, 6, index % 2 == 0)
    }
  }

  private mutating func drawFinder(_ row: Int, _ column: Int) {
    for down in -4...4 {
      for right in -4...4 {
        let distance = max(abs(down), abs(right))
        pattern(row + down, column + right, distance != 2 && distance != 4)
      }
    }
  }

  private mutating func drawAlignment() {
    let middles = version.alignment
    guard let first = middles.first, let last = middles.last else { return }
    for row in middles {
      for column in middles {
        // Three corners have finders.
        if (row == first && (column == first || column == last)) || (row == last && column == first)
        {
          continue
        }
        for down in -2...2 {
          for right in -2...2 {
            pattern(row + down, column + right, max(abs(down), abs(right)) != 1)
          }
        }
      }
    }
  }

  /// From version 7 on the number stands in two corners.
  private mutating func drawVersion() {
    guard version.number >= 7 else { return }
    let bits = version.number << 12 | Self.remainder(version.number, by: 0x1F25, degree: 12)
    for index in 0..<18 {
      let isDark = bits >> index & 1 == 1
      pattern(size - 11 + index % 3, index / 3, isDark)
      pattern(index / 3, size - 11 + index % 3, isDark)
    }
  }

  private mutating func drawFormat(mask: Int) {
    let data = 0b01 << 3 | mask  // level L
    let bits = (data << 10 | Self.remainder(data, by: 0x537, degree: 10)) ^ 0x5412
    func isDark(_ index: Int) -> Bool { bits >> index & 1 == 1 }
    for index in 0..<6 { pattern(index, 8, isDark(index)) }
    pattern(7, 8, isDark(6))
    pattern(8, 8, isDark(7))
    pattern(8, 7, isDark(8))
    for index in 9..<15 { pattern(8, 14 - index, isDark(index)) }
    for index in 0..<8 { pattern(8, size - 1 - index, isDark(index)) }
    for index in 8..<15 { pattern(size - 15 + index, 8, isDark(index)) }
    pattern(size - 8, 8, true)
  }

  private static func remainder(_ value: Int, by polynomial: Int, degree: Int) -> Int {
    var rest = value
    for _ in 0..<degree { rest = rest << 1 ^ (rest >> (degree - 1) & 1) * polynomial }
    return rest
  }

  /// Two columns at a time, from the right, up and down in turn.
  mutating func place(_ stream: [UInt8]) {
    var index = 0
    var isUpward = true
    for right in stride(from: size - 1, through: 1, by: -2) {
      let right = right <= 6 ? right - 1 : right
      for step in 0..<size {
        let row = isUpward ? size - 1 - step : step
        for column in [right, right - 1] where !isPattern[row * size + column] {
          let isDark =
            index < stream.count * 8 && stream[index / 8] >> UInt8(7 - index % 8) & 1 == 1
          code.set(row: row, column: column, isDark: isDark)
          index += 1
        }
      }
      isUpward.toggle()
    }
  }

  /// The code under a mask, and with its name in the format.
  func masked(with mask: Int) -> QRCode {
    var copy = self
    copy.drawFormat(mask: mask)
    for row in 0..<size {
      for column in 0..<size where !isPattern[row * size + column] {
        guard Self.isFlipped(mask, row, column) else { continue }
        let isDark = copy.code.isDark(row: row, column: column)
        copy.code.set(row: row, column: column, isDark: !isDark)
      }
    }
    return copy.code
  }

  private static func isFlipped(_ mask: Int, _ row: Int, _ column: Int) -> Bool {
    switch mask {
    case 0: (row + column) % 2 == 0
    case 1: row % 2 == 0
    case 2: column % 3 == 0
    case 3: (row + column) % 3 == 0
    case 4: (row / 2 + column / 3) % 2 == 0
    case 5: row * column % 2 + row * column % 3 == 0
    case 6: (row * column % 2 + row * column % 3) % 2 == 0
    default: ((row + column) % 2 + row * column % 3) % 2 == 0
    }
  }
}

extension QRCode {
  /// How hard it is to read (clause 7.8.3): long runs, blocks, false finders, more dark than light.
  var penalty: Int {
    var points = 0
    var dark = 0
    let finder = [true, false, true, true, true, false, true]
    for line in 0..<size {
      for isRow in [true, false] {
        let modules = (0..<size).map {
          isRow ? isDark(row: line, column: $0) : isDark(row: $0, column: line)
        }
        points += Self.runPoints(modules)
        for start in 0...(size - 7) where modules[start..<start + 7].elementsEqual(finder) {
          let isFree = [start - 4..<start, start + 7..<start + 11].contains { range in
            range.allSatisfy { !modules.indices.contains($0) || !modules[$0] }
          }
          if isFree { points += 40 }
        }
        if isRow { dark += modules.count(where: { $0 }) }
      }
    }
    for row in 0..<(size - 1) {
      for column in 0..<(size - 1) {
        let first = isDark(row: row, column: column)
        let isBlock = [(0, 1), (1, 0), (1, 1)].allSatisfy {
          isDark(row: row + $0.0, column: column + $0.1) == first
        }
        if isBlock { points += 3 }
      }
    }
    return points + abs(dark * 20 - size * size * 10) / (size * size) * 10
  }

  private static func runPoints(_ modules: [Bool]) -> Int {
    var points = 0
    var run = 0
    var last: Bool?
    for module in modules + [nil] as [Bool?] {
      if module == last {
        run += 1
      } else {
        if run >= 5 { points += run - 2 }
        run = 1
        last = module
      }
    }
    return points
  }
}
