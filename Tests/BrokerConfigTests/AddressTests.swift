import Testing

@Suite("Issuers and redirect URIs are taken or refused by their form")
struct AddressTests {
  @Test(
    "an issuer is https, or http on this machine",
    arguments: [
      "https://acme.okta.com", "https://acme.okta.com/", "https://acme.okta.com/oauth2/default",
      "https://login.acme.example:8443/oauth2/aus1", "http://127.0.0.1:7000",
      "http://127.9.8.7:7000", "http://localhost:7000/oauth2/default", "http://[::1]:7000",
      "https://xn--bcher-kva.example", "https://192.0.2.7",
    ])
  func issuerTaken(_ issuer: String) throws {
    let read = try configuration(profile(issuer: issuer))
    let bare = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
    #expect(read.profiles.map(\.issuer) == [bare])
    let warning =
      "remedy.toml:2: profile.demo.issuer: "
      + "http:// carries every secret in the clear; for tests on this machine only"
    #expect(read.warnings == (issuer.hasPrefix("http://") ? [warning] : []))
  }

  static let example = "write it as https://HOST, or https://HOST/oauth2/SERVER"
  static let noHost = "has no host, or one that no machine can have; \(example)"
  static let noPort = "has a port that is not from 1 to 65535; \(example)"
  static let open = "http:// is taken on 127.0.0.0/8, [::1] and localhost only; write https://"
  static let dotted = "the path has an empty or dotted step; \(example)"
  static let character = "holds a character that no address may have; \(example)"

  @Test(
    "an issuer of any other form is a fault",
    arguments: [
      ("acme.okta.com", "\"acme.okta.com\" is no https:// address; \(example)"),
      ("", "\"\" is no https:// address; \(example)"),
      ("ftp://acme.okta.com", "\"ftp://acme.okta.com\" is no https:// address; \(example)"),
      ("http://acme.okta.com", open),
      ("http://128.0.0.1", open),
      ("http://127.0.0.1.example.com", open),
      ("http://localhost.example.com", open),
      ("http://[::2]", open),
      ("https://", noHost),
      ("https://acme..okta.com", noHost),
      ("https://acme.okta.com.", noHost),
      ("https://127.1", noHost),
      ("https://127.0.0.01", noHost),
      ("https://[::1", noHost),
      ("https://[fe80::1%25eth0]", noHost),
      ("https://acme.okta.com:0", noPort),
      ("https://acme.okta.com:65536", noPort),
      ("https://acme.okta.com:", noPort),
      ("https://[::1]443", noPort),
      ("https://ann@acme.okta.com", "an issuer has no user in it; leave out what is before @"),
      (
        "https://acme.okta.com?x=1",
        "an issuer has no query and no fragment; leave out what begins with ? or #"
      ),
      (
        "https://acme.okta.com/oauth2/default#top",
        "an issuer has no query and no fragment; leave out what begins with ? or #"
      ),
      (
        "https://acme-admin.okta.com",
        "\"acme-admin.okta.com\" is the address of the administrators' console; "
          + "write https://acme.okta.com"
      ),
      (
        "https://acme.okta.com/.well-known/openid-configuration",
        "is the address of the metadata, not of the issuer; "
          + "leave out /.well-known and what follows"
      ),
      ("https://acme.okta.com//oauth2", dotted),
      ("https://acme.okta.com/oauth2/../x", dotted),
      ("https://acme.okta.com//", dotted),
      ("https://acme.okta.com/a b", character),
      ("https://äcme.okta.com", character),
    ])
  func issuerRefused(_ issuer: String, _ words: String) {
    #expect(faults(profile(issuer: issuer)) == ["remedy.toml:2: profile.demo.issuer: \(words)"])
  }

  @Test("a backslash in an issuer, where clients disagree on the host, is a fault")
  func backslash() {
    #expect(
      faults(profile(issuer: #"https://acme.okta.com\\@evil.example"#)) == [
        "remedy.toml:2: profile.demo.issuer: \(Self.character)"
      ])
  }

  @Test(
    "a redirect URI is kept exactly as written",
    arguments: [
      "http://127.0.0.1:8765/callback", "http://localhost:1/", "http://[::1]:65535",
      "https://app.acme.example/callback?x=1", "com.okta.acme:/callback",
      "com.example.app://signed-in", "urn:ietf:wg:oauth:2.0:oob",
    ])
  func redirectTaken(_ redirect: String) throws {
    let text = profile().replacing("http://127.0.0.1:8765/callback", redirect)
    #expect(try configuration(text).profiles.map(\.redirectURI) == [redirect])
  }

  static let registered =
    "write it exactly as registered, like http://127.0.0.1:8765/callback"
  static let needsPort =
    "a loopback redirect URI needs its port; write it like http://127.0.0.1:8765/callback"

  @Test(
    "a redirect URI of any other form is a fault",
    arguments: [
      ("callback", "\"callback\" is no redirect URI; \(registered)"),
      ("", "\"\" is no redirect URI; \(registered)"),
      ("com.acme:", "\"com.acme:\" is no redirect URI; \(registered)"),
      ("javascript:alert(1)", "\"javascript:alert(1)\" is no redirect URI; \(registered)"),
      ("http://127.0.0.1/callback", needsPort),
      ("http://localhost", needsPort),
      (
        "http://app.acme.example:80/callback",
        "http:// is taken on 127.0.0.0/8, [::1] and localhost only; "
          + "register an https:// address, or a loopback one with a port"
      ),
      (
        "https://app.acme.example/#x",
        "a redirect URI has no fragment; leave out # and what follows"
      ),
      (
        "https://ann@app.acme.example/",
        "a redirect URI has no user in it; leave out what is before @"
      ),
      ("https:///callback", "\"https:///callback\" names no host; \(registered)"),
      ("http://127.0.0.1:0/", "has a port that is not from 1 to 65535; \(registered)"),
      ("https://a b/", "holds a character that no address may have; \(registered)"),
    ])
  func redirectRefused(_ redirect: String, _ words: String) {
    let text = profile().replacing("http://127.0.0.1:8765/callback", redirect)
    #expect(faults(text) == ["remedy.toml:4: profile.demo.redirect_uri: \(words)"])
  }
}
