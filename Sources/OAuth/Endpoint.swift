// Where a request may go. An issuer that is hostile, or that somebody speaks for, names addresses
// in its metadata and its answers; a credential follows them only to the issuer's own origin.
//
// Such a check is fooled where two parsers read one text differently. So there is one parser here,
// it takes a narrow grammar and no repair, and the request is built from what it read, not from
// the text: whatever passes has one reading only.

/// Scheme, host and port: what must be equal for a credential to be sent (RFC 6454 §4).
public struct Origin: Sendable, Hashable, CustomStringConvertible {
  /// `https`, or `http` on a loopback host.
  public let scheme: String
  /// In lower-case ASCII; an IPv6 address with its brackets.
  public let host: String
  /// The port, the scheme's default where none is written.
  public let port: Int

  fileprivate init(scheme: String, host: String, port: Int) {
    self.scheme = scheme
    self.host = host
    self.port = port
  }

  /// The origin of an absolute URL; `nil` where `Endpoint` does not take the URL.
  public init?(_ url: String) {
    guard let endpoint = Endpoint(url) else { return nil }
    self = endpoint.origin
  }

  /// Whether the URL is well-formed and of this origin.
  public func contains(_ url: String) -> Bool {
    Origin(url) == self
  }

  /// Host and port as they stand in a URL; the port only where it is not the default.
  public var authority: String {
    port == Self.defaultPort(scheme) ? host : "\(host):\(port)"
  }

  /// The origin as it stands in a header `Origin`: scheme and authority (RFC 6454 §6.1).
  public var description: String { "\(scheme)://\(authority)" }

  static func defaultPort(_ scheme: String) -> Int { scheme == "https" ? 443 : 80 }
}

/// An absolute URL that a request may be sent to, read strictly.
///
/// Taken are `https` URLs, and `http` ones on a loopback host (`localhost`, 127.0.0.0/8, `[::1]`);
/// refused are user information, fragments, backslashes, white space, control and non-ASCII
/// characters, percent-encoding in the host, empty labels (so also a dot at the end), ports with
/// leading zeros or none, and every spelling of an IPv4 address but the plain one.
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
  /// Where it leads: what must be the issuer's own for anything to be sent there.
  public let origin: Origin
  /// Path and query as they were written, from the first slash on.
  public let path: String

  /// `nil` for everything but an absolute URL of the grammar above.
  public init?(_ url: String) {
    let text = Substring(url)
    guard text.utf8.count <= 8192, text.utf8.allSatisfy(Self.isURLByte),
      let colon = text.firstIndex(of: ":")
    else { return nil }
    let scheme = text[..<colon].lowercased()
    let afterScheme = text[text.index(after: colon)...]
    guard scheme == "https" || scheme == "http", afterScheme.hasPrefix("//") else { return nil }

    let hierarchy = afterScheme.dropFirst(2)
    let end = hierarchy.firstIndex { $0 == "/" || $0 == "?" } ?? hierarchy.endIndex
    guard let origin = Self.origin(scheme: scheme, authority: hierarchy[..<end]) else {
      return nil
    }
    let rest = hierarchy[end...]
    self.origin = origin
    path = rest.hasPrefix("/") ? String(rest) : "/" + rest
  }

  private init(origin: Origin, path: String) {
    self.origin = origin
    self.path = path
  }

  /// The URL in its one normal spelling.
  public var url: String { origin.description + path }

  public var description: String { url }

  /// The URL that has `name` for its last path segment, and no query: `…/v1/authorize` gives
  /// `…/v1/interact`.
  func sibling(_ name: String) -> Endpoint {
    let pathOnly = path.prefix { $0 != "?" }
    let folder = pathOnly.lastIndex(of: "/").map { pathOnly[...$0] } ?? "/"
    return Endpoint(origin: origin, path: folder + name)
  }

  /// What may stand in a URL (RFC 3986 appendix A), without the fragment's `#`.
  private static func isURLByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default:
      "-._~:/?[]@!$&'()*+,;=%".utf8.contains(byte)
    }
  }

  // MARK: Authority

  private static func origin(scheme: String, authority: Substring) -> Origin? {
    var host = authority
    var port = Origin.defaultPort(scheme)
    if authority.hasPrefix("[") {
      guard let bracket = authority.firstIndex(of: "]") else { return nil }
      host = authority[...bracket]
    } else if let colon = authority.firstIndex(of: ":") {
      host = authority[..<colon]
    }
    let afterHost = authority[host.endIndex...]
    if !afterHost.isEmpty {
      guard afterHost.hasPrefix(":"), let written = Self.port(afterHost.dropFirst()) else {
        return nil
      }
      port = written
    }
    let name = host.lowercased()
    guard isHost(name), scheme == "https" || isLoopback(name) else { return nil }
    return Origin(scheme: scheme, host: name, port: port)
  }

  private static func port(_ text: Substring) -> Int? {
    guard (1...5).contains(text.utf8.count), !text.hasPrefix("0"),
      text.utf8.allSatisfy(isDigit), let port = Int(text), port <= 65535
    else { return nil }
    return port
  }

  private static func isHost(_ host: String) -> Bool {
    if host.hasPrefix("[") { return isIPv6(host.dropFirst().dropLast()) }
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    guard host.utf8.count <= 253, labels.allSatisfy(isLabel), let last = labels.last else {
      return false
    }
    // Resolvers take `0x7f.1`, `2130706433` and `0177.0.0.1` for addresses: a name whose last label
    // starts like a number must be a plain IPv4 address.
    guard let first = last.utf8.first, isDigit(first) else { return true }
    return labels.count == 4 && labels.allSatisfy(isOctet)
  }

  private static func isLabel(_ label: Substring) -> Bool {
    (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
      && label.utf8.allSatisfy { byte in
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
          || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
      }
  }

  private static func isOctet(_ label: Substring) -> Bool {
    guard label.utf8.allSatisfy(isDigit), let value = Int(label), value <= 255 else {
      return false
    }
    return label == "0" || !label.hasPrefix("0")
  }

  /// Groups of hexadecimal digits with at most one gap (RFC 4291 §2.2); no zone, no dotted tail.
  private static func isIPv6(_ text: Substring) -> Bool {
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    let groups = halves.flatMap { half in
      half.isEmpty ? [] : half.split(separator: ":", omittingEmptySubsequences: false)
    }
    let areGroups = groups.allSatisfy { group in
      (1...4).contains(group.utf8.count)
        && group.utf8.allSatisfy {
          isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
        }
    }
    switch halves.count {
    case 1: return areGroups && groups.count == 8
    case 2: return areGroups && groups.count <= 7
    default: return false
    }
  }

  private static func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "[::1]"
      || (host.hasPrefix("127.") && host.utf8.last.map(isDigit) == true)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
