// A person must see who gets the password: the host of the issuer, as ASCII.

/// Whose address it is.
enum IssuerHost {
  /// The host, with the port where there is one, in ASCII; the whole address where it has none.
  static func text(of issuer: String) -> TerminalText {
    TerminalText(address: name(of: issuer) ?? issuer)
  }

  /// The host as it is written, with the port where there is one.
  static func name(of address: String) -> String? {
    guard let scheme = address.firstRange(of: "://") else { return nil }
    let authority = address[scheme.upperBound...].prefix { !"/?#\\".contains($0) }
    // What stands before an `@` is a name to sign in with: it may look like a host, and is none.
    let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] }
    let name = host ?? authority
    return name.isEmpty ? nil : String(name)
  }
}
