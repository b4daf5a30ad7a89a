// A QR code (ISO/IEC 18004) as a value: a square of dark and light modules. It is made of a text
// (`QRCode+Encoding`) or read off a picture of one (`QRCode+Picture`); drawing it is for others.

/// The modules of one QR code, without a quiet zone.
public struct QRCode: Sendable, Equatable {
  /// Modules on a side: 21 to 177, in steps of 4.
  public let size: Int
  /// Row by row, `true` for a dark one.
  private(set) var modules: [Bool]

  /// All light.
  init(size: Int) {
    self.size = size
    modules = Array(repeating: false, count: size * size)
  }

  /// Whether the module is dark; everything around the code is light.
  public func isDark(row: Int, column: Int) -> Bool {
    guard (0..<size).contains(row), (0..<size).contains(column) else { return false }
    return modules[row * size + column]
  }

  mutating func set(row: Int, column: Int, isDark: Bool) {
    guard (0..<size).contains(row), (0..<size).contains(column) else { return }
    modules[row * size + column] = isDark
  }

  /// The sizes there are: versions 1 to 40.
  static func isSize(_ size: Int) -> Bool {
    (21...177).contains(size) && (size - 21) % 4 == 0
  }

  /// Whether a finder pattern has its middle there: a dark square of 3 in a light ring in a dark one.
  func hasFinder(row: Int, column: Int) -> Bool {
    (-3...3).allSatisfy { down in
      (-3...3).allSatisfy { right in
        isDark(row: row + down, column: column + right) == (max(abs(down), abs(right)) != 2)
      }
    }
  }

  /// Whether the three finder patterns stand where they must.
  var hasFinders: Bool {
    hasFinder(row: 3, column: 3) && hasFinder(row: 3, column: size - 4)
      && hasFinder(row: size - 4, column: 3)
  }
}
