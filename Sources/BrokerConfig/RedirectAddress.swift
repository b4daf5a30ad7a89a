// Which redirect URIs a native or a web client can have registered (RFC 8252 §7): a loopback one
// with its port, an https one, or one of the application's own scheme.

/// Checks a redirect URI, which is otherwise kept as registered.
enum RedirectAddress {
  /// Schemes that no redirect can have: what they name is run or read, not called.
  private static let unfit: Set<String> = [
    "about", "blob", "data", "file", "javascript", "vbscript",
  ]

  static func read(
    _ found: Located<String>, key: String, into report: inout FaultReport
  ) -> String? {
    guard let (problem, mend) = fault(found.value) else { return found.value }
    report.add(found.line, key, problem, mend: mend)
    return nil
  }

  private static func fault(_ text: String) -> (problem: String, mend: String)? {
    let example = "write it exactly as registered, like http://127.0.0.1:8765/callback"
    guard WebAddress.hasOnlyURICharacters(text) else {
      return ("holds a character that no address may have", example)
    }
    guard let (scheme, rest) = WebAddress.scheme(of: text), !rest.isEmpty,
      !unfit.contains(scheme)
    else {
      return ("\(quoted(text)) is no redirect URI", example)
    }
    guard !text.contains("#") else {
      return ("a redirect URI has no fragment", "leave out # and what follows")
    }
    guard scheme == "http" || scheme == "https" else { return nil }
    let address: WebAddress
    do throws(WebAddress.Fault) {
      address = try WebAddress(text)
    } catch {
      return switch error {
      case .userinfo: ("a redirect URI has no user in it", "leave out what is before @")
      case .port: ("has a port that is not from 1 to 65535", example)
      case .character, .scheme, .host: ("\(quoted(text)) names no host", example)
      }
    }
    if scheme == "https" { return nil }
    guard address.isLoopback else {
      return (
        "http:// is taken on 127.0.0.0/8, [::1] and localhost only",
        "register an https:// address, or a loopback one with a port"
      )
    }
    return address.port == nil
      ? ("a loopback redirect URI needs its port", "write it like http://127.0.0.1:8765/callback")
      : nil
  }
}
