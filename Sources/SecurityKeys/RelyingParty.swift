// For whom a credential is: a host, or a parent of it, and nobody else. It is this that keeps one
// issuer from having signatures made for another.
//
// 1. A parent must have two labels at least. Which of those are open to registration (`co.uk`) is a
//    list that ages and is not kept here: a browser makes no credential for one of them, so that there
//    is none to sign with, and one made here would be good at no issuer.
// 2. Addresses of numbers have no parents.

/// The rules of relying parties.
public enum RelyingParty {
  /// The host of an origin: `https://`, a host, and a port or none; `nil` for everything else.
  /// `http://` is for a loopback address only.
  public static func host(ofOrigin origin: String) -> String? {
    let secure = "https://"
    let plain = "http://"
    let isSecure = origin.hasPrefix(secure)
    guard isSecure || origin.hasPrefix(plain) else { return nil }
    let authority = origin.dropFirst(isSecure ? secure.count : plain.count)
    guard let host = host(ofAuthority: authority) else { return nil }
    let isLoopback = host == "localhost" || host == "[::1]" || host.hasPrefix("127.")
    return isSecure || isLoopback ? host : nil
  }

  private static func host(ofAuthority authority: Substring) -> String? {
    var host = authority
    if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
      let port = authority[authority.index(after: colon)...]
      guard let number = Int(port), (1...65_535).contains(number) else { return nil }
      host = authority[..<colon]
    }
    let isAddress = host.hasPrefix("[") && host.hasSuffix("]")
    guard !host.isEmpty, host.utf8.count <= 253,
      host.utf8.allSatisfy({ isHost($0) || (isAddress && [0x3A, 0x5B, 0x5D].contains($0)) })
    else { return nil }
    return host.lowercased()
  }

  private static func isHost(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// Whether an origin of this host may use credentials of this relying party.
  public static func isAllowed(_ party: String, atHost host: String) -> Bool {
    if party == host { return true }
    let isNumeric = host.hasPrefix("[") || host.utf8.last.map { (0x30...0x39).contains($0) } ?? true
    let labels = party.split(separator: ".", omittingEmptySubsequences: false)
    return !isNumeric && labels.count >= 2 && labels.allSatisfy { !$0.isEmpty }
      && host.hasSuffix("." + party)
  }

  /// The host without its first label; `nil` where that is no relying party.
  static func parent(ofHost host: String) -> String? {
    guard let dot = host.firstIndex(of: ".") else { return nil }
    let parent = String(host[host.index(after: dot)...])
    return isAllowed(parent, atHost: host) ? parent : nil
  }

  /// Whether an address may stand for the relying party in older registrations (the `appid` extension,
  /// Web Authentication Level 2 §10.1): one of an allowed host.
  static func isOlderParty(_ address: String, atHost host: String) -> Bool {
    let start = "https://"
    guard address.hasPrefix(start), address.utf8.count <= 1024 else { return false }
    let authority = address.dropFirst(start.count).prefix { $0 != "/" }
    return self.host(ofAuthority: authority).map { isAllowed($0, atHost: host) } ?? false
  }
}
