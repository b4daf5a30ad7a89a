// A PEM file with trust roots, looked at when the configuration is read: a path that is wrong must
// not show itself at the first sign-in.

/// Checks `ca_file`. What the certificates say is the TLS library's to judge.
enum CertificateFile {
  static let largest = 1 << 20

  /// The path; nil, with a fault, where it cannot be used.
  static func read(
    _ found: Located<String>, key: String, into report: inout FaultReport
  ) -> String? {
    let path = found.value
    guard path.hasPrefix("/") else {
      report.add(found.line, key, "is no absolute path", mend: "begin it with /")
      return nil
    }
    do throws(FileProblem) {
      let file = try GuardedFile(path: path)
      guard file.mode & 0o022 == 0 else { throw .loose }
      if holdsCertificate(String(decoding: try file.bytes(limit: largest), as: UTF8.self)) {
        return path
      }
      report.add(
        found.line, key, "the file \(visible(path)) holds no PEM certificate",
        mend: "name a file that begins with -----BEGIN CERTIFICATE-----")
    } catch {
      let mend =
        error == .loose
        ? "chmod go-w \(visible(path))" : "name a PEM file that the service may read"
      report.add(found.line, key, "the file \(visible(path)) \(error.words)", mend: mend)
    }
    return nil
  }

  /// Whether every certificate block is whole base64, and there is one.
  static func holdsCertificate(_ text: String) -> Bool {
    var body: [UInt8]?
    var found = false
    for line in text.split(whereSeparator: \.isNewline) {
      switch line {
      case "-----BEGIN CERTIFICATE-----":
        guard body == nil else { return false }
        body = []
      case "-----END CERTIFICATE-----":
        guard let block = body, isBase64(block) else { return false }
        body = nil
        found = true
      default:
        body?.append(contentsOf: line.utf8)
      }
    }
    return found && body == nil
  }

  private static func isBase64(_ bytes: [UInt8]) -> Bool {
    let letters = bytes.reversed().drop { $0 == UInt8(ascii: "=") }
    return !letters.isEmpty && bytes.count % 4 == 0 && bytes.count - letters.count <= 2
      && letters.allSatisfy {
        isBareKeyByte($0) && !"-_".utf8.contains($0) || "+/".utf8.contains($0)
      }
  }
}
