// The hostile spellings of an address, each of which some parser takes for the issuer's.

import OAuth
import Testing

@Suite("Endpoints and origins")
struct EndpointTests {
  static let hostile = [
    "https://acme.okta.com@evil.example/idp/idx/identify",
    "https://evil.example@acme.okta.com/idp/idx/identify",
    "https://user:secret@acme.okta.com/",
    "https://acme.okta.com\\@evil.example/",
    "https:\\\\acme.okta.com/",
    "https://evil.example\\.acme.okta.com/",
    "HTTPS://EVIL.EXAMPLE/",
    "https://acme.okta.com.evil.example/",
    "https://evil-acme.okta.com/",
    "https://acme.okta.com:8443/",
    "https://acme.okta.com:0443/",
    "https://acme.okta.com:/",
    "https://acme.okta.com:443443/",
    "https://acme.okta.com./",
    "https://acme..okta.com/",
    "https://аcme.okta.com/",  // the first letter is Cyrillic
    "https://xn--cme-7cd.okta.com/",
    "https://acme.okta。com/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fe80::1%25eth0]/",
    "https://2130706433/",
    "https://acme%2eokta.com/",
    "https://acme.okta.com%00.evil.example/",
    "//acme.okta.com/",
    "//evil.example/",
    "/idp/idx/identify",
    "http://acme.okta.com/",
    "https:acme.okta.com/",
    "https:///acme.okta.com/",
    " https://acme.okta.com/",
    "https://acme.okta.com/\r\nHost: evil.example",
    "https://acme.okta.com/#@evil.example/",
    "https://acme.okta.com#@evil.example/",
    "https://acme.okta.com?@evil.example\\",
    "https://acme.\tokta.com/",
    "javascript://acme.okta.com/%0aalert(1)",
    "file://acme.okta.com/etc/passwd",
    "",
  ]

  @Test("an address that is not plainly the issuer's is off its origin", arguments: hostile)
  func hostileAddressIsOffOrigin(url: String) throws {
    let issuer = try #require(Origin("https://acme.okta.com/oauth2/default"))
    #expect(!issuer.contains(url))
  }

  @Test(
    "an address of the issuer's own origin is on it",
    arguments: [
      "https://acme.okta.com/idp/idx/identify",
      "https://acme.okta.com:443/idp/idx/identify",
      "HTTPS://ACME.okta.COM/idp/idx/identify?stateToken=02.a~b",
      "https://acme.okta.com",
      "https://acme.okta.com?x=1",
      "https://acme.okta.com/a@b:c",
    ])
  func ownAddressIsOnOrigin(url: String) throws {
    let issuer = try #require(Origin("https://acme.okta.com"))
    #expect(issuer.contains(url))
  }

  @Test(
    "http is taken on a loopback host only",
    arguments: [
      ("http://localhost:3000/x", true), ("http://127.0.0.1/x", true),
      ("http://127.8.9.10:1/x", true), ("http://[::1]:8080/x", true),
      ("http://127.0.0.1.evil.example/x", false), ("http://localhost.evil.example/x", false),
      ("http://127.1/x", false), ("http://0x7f.0.0.1/x", false), ("http://0177.0.0.1/x", false),
      ("http://127.0.0.256/x", false), ("http://128.0.0.1/x", false), ("http://[::2]/x", false),
      ("http://127.0.0.a/x", false), ("http://127.a/x", false), ("http://127.0.0.1./x", false),
    ])
  func plainHTTP(url: String, isTaken: Bool) {
    #expect((Endpoint(url) != nil) == isTaken)
  }

  @Test(
    "an IPv6 address is taken as it stands, when it is one",
    arguments: [
      ("https://[2001:db8::1]/", true), ("https://[::]/", true), ("https://[1::]/", true),
      ("https://[1:2:3:4:5:6:7:8]/", true), ("https://[1:2:3:4:5:6:7:8:9]/", false),
      ("https://[1:2:3]/", false), ("https://[1::2::3]/", false), ("https://[:::]/", false),
      ("https://[12345::]/", false), ("https://[g::]/", false), ("https://[]/", false),
      ("https://[::1/", false), ("https://::1/", false), ("https://[::1]x/", false),
      ("https://[:1::]/", false),
    ])
  func literal(url: String, isTaken: Bool) {
    #expect((Endpoint(url) != nil) == isTaken)
  }

  @Test("a URL is put together again from what was read")
  func normalSpelling() {
    #expect(Endpoint("HTTPS://Acme.Okta.com:443/A?b=C")?.url == "https://acme.okta.com/A?b=C")
    #expect(Endpoint("https://acme.okta.com")?.url == "https://acme.okta.com/")
    #expect(Endpoint("https://acme.okta.com?b")?.path == "/?b")
    #expect(Endpoint("http://localhost:3000/a")?.origin.authority == "localhost:3000")
    #expect(Endpoint("http://localhost:80/a")?.origin.description == "http://localhost")
  }
}
