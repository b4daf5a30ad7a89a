// Form bodies and query strings as shipped clients really send them: percent-encoded or not at all,
// with plus signs or with bare spaces.

/// The parameters of an `application/x-www-form-urlencoded` text.
struct FormBody: Sendable, Equatable {
  /// Name and value of each parameter, in order.
  var parameters: [(name: String, value: String)] = []

  /// Reads a form. Bytes that are no valid escape stand for themselves.
  init(_ text: String) {
    for pair in text.split(separator: "&", omittingEmptySubsequences: true) {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = parts.first else { continue }
      parameters.append(
        (FormBody.unescape(name), parts.count > 1 ? FormBody.unescape(parts[1]) : ""))
    }
  }

  /// The first parameter of that name.
  subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

  /// Whether a parameter came twice, which OAuth forbids (RFC 6749 §3.1).
  var hasDuplicates: Bool { Set(parameters.map(\.name)).count != parameters.count }

  static func == (left: FormBody, right: FormBody) -> Bool {
    left.parameters.elementsEqual(right.parameters) { $0 == $1 }
  }

  /// A text with its `%XX` and plus signs resolved.
  static func unescape(_ text: some StringProtocol) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "+") {
        bytes.append(UInt8(ascii: " "))
      } else if byte == UInt8(ascii: "%"), let escaped = hexByte(rest.prefix(2)) {
        bytes.append(escaped)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func hexByte(_ digits: ArraySlice<UInt8>) -> UInt8? {
    guard digits.count == 2,
      digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit })
    else { return nil }
    return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
  }
}
