// The issuer's messages are written for web pages: now and then they hold tags and entities
// (`idx.unknown.user` links to the help page). A terminal shows the words alone.

/// The words of a piece of HTML.
enum PlainWords {
  /// The text without its tags, entities decoded once: `&lt;b&gt;` is the text `<b>`.
  ///
  /// A `<` that begins no tag (`1 < 2`, or a tag that never ends) is text and stays.
  static func text(fromHTML html: String) -> String {
    guard html.contains(where: { $0 == "<" || $0 == "&" }) else { return html }
    var words = String.UnicodeScalarView()
    var rest = html.unicodeScalars[...]
    while let scalar = rest.first {
      if scalar == "<", let tag = tag(at: rest) {
        if breaks(tag.name), words.last != " ", !words.isEmpty { words.append(" ") }
        rest = rest[tag.end...]
      } else if scalar == "&", let entity = entity(at: rest) {
        words.append(entity.scalar)
        rest = rest[entity.end...]
      } else {
        words.append(scalar)
        rest = rest.dropFirst()
      }
    }
    return String(words)
  }

  private typealias Scalars = Substring.UnicodeScalarView
  private typealias Index = String.UnicodeScalarView.Index

  private static func tag(at rest: Scalars) -> (name: String, end: Index)? {
    var name = ""
    var quote: Unicode.Scalar?
    var inName = true
    for index in rest.indices.dropFirst() {
      let scalar = rest[index]
      if name.isEmpty, inName {
        guard scalar.properties.isAlphabetic || scalar == "/" || scalar == "!" else { return nil }
      }
      if let open = quote {
        if scalar == open { quote = nil }
      } else if scalar == ">" {
        return (name.lowercased(), rest.index(after: index))
      } else if scalar == "\"" || scalar == "'" {
        quote = scalar
      }
      inName = inName && (scalar.properties.isAlphabetic || scalar == "/" || scalar == "!")
      if inName { name.unicodeScalars.append(scalar) }
    }
    return nil
  }

  /// Whether the words on both sides of the tag stand apart on a page.
  private static func breaks(_ tag: String) -> Bool {
    ["br", "br/", "p", "/p", "div", "/div", "li", "/li", "ul", "/ul", "ol", "/ol"].contains(tag)
  }

  private static let named: [String: Unicode.Scalar] = [
    "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "hellip": "…",
    "ndash": "–", "mdash": "—", "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”",
    "copy": "©", "reg": "®", "bull": "•", "middot": "·",
  ]

  private static func entity(at rest: Scalars) -> (scalar: Unicode.Scalar, end: Index)? {
    guard let end = rest.prefix(12).firstIndex(of: ";") else { return nil }
    let name = String(rest[rest.index(after: rest.startIndex)..<end])
    let after = rest.index(after: end)
    if let scalar = named[name] { return (scalar, after) }
    guard name.hasPrefix("#") else { return nil }
    let digits = name.dropFirst()
    let value =
      digits.hasPrefix("x") || digits.hasPrefix("X")
      ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    return value.flatMap(Unicode.Scalar.init).map { ($0, after) }
  }
}
