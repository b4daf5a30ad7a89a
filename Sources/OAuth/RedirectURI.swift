// The registered address at which a browser ends, and how an address that it ended at is compared
// with it (RFC 8252 §7, RFC 6749 §3.1.2).
//
// It is compared exactly, as an issuer does: a callback is what comes to this address, and nothing
// near it. Only what every browser does by itself is overlooked: the case of scheme and host, a
// port that is the scheme's own, the slash of an empty path, a fragment behind it.

/// A redirect URI, as it is registered with the client.
public struct RedirectURI: Sendable, Hashable {
  /// A loopback redirect URI (RFC 8252 §7.3) as a listener needs it.
  public struct Loopback: Sendable, Hashable {
    /// The IP addresses that a browser may connect to: both for `localhost`, else the one written.
    public let addresses: [String]
    /// The port to listen at; 80 where none is written.
    public let port: Int
    /// The only `Host` that a request may name; another one is a sign of DNS rebinding.
    public let authority: String
  }

  /// As registered.
  public let text: String
  /// Where a browser reaches this machine by it; `nil` for https and an application's own scheme.
  public let loopback: Loopback?
  private let path: String
  private let address: Address

  /// - Parameter text: as configured, which has been checked when the configuration was read.
  public init(_ text: String) {
    self.text = text
    address = Address(text)
    guard let endpoint = Endpoint(text), endpoint.origin.scheme == "http" else {
      loopback = nil
      path = ""
      return
    }
    let host = endpoint.origin.host
    let addresses =
      switch host {
      case "localhost": ["127.0.0.1", "::1"]
      case "[::1]": ["::1"]
      default: [host]
      }
    loopback = Loopback(
      addresses: addresses, port: endpoint.origin.port, authority: endpoint.origin.authority)
    path = String(endpoint.path.prefix { $0 != "?" })
  }

  /// The query that came with an address at which a browser ended, as a person pastes it; `nil`
  /// where it is another address.
  public func query(ofURL text: String) -> String? {
    let given = Address(text.trimmed)
    return given.base == address.base ? added(given.query) : nil
  }

  /// The query of a request target that came to the loopback address; `nil` where the path is
  /// another one.
  public func query(ofTarget target: String) -> String? {
    let (path, query) = Address.cut(target[...])
    return loopback != nil && path == self.path ? added(query.map { String($0) }) : nil
  }

  /// What was added to the query that is registered, which must come first.
  private func added(_ query: String?) -> String? {
    guard let registered = address.query else { return query ?? "" }
    guard let query else { return nil }
    if query == registered { return "" }
    return query.hasPrefix(registered + "&")
      ? String(query.dropFirst(registered.count + 1)) : nil
  }
}

/// An absolute address in two parts, without what browsers change or add.
private struct Address: Sendable, Hashable {
  var base: String
  var query: String?

  init(_ text: String) {
    let (head, query) = Self.cut(text[...])
    self.query = query.map { String($0) }
    guard let colon = head.firstIndex(of: ":") else {
      base = String(head)
      return
    }
    let scheme = head[..<colon].lowercased()
    let rest = head[head.index(after: colon)...]
    guard ["http", "https"].contains(scheme), rest.hasPrefix("//") else {
      base = scheme + ":" + rest
      return
    }
    let hierarchy = rest.dropFirst(2)
    let end = hierarchy.firstIndex(of: "/") ?? hierarchy.endIndex
    var authority = hierarchy[..<end].lowercased()
    let standard = ":\(Origin.defaultPort(scheme))"
    if authority.hasSuffix(standard) { authority.removeLast(standard.count) }
    let path = hierarchy[end...]
    base = scheme + "://" + authority + (path.isEmpty ? "/" : path)
  }

  /// What stands before and after the first question mark, the fragment left out.
  static func cut(_ text: Substring) -> (Substring, Substring?) {
    let text = text.prefix { $0 != "#" }
    guard let mark = text.firstIndex(of: "?") else { return (text, nil) }
    return (text[..<mark], text[text.index(after: mark)...])
  }
}

extension String {
  /// Without the blanks and line ends that come with a paste.
  fileprivate var trimmed: String {
    let inner = drop(while: \.isWhitespace)
    guard let last = inner.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(inner[...last])
  }
}
