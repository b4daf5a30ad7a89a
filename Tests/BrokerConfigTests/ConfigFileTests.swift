import BrokerConfig
import Glibc
import Testing
import TokenBroker
import TokenVault

@Suite("The configuration file")
struct ConfigFileTests {
  @Test("every key that holds reaches the configuration")
  func whole() throws {
    let folder = try Folder()
    let roots = try folder.file(
      "ca.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", mode: 0o644)
    let read = try configuration(
      """
      [vault]
      key = "file:/var/lib/keys/vault"
      [limits]
      connections_per_uid = 1
      transactions_per_uid = 100000
      [log]
      level = "debug"
      [profile.zebra]
      issuer = "https://acme.okta.com/oauth2/default"
      client_id = "0oa1"
      scopes = ["profile", "openid"]
      redirect_uri = "com.okta.acme:/callback"
      client_auth = "none"
      owner = "service"
      allow = ["user:root+group:root", "group:4242"]
      prompters = ["user:0"]
      dpop = true
      acr_values = "urn:okta:loa:2fa:any phr"
      max_age = 0
      login_hint = "änn@example.com"
      audience = "api://default"
      ca_file = "\(roots)"
      [profile."a.b"]
      issuer = "https://acme.okta.com"
      client_id = "0oa2"
      redirect_uri = "http://localhost:80"
      acr_values = ""
      login_hint = ""
      audience = ""
      ca_file = ""
      """)
    #expect(
      read
        == Configuration(
          profiles: [
            Profile(
              name: "zebra", issuer: "https://acme.okta.com/oauth2/default", clientID: "0oa1",
              scopes: ["profile", "openid"], redirectURI: "com.okta.acme:/callback",
              ownership: .service,
              allow: [
                AccessRule(text: "user:root+group:root", terms: [.user(0), .group(0)]),
                AccessRule(text: "group:4242", terms: [.group(4242)]),
              ],
              prompters: [AccessRule(text: "user:0", terms: [.user(0)])],
              acrValues: "urn:okta:loa:2fa:any phr", maxAge: 0, loginHint: "änn@example.com",
              audience: "api://default", bindsTokens: true, caFile: roots),
            Profile(
              name: "a.b", issuer: "https://acme.okta.com", clientID: "0oa2",
              scopes: ["openid", "offline_access"], redirectURI: "http://localhost:80"),
          ],
          limits: Limits(connectionsPerUID: 1, transactionsPerUID: 100_000),
          vaultKey: .source(.file("/var/lib/keys/vault")), logLevel: "debug"))
  }

  @Test("a file without profiles holds, with a warning")
  func empty() throws {
    let warning =
      "remedy.toml: there is no profile in it; write a [profile.NAME], see remedy.toml(5)"
    for text in ["", "# nothing\n", "[profile]\n"] {
      #expect(try configuration(text) == Configuration(warnings: [warning]))
    }
  }

  @Test("a system service must name its vault's key, a user service has its own")
  func vaultKey() throws {
    let words =
      "is missing; a system service has no default; "
    #expect(
      faults("", mode: .system) == [
        "remedy.toml:1: vault.key: \(words)write [vault] and key = \"credential:vault-key\" below"
      ])
    #expect(
      faults("\n[vault]\n", mode: .system) == [
        "remedy.toml:2: vault.key: \(words)write key = \"credential:vault-key\""
      ])
    #expect(try configuration("[vault]\n").vaultKey == nil)
    #expect(
      try configuration("[vault]\nkey = \"credential:k\"\n", mode: .system).vaultKey
        == .source(.credential("k")))
  }

  @Test("a passphrase is for a user's service, never for the system's")
  func passphrase() throws {
    let text = "[vault]\nkey = \"passphrase\"\n"
    #expect(try configuration(text).vaultKey == .passphrase)
    #expect(
      faults(text, mode: .system) == [
        "remedy.toml:2: vault.key: a system service cannot wait for a passphrase; "
          + "write \"credential:vault-key\" or \"file:/PATH\""
      ])
    #expect(
      try configuration("[vault]\nkey = \"keyring:remedy\"\n").vaultKey
        == .source(.keyring("remedy")))
  }

  @Test("limits and level are bounded")
  func bounds() {
    #expect(
      faults(
        "[limits]\nconnections_per_uid = 0\ntransactions_per_uid = 100001\n"
          + "[log]\nlevel = \"loud\"\n"
      ) == [
        "remedy.toml:2: limits.connections_per_uid: must be from 1 to 100000, not 0; "
          + "write connections_per_uid = 64",
        "remedy.toml:3: limits.transactions_per_uid: must be from 1 to 100000, not 100001; "
          + "write transactions_per_uid = 8",
        "remedy.toml:5: log.level: \"loud\" is not known here; write one of "
          + "\"trace\", \"debug\", \"info\", \"notice\", \"warning\", \"error\"",
      ])
  }

  @Test("whoever is let in by nobody's rule, or by a rule that never matches, is warned of")
  func warnings() throws {
    let vault = "[vault]\nkey = \"credential:k\"\n"
    let lockedOut =
      "remedy.toml:5: profile.demo.allow: no rule is for uid \(geteuid()), whose service this is; "
      + "leave allow out, or add \"user:\(geteuid())\""
    #expect(
      try configuration(profile() + vault, mode: .system).warnings == [
        "remedy.toml:1: profile.demo.allow: "
          + "nobody is allowed; write allow = [\"group:NAME\"] for those who are"
      ])
    #expect(
      try configuration(profile("allow = [\"user:65534\"]")).warnings == [
        "remedy.toml:5: profile.demo.allow: "
          + "\"user:65534\" never matches: uid 65534 is always refused",
        lockedOut,
      ])
    #expect(try configuration(profile("allow = [\"user:4000000\"]")).warnings == [lockedOut])
    #expect(
      try configuration(profile("allow = [\"user:4000000\", \"user:\(geteuid())\"]")).warnings == []
    )
    #expect(
      try configuration(profile("allow = []")).warnings == [
        "remedy.toml:5: profile.demo.allow: an empty list is the default: this service's own user"
      ])
  }

  @Test("a file with a dozen faults tells all twelve, in its order")
  func dozen() {
    let text = """
      [vault]
      key = "correct horse"
      [limit]
      connections_per_uid = 64
      [log]
      level = "warn"
      [profile.demo]
      issuer = "http://acme.okta.com"
      scopes = ["openid", "openid"]
      redirect_uri = "http://127.0.0.1/callback"
      dpop = "no"
      owner = service
      allow = ["user:root", "exe:/bin/sh"]
      client_auth = "client_secret_basic"
      owner = "caller"
      """
    let expected = [
      "remedy.toml:2: vault.key: is a literal; a secret never stands in this file; put it into "
        + "a file of mode 0600 and write \"file:/PATH\", or write \"credential:NAME\" for a "
        + "systemd credential, \"keyring:NAME\" for a kernel key",
      "remedy.toml:3: limit: is no known table; did you mean limits?",
      "remedy.toml:6: log.level: \"warn\" is not known here; write one of "
        + "\"trace\", \"debug\", \"info\", \"notice\", \"warning\", \"error\"",
      "remedy.toml:7: profile.demo.client_id: is missing; write client_id = \"0oa…\"",
      "remedy.toml:7: profile.demo.client_secret: is missing; "
        + "client_auth = \"client_secret_basic\" uses it; "
        + "write client_secret = \"credential:NAME\"",
      "remedy.toml:8: profile.demo.issuer: "
        + "http:// is taken on 127.0.0.0/8, [::1] and localhost only; write https://",
      "remedy.toml:9: profile.demo.scopes: \"openid\" is there twice; leave out one of the two",
      "remedy.toml:10: profile.demo.redirect_uri: a loopback redirect URI needs its port; "
        + "write it like http://127.0.0.1:8765/callback",
      "remedy.toml:11: profile.demo.dpop: must be true or false, not a string; "
        + "write dpop = false",
      "remedy.toml:12: is no TOML: in a value, a word without quotes; "
        + "write KEY = VALUE, strings in double quotes, lists in [ ] with commas",
      "remedy.toml:13: profile.demo.allow: "
        + "\"exe:/bin/sh\": exe: comes with a later version of Remedy; "
        + "use user: and group: until then",
      "remedy.toml:15: profile.demo.owner: is there a second time; leave out one of the two",
    ]
    #expect(expected.count == 12)
    #expect(faults(text) == expected)
  }

  // MARK: The file itself

  private func fileFault(_ path: String) -> [String] {
    do throws(ConfigFaults) {
      _ = try ConfigFile.read(path: path, mode: .user, credentialsDirectory: nil)
      return []
    } catch {
      return error.all.map(\.description)
    }
  }

  @Test("faults name the file by its path")
  func path() throws {
    let folder = try Folder()
    let path = try folder.file("remedy.toml", "[log]\nlevel = 7\n", mode: 0o644)
    #expect(
      fileFault(path) == [
        "\(path):2: log.level: must be a string, not an integer; write level = \"trace\""
      ])
  }

  @Test("a file that others may write, that is none, that is absent or too large is not read")
  func unfit() throws {
    let folder = try Folder()
    for mode: mode_t in [0o664, 0o646, 0o666] {
      let path = try folder.file("remedy.toml", "", mode: mode)
      #expect(
        fileFault(path) == [
          "\(path): may be written by others than its owner; chmod go-w \(path)"
        ])
    }
    #expect(
      fileFault(folder.path) == [
        "\(folder.path): is not a regular file; name another with --config"
      ])
    #expect(
      fileFault("\(folder.path)/none") == [
        "\(folder.path)/none: is not there; "
          + "write one, see remedy.toml(5), or name another with --config"
      ])
    let large = try folder.file("large", String(repeating: "#\n", count: 1 << 19), mode: 0o600)
    #expect(fileFault(large) == [])
    try folder.file("large", String(repeating: "#\n", count: 1 << 19) + "#", mode: 0o600)
    #expect(fileFault(large) == ["\(large): is larger than 1024 KiB; name another with --config"])
  }

  @Test("a file of another account is not read", .enabled(if: geteuid() == 0, "needs root"))
  func foreign() throws {
    let folder = try Folder()
    let path = try folder.file("remedy.toml", "")
    #expect(chown(path, 12345, 12345) == 0)
    #expect(
      fileFault(path) == [
        "\(path): belongs to uid 12345; chown it to root or to the service's account"
      ])
  }

  @Test("trust roots are looked at when the file is read")
  func roots() throws {
    let folder = try Folder()
    let path = "\(folder.path)/ca.pem"
    func found() -> [String] { faults(profile("ca_file = \"\(path)\"")) }
    let key = "remedy.toml:5: profile.demo.ca_file: "
    let mend = "name a PEM file that the service may read"
    #expect(found() == [key + "the file \(path) is not there; \(mend)"])
    for text in [
      "", "certificate", "-----BEGIN CERTIFICATE-----\nMIIB\n",
      "-----BEGIN CERTIFICATE-----\nMI!B\n-----END CERTIFICATE-----\n",
      "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
    ] {
      try folder.file("ca.pem", text, mode: 0o644)
      #expect(
        found() == [
          key + "the file \(path) holds no PEM certificate; "
            + "name a file that begins with -----BEGIN CERTIFICATE-----"
        ])
    }
    try folder.file("ca.pem", "x", mode: 0o666)
    #expect(
      found() == [key + "the file \(path) is open to others than its owner; chmod go-w \(path)"])
    #expect(
      faults(profile("ca_file = \"ca.pem\"")) == [key + "is no absolute path; begin it with /"])
  }
}
