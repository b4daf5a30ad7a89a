// Tokens go from the answer's bytes into guarded memory without ever being a `String`: text that a
// JSON parser makes stays on the heap, in pieces, long after it was dropped. So before an answer is
// parsed its secret members are taken out, and the parser sees empty texts in their places.
//
// This scan decides nothing about the JSON: what it leaves is parsed in full, and an answer that
// breaks the grammar is refused there.

internal import JSON
internal import Secrets

/// Takes secret members out of the JSON object in an answer.
enum SecretMembers {
  /// The members of these names that are texts, and the answer with `""` in place of each. A text
  /// that is empty, or holds anything but printable ASCII (RFC 6749 appendix A.12), is no secret:
  /// it is taken out and not given.
  static func take(
    _ names: [String], from body: [UInt8]
  ) -> (secrets: [String: Secret], rest: [UInt8]) {
    var scan = Scan(body: body, names: names)
    scan.run()
    return (scan.secrets, scan.rest)
  }

  private struct Scan {
    let body: [UInt8]
    let names: [String]
    var secrets: [String: Secret] = [:]
    var rest: [UInt8] = []
    var offset = 0
    var depth = 0

    mutating func run() {
      rest.reserveCapacity(body.count)
      while offset < body.count {
        switch body[offset] {
        case UInt8(ascii: "\""):
          text()
          continue
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        default: break
        }
        rest.append(body[offset])
        offset += 1
      }
    }

    /// One text and, where it is the name of a wanted member, the value after it.
    private mutating func text() {
      let content = content()
      keep(content)
      guard depth == 1, let name = names.first(where: { $0.utf8.elementsEqual(body[content]) })
      else { return }
      keepWhitespace()
      guard offset < body.count, body[offset] == UInt8(ascii: ":") else { return }
      rest.append(body[offset])
      offset += 1
      keepWhitespace()
      guard offset < body.count, body[offset] == UInt8(ascii: "\"") else {
        secrets[name] = nil
        return
      }
      secrets[name] = secret(self.content())
      rest.append(contentsOf: "\"\"".utf8)
    }

    /// Steps over the text that begins here; the range of what stands between its quotes.
    private mutating func content() -> Range<Int> {
      let start = offset + 1
      offset = start
      while offset < body.count, body[offset] != UInt8(ascii: "\"") {
        offset += body[offset] == UInt8(ascii: "\\") ? 2 : 1
      }
      let end = min(offset, body.count)
      offset = min(offset + 1, body.count)
      return start..<end
    }

    private mutating func keep(_ content: Range<Int>) {
      rest.append(contentsOf: body[content.lowerBound - 1..<offset])
    }

    private mutating func keepWhitespace() {
      while offset < body.count, " \t\r\n".utf8.contains(body[offset]) {
        rest.append(body[offset])
        offset += 1
      }
    }

    private func secret(_ content: Range<Int>) -> Secret? {
      let raw = body[content]
      guard raw.contains(UInt8(ascii: "\\")) else { return printable(Secret(copying: raw)) }
      // Tokens have no need of escapes, but `\/` is valid and some writers are fond of it.
      let quoted = Array(body[content.lowerBound - 1..<min(content.upperBound + 1, body.count)])
      guard let text = (try? JSONParser.parse(quoted, rules: .tolerant))?.string else { return nil }
      return printable(Secret(text))
    }

    private func printable(_ secret: Secret) -> Secret? {
      let isPrintable = secret.withBytes { span in
        span.indices.allSatisfy { (0x20...0x7E).contains(span[$0]) }
      }
      return isPrintable && secret.count > 0 ? secret : nil
    }
  }
}
