// Secrets of a known form, and the search for them in whatever way they may have been written down.

import Foundation

/// One secret, fresh in each run.
struct Canary: Sendable {
  /// What it is, for the message.
  var kind: String
  var bytes: [UInt8]

  var text: String { String(decoding: bytes, as: UTF8.self) }

  init(_ kind: String, _ bytes: [UInt8]) {
    self.kind = kind
    self.bytes = bytes
  }

  init(_ kind: String, _ text: String) { self.init(kind, Array(text.utf8)) }

  /// How a secret can stand somewhere: as it is, in base64 of either alphabet wherever it stood in
  /// what was encoded, percent-encoded, in hexadecimal digits, escaped in JSON.
  func spellings() -> [[UInt8]] {
    var spellings = [text, text.replacingOccurrences(of: "/", with: "\\/")]
    for offset in 0..<3 {
      // What stands before and after changes the first and the last characters; they are left out.
      let padded = [UInt8](repeating: 0, count: offset) + bytes
      let encoded = Data(padded.prefix(padded.count / 3 * 3)).base64EncodedString()
      let core = String(encoded.dropFirst(offset == 0 ? 0 : 4))
      spellings.append(core)
      spellings.append(
        core.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_"))
    }
    let hex = bytes.map { String(format: "%02x", $0) }
    spellings += [hex.joined(), hex.joined().uppercased()]
    spellings.append(hex.map { "%" + $0.uppercased() }.joined())
    let unreserved = CharacterSet(
      charactersIn: "-._~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    if let percent = text.addingPercentEncoding(withAllowedCharacters: unreserved) {
      spellings += [percent, percent.replacingOccurrences(of: "%20", with: "+")]
    }
    // A fragment that is shorter would be found in anything.
    let texts = Set(spellings).map { Array($0.utf8) }.filter { $0.count >= 8 }
    return [bytes] + texts.filter { $0 != bytes }
  }

  /// How often it stands in the bytes, in any spelling. Six digits count where no others are beside
  /// them, else every time of day would be a code.
  func count(in bytes: Data) -> Int {
    let isCode = self.bytes.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard !isCode else {
      let words = String(decoding: bytes, as: UTF8.self).split { !$0.isNumber && !$0.isLetter }
      return words.count { $0 == text }
    }
    return spellings().reduce(0) { sum, spelling in
      sum + bytes.withUnsafeBytes { MemoryImage.occurrences(of: spelling, in: $0) }
    }
  }
}
