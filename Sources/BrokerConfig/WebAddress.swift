// The parts of an address (RFC 3986) in the strict form that an issuer or a redirect URI has:
// ASCII, nothing escaped that need not be, no user in it.

internal import Glibc

/// A URI that has an authority.
struct WebAddress: Equatable {
  enum Fault: Error, Equatable {
    case character
    case scheme
    case userinfo
    case host
    case port
  }

  /// In lower case.
  var scheme: String
  /// As written, an IPv6 address without its brackets.
  var host: String
  var isIPv6 = false
  var port: UInt16?
  /// Empty or beginning with a slash.
  var path: String
  var query: String?
  var fragment: String?

  /// A URI of any scheme, cut at the first colon.
  static func scheme(of text: String) -> (scheme: String, rest: Substring)? {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let scheme = text[..<colon].lowercased()
    guard let first = scheme.utf8.first, (0x61...0x7A).contains(first),
      scheme.utf8.allSatisfy({
        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0)
      })
    else { return nil }
    return (scheme, text[text.index(after: colon)...])
  }

  /// Whether all is printable ASCII that a URI may hold.
  static func hasOnlyURICharacters(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"\"<>\\^`{|}".utf8.contains($0) }
  }

  init(_ text: String) throws(Fault) {
    guard Self.hasOnlyURICharacters(text) else { throw .character }
    guard let (scheme, rest) = Self.scheme(of: text), rest.hasPrefix("//") else { throw .scheme }
    self.scheme = scheme
    let afterSlashes = rest.dropFirst(2)
    let authority = afterSlashes.prefix { !"/?#".contains($0) }
    var tail = afterSlashes[authority.endIndex...]
    if let hash = tail.firstIndex(of: "#") {
      fragment = String(tail[tail.index(after: hash)...])
      tail = tail[..<hash]
    }
    if let mark = tail.firstIndex(of: "?") {
      query = String(tail[tail.index(after: mark)...])
      tail = tail[..<mark]
    }
    path = String(tail)
    guard !authority.contains("@") else { throw .userinfo }
    let hostEnd =
      authority.hasPrefix("[")
      ? authority.firstIndex(of: "]").map { authority.index(after: $0) } ?? authority.endIndex
      : authority.firstIndex(of: ":") ?? authority.endIndex
    let hostText = authority[..<hostEnd]
    if hostText.hasPrefix("[") {
      host = String(hostText.dropFirst().dropLast())
      isIPv6 = true
      guard hostText.hasSuffix("]"), Self.isIPv6(host) else { throw .host }
    } else {
      host = String(hostText)
      guard Self.isHostName(host) else { throw .host }
    }
    let portText = authority[hostEnd...]
    if portText.isEmpty { return }
    let digits = portText.dropFirst()
    guard portText.hasPrefix(":"), !digits.isEmpty,
      digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(digits),
      number > 0
    else { throw .port }
    port = number
  }

  /// 127.0.0.0/8, [::1] and localhost.
  var isLoopback: Bool {
    if isIPv6 { return host == "::1" }
    return host.lowercased() == "localhost" || Self.ipv4(host)?.first == 127
  }

  private static func isHostName(_ host: String) -> Bool {
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    guard host.utf8.count <= 253, let last = labels.last else { return false }
    let areNames = labels.allSatisfy { label in
      (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
        && label.utf8.allSatisfy { isBareKeyByte($0) && $0 != UInt8(ascii: "_") }
    }
    // A name that ends in a number is an address to every resolver.
    let isNumeric = last.utf8.first.map { (0x30...0x39).contains($0) } ?? false
    return areNames && (!isNumeric || ipv4(host) != nil)
  }

  private static func ipv4(_ host: String) -> [UInt8]? {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { part in
      part.count > 1 && part.hasPrefix("0") ? nil : UInt8(part)
    }
    return parts.count == 4 && numbers.count == 4 ? numbers : nil
  }

  private static func isIPv6(_ text: String) -> Bool {
    var address = in6_addr()
    return unsafe inet_pton(AF_INET6, text, &address) == 1
  }
}
