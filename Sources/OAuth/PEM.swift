// The text that key files are written in (RFC 7468). `openssl` puts parameters before a key, and
// people keep a certificate beside one: what is no private key is passed over.

internal import Secrets

/// Finds the private key in a PEM text.
enum PEM {
  private static let privateLabels = ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"]

  /// The DER of the one private key in the text.
  static func privateKey(in text: [UInt8]) throws(PrivateKey.Fault) -> [UInt8] {
    var found: [UInt8]?
    var others = 0
    var label: String?
    var body: [UInt8] = []
    for line in text.split(whereSeparator: { "\r\n".utf8.contains($0) }) {
      if let begun = boundary(line, "BEGIN") {
        guard label == nil else { throw .unreadable }
        label = begun
        body = []
      } else if let ended = boundary(line, "END") {
        guard let begun = label, begun == ended else { throw .unreadable }
        label = nil
        if try isPrivate(begun) {
          guard found == nil else { throw .several }
          guard let bytes = decode(body) else { throw .unreadable }
          found = bytes
        } else {
          others += 1
        }
      } else if label != nil {
        // An encrypted key of the old kind says so in header lines (RFC 1421 §4.6.1.1).
        if line.starts(with: "Proc-Type:".utf8) { throw .encrypted }
        body.append(contentsOf: line.filter { !" \t".utf8.contains($0) })
      }
    }
    guard label == nil else { throw .unreadable }
    if let found { return found }
    throw others > 0 ? .publicOnly : .unreadable
  }

  private static func isPrivate(_ label: String) throws(PrivateKey.Fault) -> Bool {
    switch label {
    case "ENCRYPTED PRIVATE KEY": throw .encrypted
    case "OPENSSH PRIVATE KEY": throw .unsupported(what: "OpenSSH's own format")
    default: return privateLabels.contains(label)
    }
  }

  /// The label of a line like `-----BEGIN PRIVATE KEY-----`.
  private static func boundary(_ line: ArraySlice<UInt8>, _ word: String) -> String? {
    let start = "-----\(word) "
    var text = String(decoding: line, as: UTF8.self)[...]
    while text.last == " " || text.last == "\t" { text = text.dropLast() }
    guard text.hasPrefix(start), text.hasSuffix("-----"), text.utf8.count > start.utf8.count + 5
    else { return nil }
    return String(text.dropFirst(start.count).dropLast(5))
  }

  /// Plain base64 with padding; the reader of both alphabets takes it.
  private static func decode(_ text: [UInt8]) -> [UInt8]? {
    guard !text.isEmpty, text.count % 4 == 0 else { return nil }
    return Base64URL.decode(text)
  }
}
