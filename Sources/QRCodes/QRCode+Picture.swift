// A QR code read off its picture. Okta Verify is enrolled with a code that comes as a PNG only: what
// it says stands nowhere else, and a terminal shows no PNG. The picture is made by a program, not a
// camera: upright, sharp, each module a square of the same number of pixels. So nothing is searched
// or straightened: the first dark pixel is a corner, the finder pattern tells how large a module is,
// and the middle of each module tells its colour. What the code says is not decoded: it is drawn again
// as it is. A picture that is anything else gives nothing.
//
// libpng takes the picture apart: it is in every distribution, with a static library, and its
// simplified interface keeps its errors to itself.

internal import CPNG

extension QRCode {
  /// The largest picture that is looked at, in pixels on a side.
  static let largestPicture: UInt32 = 4096

  /// Reads the code off a PNG; `nil` where that is no PNG, or shows no QR code.
  public init?(png: [UInt8]) {
    guard let picture = Picture(png: png), let code = picture.code else { return nil }
    self = code
  }
}

/// Grey values, row by row.
struct Picture {
  let width: Int
  let height: Int
  let grey: [UInt8]

  init?(png: [UInt8]) {
    var image = unsafe png_image()
    unsafe image.version = png_uint_32(PNG_IMAGE_VERSION)
    defer { unsafe png_image_free(&image) }
    let pixels: [UInt8]? = unsafe png.withUnsafeBytes { bytes in
      guard unsafe png_image_begin_read_from_memory(&image, bytes.baseAddress, bytes.count) != 0
      else { return nil }
      let limit = QRCode.largestPicture
      guard unsafe (1...limit).contains(image.width) && (1...limit).contains(image.height) else {
        return nil
      }
      unsafe image.format = 0  // PNG_FORMAT_GRAY: a byte a pixel
      var pixels = unsafe [UInt8](repeating: 0, count: Int(image.width) * Int(image.height))
      // What is transparent shows the page behind it.
      var paper = png_color(red: 255, green: 255, blue: 255)
      let isRead = unsafe pixels.withUnsafeMutableBytes { room in
        unsafe png_image_finish_read(&image, &paper, room.baseAddress, 0, nil) != 0
      }
      return isRead ? pixels : nil
    }
    guard let pixels else { return nil }
    width = unsafe Int(image.width)
    height = unsafe Int(image.height)
    grey = pixels
  }

  private func isDark(_ row: Int, _ column: Int) -> Bool {
    guard (0..<height).contains(row), (0..<width).contains(column) else { return false }
    return grey[row * width + column] < 128
  }

  /// The code that the picture shows.
  var code: QRCode? {
    let rows = (0..<height).filter { row in (0..<width).contains { isDark(row, $0) } }
    guard let top = rows.first, let bottom = rows.last else { return nil }
    let columns = (0..<width).filter { column in (top...bottom).contains { isDark($0, column) } }
    guard let left = columns.first, let right = columns.last else { return nil }
    // The upper edge of the finder pattern is seven modules of dark.
    let run = (left...right).prefix { isDark(top, $0) }.count
    let module = Double(run) / 7
    guard module >= 1 else { return nil }
    let size = Int((Double(right - left + 1) / module).rounded())
    let height = Int((Double(bottom - top + 1) / module).rounded())
    guard size == height, QRCode.isSize(size) else { return nil }
    let step = Double(right - left + 1) / Double(size)
    var code = QRCode(size: size)
    for row in 0..<size {
      for column in 0..<size {
        let place = (down: (Double(row) + 0.5) * step, right: (Double(column) + 0.5) * step)
        let dark = isDark(top + Int(place.down), left + Int(place.right))
        code.set(row: row, column: column, isDark: dark)
      }
    }
    return code.hasFinders ? code : nil
  }
}
