// Codes made of a text, and read off a picture. That a phone reads what is made here was seen once;
// the golden code below is what it was seen with.

import CPNG
import Testing

@testable import QRCodes

@Suite("QR codes")
struct QRCodeTests {
  static let uri = "otpauth://totp/Acme:ann@example.com?secret=JBSWY3DPEHPK3PXP&issuer=Acme"

  @Test("a text grows the code: version by its length, up to 271 bytes")
  func versions() {
    #expect(QRCode(text: "")?.size == 21)
    #expect(QRCode(text: String(repeating: "a", count: 17))?.size == 21)
    #expect(QRCode(text: String(repeating: "a", count: 18))?.size == 25)
    #expect(QRCode(text: Self.uri)?.size == 33)
    #expect(QRCode(text: String(repeating: "a", count: 271))?.size == 57)
    #expect(QRCode(text: String(repeating: "a", count: 272)) == nil)
  }

  @Test(
    "every version has its finder and timing patterns", arguments: [1, 30, 60, 100, 150, 200, 260])
  func patterns(count: Int) throws {
    let code = try #require(QRCode(text: String(repeating: "é", count: count / 2)))
    #expect(code.hasFinders)
    for index in 8..<(code.size - 8) {
      #expect(code.isDark(row: 6, column: index) == (index % 2 == 0))
      #expect(code.isDark(row: index, column: 6) == (index % 2 == 0))
    }
    #expect(code.isDark(row: code.size - 8, column: 8))
  }

  /// ISO/IEC 18004:2015, annex I, has 1-M; this is the same arithmetic with ten codewords of
  /// correction.
  @Test("the correction of the standard's example is the standard's")
  func correction() {
    let data: [UInt8] = [
      0x10, 0x20, 0x0C, 0x56, 0x61, 0x80, 0xEC, 0x11, 0xEC, 0x11, 0xEC, 0x11, 0xEC, 0x11, 0xEC,
      0x11,
    ]
    #expect(
      ReedSolomon.correction(of: data, count: 10)
        == [0xA5, 0x24, 0xD4, 0xC1, 0xED, 0x36, 0xC7, 0x87, 0x2C, 0x55])
  }

  @Test(
    "a picture of a code gives the code, whatever its size, margin and place",
    arguments: [1, 2, 3, 5, 8], [0, 4, 17])
  func picture(scale: Int, margin: Int) throws {
    for text in ["a", Self.uri, String(repeating: "x", count: 250)] {
      let code = try #require(QRCode(text: text))
      let png = PNG.picture(of: code, scale: scale, margin: margin)
      #expect(QRCode(png: png) == code)
    }
  }

  @Test("what is no picture of a code gives nothing, and ends nothing")
  func nonsense() throws {
    #expect(QRCode(png: []) == nil)
    #expect(QRCode(png: Array("no picture at all".utf8)) == nil)
    let code = try #require(QRCode(text: Self.uri))
    let png = PNG.picture(of: code, scale: 3, margin: 4)
    for count in stride(from: 0, to: png.count - 1, by: 7) {
      // Cut short it may still hold all rows; then it is the same code.
      let read = QRCode(png: Array(png[..<count]))
      #expect(read == nil || read == code)
    }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<300 {
      var bytes = png
      bytes[Int.random(in: 8..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8)
      _ = QRCode(png: bytes)
    }
    #expect(QRCode(png: PNG.grey(width: 40, height: 40) { _, _ in false }) == nil)
    #expect(QRCode(png: PNG.grey(width: 40, height: 40) { _, _ in true }) == nil)
    #expect(QRCode(png: PNG.grey(width: 40, height: 40) { ($0 * 31 + $1 * 17) % 5 == 0 }) == nil)
    #expect(QRCode(png: PNG.grey(width: 5000, height: 1) { _, _ in true }) == nil)
  }
}

/// Pictures, made by libpng.
enum PNG {
  static func picture(of code: QRCode, scale: Int, margin: Int) -> [UInt8] {
    let side = code.size * scale + 2 * margin
    return grey(width: side, height: side) { row, column in
      guard row >= margin, column >= margin else { return false }
      return code.isDark(row: (row - margin) / scale, column: (column - margin) / scale)
    }
  }

  static func grey(width: Int, height: Int, isDark: (Int, Int) -> Bool) -> [UInt8] {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    image.width = png_uint_32(width)
    image.height = png_uint_32(height)
    image.format = 0
    var pixels = [UInt8](repeating: 255, count: width * height)
    for row in 0..<height {
      for column in 0..<width where isDark(row, column) { pixels[row * width + column] = 0 }
    }
    var count: png_alloc_size_t = 0
    png_image_write_to_memory(&image, nil, &count, 0, pixels, 0, nil)
    var png = [UInt8](repeating: 0, count: Int(count))
    png_image_write_to_memory(&image, &png, &count, 0, pixels, 0, nil)
    return Array(png[..<Int(count)])
  }
}
