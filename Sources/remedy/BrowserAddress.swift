// An address for a browser, which an issuer chose. It is shown as it is, in ASCII; opened is only what
// a browser opens as a page, over TLS, or on this machine.

/// Whether an address may be handed to a browser.
struct BrowserAddress: Equatable, Sendable {
  let text: String

  /// - Parameter text: as the prompt has it.
  init(_ text: String) {
    self.text = text
  }

  /// The host, with the port where there is one; `nil` where the address has none.
  var host: String? { IssuerHost.name(of: text) }

  /// https, or http on a loopback address; and made of the characters of addresses alone (RFC 3986,
  /// section 2), without a name to sign in with.
  var isOpenable: Bool {
    let lowercased = text.lowercased()
    guard let host, text.utf8.allSatisfy(Self.isAddressByte) else { return false }
    let authority = text.dropFirst(text.distance(from: text.startIndex, to: start))
      .prefix { !"/?#".contains($0) }
    guard !authority.contains("@") else { return false }
    if lowercased.hasPrefix("https://") { return true }
    return lowercased.hasPrefix("http://") && Self.isLoopback(host)
  }

  private var start: String.Index { text.firstRange(of: "://")?.upperBound ?? text.startIndex }

  private static func isLoopback(_ host: String) -> Bool {
    if host.hasPrefix("[") { return host == "[::1]" || host.hasPrefix("[::1]:") }
    let name = host.prefix { $0 != ":" }
    if name.lowercased() == "localhost" { return true }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.first == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  private static func isAddressByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default:
      ":/?#[]@!$&'()*+,;=-._~%".utf8.contains(byte)
    }
  }
}
