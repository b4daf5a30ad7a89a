import Glibc
import OAuth
import Secrets
import Testing

import BrokerConfig

@Suite("A secret is named in the file, and read from where it lies")
struct SecretTests {
  let folder = try? Folder()

  private func secretFaults(
    _ reference: String, auth: String = "client_secret_basic", credentials: String? = nil
  ) -> [String] {
    faults(
      profile("client_auth = \"\(auth)\"", "client_secret = \"\(reference)\""),
      credentials: credentials)
  }

  private let key = "remedy.toml:6: profile.demo.client_secret: "

  @Test("a file's secret is its bytes without one newline at the end")
  func file() throws {
    let folder = try #require(folder)
    let path = try folder.file("secret", "s3cret\n")
    let text = profile("client_auth = \"client_secret_basic\"", "client_secret = \"file:\(path)\"")
    let read = try configuration(text).profiles
    #expect(read.map(\.clientAuthentication) == [.clientSecretBasic(Secret("s3cret"))])
  }

  @Test("a credential is read from the directory that systemd gave, whatever its mode")
  func credential() throws {
    let folder = try #require(folder)
    try folder.file("app-secret", "s3cret", mode: 0o440)
    let text = profile(
      "client_auth = \"client_secret_post\"", "client_secret = \"credential:app-secret\"")
    let read = try configuration(text, credentials: folder.path).profiles
    #expect(read.map(\.clientAuthentication) == [.clientSecretPost(Secret("s3cret"))])
  }

  @Test("a literal is a fault that does not print it")
  func literal() {
    let mend =
      "is a literal; a secret never stands in this file; put it into a file of mode 0600 and "
      + "write \"file:/PATH\", or write \"credential:NAME\" for a systemd credential, "
      + "\"keyring:NAME\" for a kernel key"
    #expect(secretFaults("hunter2") == [key + mend])
    #expect(secretFaults("Credential:hunter2") == [key + mend])
    #expect(
      faults("[vault]\nkey = \"hunter2\"\n") == ["remedy.toml:2: vault.key: " + mend])
  }

  @Test("no fault about a secret shows its value, whatever is wrong with it")
  func silent() {
    let texts = [
      "client_secret = hunter2", "client_secret = \"hunter2", "client_secret = 'hunter2",
      "client_secret = 7hunter2", "client_secret = \"\\hunter2\"",
      "client_secret = [\"hunter2\"]", "client_secret = \"hunter2\" hunter2",
      "client_secret = \"x\"\nclient_secret = \"hunter2\"", "client_secret \"hunter2\"",
      "client_secrett = \"hunter2\"", "private_key = \"hunter2\"",
      "client_secret = 99999999999999999990", "client_secret = \"\"\"hunter2",
      "[profile.demo.answers]\ntotp = \"hunter2\"",
    ]
    for text in texts {
      let found = faults(profile(text))
      #expect(!found.isEmpty, "\(text)")
      #expect(!found.joined().contains("hunter2") && !found.joined().contains("9999"), "\(found)")
    }
  }

  @Test("a key of the kernel's keyring has a name, and must be there")
  func keyring() {
    #expect(
      secretFaults("keyring:") == [
        key + "names no key of the keyring; "
          + "write \"keyring:NAME\" with the name that `keyctl padd user NAME @u` was given"
      ])
    let missing = secretFaults("keyring:remedy-test-of-none")
    #expect(missing.count == 1)
    #expect(
      missing.first?.hasPrefix(key + "the key remedy-test-of-none of this account's keyring ")
        == true)
  }

  @Test("a reference that leads out of the credentials, or nowhere, is a fault")
  func reference() {
    let name = "names no credential; write \"credential:NAME\" with a name that a file may have"
    for reference in ["credential:", "credential:../shadow", "credential:a/b", "credential:.."] {
      #expect(secretFaults(reference) == [key + name])
    }
    #expect(
      secretFaults("file:secret") == [key + "names no absolute path; write \"file:/PATH\""])
  }

  @Test("a credential needs a directory of credentials, and to be in it")
  func noCredential() throws {
    let folder = try #require(folder)
    #expect(
      secretFaults("credential:app") == [
        key + "there are no credentials: systemd gave this process none; "
          + "start it as a unit with LoadCredential=app:/PATH, or write \"file:/PATH\""
      ])
    #expect(
      secretFaults("credential:app", credentials: folder.path) == [
        key + "the credential app is not there; add LoadCredential=app:/PATH to the unit"
      ])
  }

  @Test("a file that others may read is a fault")
  func loose() throws {
    let folder = try #require(folder)
    for mode: mode_t in [0o640, 0o604, 0o620, 0o666] {
      let path = try folder.file("secret", "x", mode: mode)
      #expect(
        secretFaults("file:\(path)") == [
          key + "the file \(path) is open to others than its owner; chmod 600 \(path)"
        ])
    }
  }

  @Test("a file that is not there, no file, empty or too large is a fault")
  func unfit() throws {
    let folder = try #require(folder)
    let path = "\(folder.path)/x"
    #expect(
      secretFaults("file:\(path)") == [
        key + "the file \(path) is not there; make it, with mode 0600, or name another"
      ])
    let alone = "name a file that holds the secret alone"
    #expect(
      secretFaults("file:\(folder.path)") == [
        key + "the file \(folder.path) is not a regular file; \(alone)"
      ])
    #expect(mkfifo(path, 0o600) == 0)
    #expect(
      secretFaults("file:\(path)") == [
        key + "the file \(path) is not a regular file; \(alone)"
      ])
    unlink(path)
    try folder.file("x", "\n")
    #expect(
      secretFaults("file:\(path)") == [key + "the file \(path) is empty; put the secret into it"])
    try folder.file("x", String(repeating: "x", count: 64 * 1024))
    #expect(secretFaults("file:\(path)") == [])
    try folder.file("x", String(repeating: "x", count: 64 * 1024 + 1))
    #expect(
      secretFaults("file:\(path)") == [key + "the file \(path) is larger than 64 KiB; \(alone)"])
  }

  @Test("another account's file is a fault", .enabled(if: geteuid() == 0, "needs root"))
  func foreign() throws {
    let folder = try #require(folder)
    let path = try folder.file("secret", "x")
    #expect(chown(path, 12345, 12345) == 0)
    #expect(
      secretFaults("file:\(path)") == [
        key + "the file \(path) belongs to uid 12345; "
          + "chown it to the account of the service, with mode 0600"
      ])
  }

  @Test("a secret that no client can have is a fault that does not print it")
  func characters() throws {
    let folder = try #require(folder)
    let path = try folder.file("secret", "hunter2\r\n")
    #expect(
      secretFaults("file:\(path)") == [
        key + "the secret holds a character that a client secret may not have; "
          + "store it as one line of ASCII"
      ])
  }

  @Test("a secret that nothing uses, and a use without a secret, are faults")
  func pairs() {
    let unused =
      "client_auth = \"none\" uses no secret; "
      + "write client_auth = \"client_secret_basic\", or leave client_secret out"
    #expect(secretFaults("credential:app", auth: "none") == [key + unused])
    #expect(
      faults(profile("client_secret = \"credential:app\"")) == [
        "remedy.toml:5: profile.demo.client_secret: " + unused
      ])
    #expect(
      faults(profile("client_auth = \"client_secret_post\"")) == [
        "remedy.toml:1: profile.demo.client_secret: is missing; "
          + "client_auth = \"client_secret_post\" uses it; "
          + "write client_secret = \"credential:NAME\""
      ])
  }
}
