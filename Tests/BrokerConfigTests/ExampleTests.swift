import BrokerConfig
import Glibc
import OAuth
import Secrets
import Testing
import TokenBroker
import TokenVault

@Suite("The example that is installed as /etc/remedy/remedy.toml")
struct ExampleTests {
  /// The file's lines, as they stand in the repository.
  private func example() throws -> [String] {
    let parts = #filePath.split(separator: "/").dropLast(3)
    let path = "/" + (parts + ["etc", "remedy.toml"]).joined(separator: "/")
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(descriptor, &buffer, buffer.count)
    try #require(count > 0 && count < buffer.count, "\(path)")
    return String(decoding: buffer[..<count], as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  private func reading(
    _ lines: [String], credentials: String? = nil
  ) throws -> Configuration {
    let folder = try Folder()
    let path = try folder.file("remedy.toml", lines.joined(separator: "\n"), mode: 0o644)
    return try ConfigFile.read(path: path, mode: .system, credentialsDirectory: credentials)
  }

  @Test("a system service accepts it as shipped")
  func shipped() throws {
    let read = try reading(example())
    #expect(read.vaultKey == .source(.credential("vault-key")))
    #expect(read.profiles.isEmpty && read.warnings.count == 1)
  }

  @Test("a system service accepts it with every example in force")
  func inForce() throws {
    let folder = try Folder()
    try folder.file("example-secret", "s3cret\n")
    try folder.file("signing-key", PrivateKeyTests.pem)
    try folder.file("example-password", "correct horse\n")
    try folder.file("example-seed", "JBSWY3DPEHPK3PXP\n")
    let lines = try example().map { line in
      line.hasPrefix("#") && line.dropFirst().first.map { $0 != " " } == true
        ? String(line.dropFirst()) : line
    }
    let read = try reading(lines, credentials: folder.path)
    #expect(read.warnings == [])
    #expect(read.logLevel == "info" && read.limits == Limits())
    #expect(read.profiles.map(\.name) == ["example", "signing"])
    #expect(read.profiles.first?.allow.map(\.terms) == [[.group(0)], [.user(0), .group(0)]])
    #expect(
      read.profiles.map(\.answers) == [
        UnattendedAnswers(
          identifier: "svc-example", codes: OneTimeCodes(base32: Secret("JBSWY3DPEHPK3PXP")),
          fields: ["credentials.passcode": Secret("correct horse")]), nil,
      ])
    #expect(
      read.profiles.map(\.clientAuthentication) == [
        .clientSecretBasic(Secret("s3cret")),
        .privateKeyJWT(try PrivateKey(Secret(PrivateKeyTests.pem))),
      ])
  }

  @Test("it names every key that holds today, each after a line that tells of it")
  func everyKey() throws {
    let lines = try example()
    let keys = [
      "key", "connections_per_uid", "transactions_per_uid", "level", "issuer", "client_id",
      "redirect_uri", "scopes", "client_auth", "client_secret", "owner", "allow", "prompters",
      "acr_values", "max_age", "login_hint", "audience", "ca_file", "dpop",
      "private_key", "private_key_id", "identifier", "\"credentials.passcode\"", "totp",
    ]
    for key in keys {
      let place = lines.firstIndex { $0.hasPrefix("\(key) = ") || $0.hasPrefix("#\(key) = ") }
      let index = try #require(place, "\(key)")
      let above = lines[..<index].last { !$0.contains("[") }
      #expect(above?.hasPrefix("# ") == true, "\(key)")
    }
  }
}
