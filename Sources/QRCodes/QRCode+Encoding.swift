// A text as a QR code: byte mode, error correction level L, versions 1 to 10, which hold 271 bytes.
//
// Debian has libqrencode, but no static library of it, and the command is one static executable. So
// the little that is needed is here: ISO/IEC 18004:2015, clauses 7.4 to 7.10. Level L is enough: a
// screen has no scratches, and every version less is eight columns more that fit the terminal.

extension QRCode {
  /// The code of a text; `nil` where it is longer than 271 bytes of UTF-8.
  public init?(text: String) {
    let bytes = Array(text.utf8)
    guard let version = Version.fitting(byteCount: bytes.count) else { return nil }
    let stream = version.interleaved(version.dataCodewords(of: bytes))
    var frame = QRFrame(version: version)
    frame.place(stream)
    let masked = (0..<8).map { frame.masked(with: $0) }
    guard let best = masked.min(by: { $0.penalty < $1.penalty }) else { return nil }
    self = best
  }
}

/// One of the versions that are made here, at level L (tables 1, 9 and E.1).
struct Version: Sendable {
  let number: Int
  /// Data and correction together.
  let codewords: Int
  let correctionPerBlock: Int
  let blocks: Int
  /// Rows and columns of the middles of alignment patterns.
  let alignment: [Int]

  var size: Int { 17 + 4 * number }
  var dataCount: Int { codewords - correctionPerBlock * blocks }
  /// How many bits say how long the text is.
  private var lengthBits: Int { number < 10 ? 8 : 16 }

  static let all = [
    Version(number: 1, codewords: 26, correctionPerBlock: 7, blocks: 1, alignment: []),
    Version(number: 2, codewords: 44, correctionPerBlock: 10, blocks: 1, alignment: [6, 18]),
    Version(number: 3, codewords: 70, correctionPerBlock: 15, blocks: 1, alignment: [6, 22]),
    Version(number: 4, codewords: 100, correctionPerBlock: 20, blocks: 1, alignment: [6, 26]),
    Version(number: 5, codewords: 134, correctionPerBlock: 26, blocks: 1, alignment: [6, 30]),
    Version(number: 6, codewords: 172, correctionPerBlock: 18, blocks: 2, alignment: [6, 34]),
    Version(number: 7, codewords: 196, correctionPerBlock: 20, blocks: 2, alignment: [6, 22, 38]),
    Version(number: 8, codewords: 242, correctionPerBlock: 24, blocks: 2, alignment: [6, 24, 42]),
    Version(number: 9, codewords: 292, correctionPerBlock: 30, blocks: 2, alignment: [6, 26, 46]),
    Version(number: 10, codewords: 346, correctionPerBlock: 18, blocks: 4, alignment: [6, 28, 50]),
  ]

  static func fitting(byteCount: Int) -> Version? {
    all.first { 4 + $0.lengthBits + 8 * byteCount <= 8 * $0.dataCount }
  }

  /// Mode, length, the bytes, the end, and what fills the rest (clause 7.4).
  func dataCodewords(of bytes: [UInt8]) -> [UInt8] {
    var bits: [Bool] = []
    func append(_ value: Int, _ count: Int) {
      for bit in stride(from: count - 1, through: 0, by: -1) { bits.append(value >> bit & 1 == 1) }
    }
    append(0b0100, 4)
    append(bytes.count, lengthBits)
    for byte in bytes { append(Int(byte), 8) }
    append(0, min(4, 8 * dataCount - bits.count))
    append(0, (8 - bits.count % 8) % 8)
    var words = stride(from: 0, to: bits.count, by: 8).map { start in
      bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
    }
    var isFirst = true
    while words.count < dataCount {
      words.append(isFirst ? 0xEC : 0x11)
      isFirst.toggle()
    }
    return words
  }

  /// In blocks, each with its correction, one codeword of each block after the other (clause 7.6).
  func interleaved(_ data: [UInt8]) -> [UInt8] {
    let short = dataCount / blocks
    let longBlocks = dataCount % blocks
    var parts: [[UInt8]] = []
    var start = 0
    for block in 0..<blocks {
      let count = short + (block >= blocks - longBlocks ? 1 : 0)
      parts.append(Array(data[start..<start + count]))
      start += count
    }
    let corrections = parts.map { ReedSolomon.correction(of: $0, count: correctionPerBlock) }
    var stream: [UInt8] = []
    for index in 0...short { stream += parts.filter { index < $0.count }.map { $0[index] } }
    for index in 0..<correctionPerBlock { stream += corrections.map { $0[index] } }
    return stream
  }
}

/// Error correction over GF(256) with the polynomial 0x11D (clause 7.5).
enum ReedSolomon {
  static func correction(of data: [UInt8], count: Int) -> [UInt8] {
    var divisor = Array(repeating: UInt8(0), count: count)
    divisor[count - 1] = 1
    var root: UInt8 = 1
    for _ in 0..<count {
      for index in divisor.indices {
        divisor[index] = product(divisor[index], root)
        if index + 1 < count { divisor[index] ^= divisor[index + 1] }
      }
      root = product(root, 2)
    }
    var remainder = Array(repeating: UInt8(0), count: count)
    for byte in data {
      let factor = byte ^ remainder.removeFirst()
      remainder.append(0)
      for index in remainder.indices { remainder[index] ^= product(divisor[index], factor) }
    }
    return remainder
  }

  private static func product(_ left: UInt8, _ right: UInt8) -> UInt8 {
    var result: UInt8 = 0
    for bit in stride(from: 7, through: 0, by: -1) {
      let carry = result & 0x80 != 0
      result <<= 1
      if carry { result ^= 0x1D }
      if right >> UInt8(bit) & 1 == 1 { result ^= left }
    }
    return result
  }
}
