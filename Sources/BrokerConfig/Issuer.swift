// Which issuers are taken: https, or http on this very machine for tests.

/// Checks the address of an issuer.
enum Issuer {
  /// The issuer without a slash at the end; nil, with a fault, where it is none.
  static func read(
    _ found: Located<String>, key: String, into report: inout FaultReport
  ) -> String? {
    let text = found.value
    func refuse(_ problem: String, _ mend: String) -> String? {
      report.add(found.line, key, problem, mend: mend)
      return nil
    }
    let example = "write it as https://HOST, or https://HOST/oauth2/SERVER"
    let address: WebAddress
    do throws(WebAddress.Fault) {
      address = try WebAddress(text)
    } catch {
      return refuse(
        words(for: error, text), error == .userinfo ? "leave out what is before @" : example)
    }
    switch address.scheme {
    case "https": break
    case "http" where address.isLoopback: break
    case "http":
      return refuse(
        "http:// is taken on 127.0.0.0/8, [::1] and localhost only", "write https://")
    default:
      return refuse("\(quoted(text)) is no https:// address", example)
    }
    if address.query != nil || address.fragment != nil {
      return refuse("an issuer has no query and no fragment", "leave out what begins with ? or #")
    }
    if let mend = adminMend(address) {
      return refuse("\(quoted(address.host)) is the address of the administrators' console", mend)
    }
    var path = Substring(address.path)
    if path.hasSuffix("/") { path = path.dropLast() }
    if path.contains("/.well-known") {
      return refuse(
        "is the address of the metadata, not of the issuer",
        "leave out /.well-known and what follows")
    }
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    if segments.contains(where: { ["", ".", ".."].contains($0) }) {
      return refuse("the path has an empty or dotted step", example)
    }
    if address.scheme == "http" {
      report.warn(
        found.line, key, "http:// carries every secret in the clear; for tests on this machine only"
      )
    }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  /// Okta's console is the organisation's name with `-admin`; nothing is issued there.
  private static func adminMend(_ address: WebAddress) -> String? {
    let labels = address.host.split(separator: ".", maxSplits: 1)
    guard let first = labels.first, first.lowercased().hasSuffix("-admin") else { return nil }
    let host = [first.dropLast("-admin".count)] + labels.dropFirst()
    return "write \(address.scheme)://\(host.joined(separator: "."))"
  }

  private static func words(for fault: WebAddress.Fault, _ text: String) -> String {
    switch fault {
    case .character: "holds a character that no address may have"
    case .scheme: "\(quoted(text)) is no https:// address"
    case .userinfo: "an issuer has no user in it"
    case .host: "has no host, or one that no machine can have"
    case .port: "has a port that is not from 1 to 65535"
    }
  }
}
