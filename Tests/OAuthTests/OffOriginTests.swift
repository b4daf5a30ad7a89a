// Addresses that a careless reader takes for the issuer's own: none of them is.

import OAuth
import TestSupport
import Testing

@Suite("Addresses off an origin")
struct OffOriginSpellingTests {
  @Test("are told from it, however they are spelled", arguments: OffOriginSpelling.all)
  func spelled(_ spelling: OffOriginSpelling) throws {
    let issuer = try #require(Origin("http://127.0.0.1:4711"))
    for path in ["/idp/idx/identify", "/", "", "?x=http://127.0.0.1:4711/"] {
      #expect(!issuer.contains(spelling.address("127.0.0.1:4711", 4712, path)), "\(path)")
    }
    // The table itself can fail: the issuer's own address is its own.
    #expect(issuer.contains("http://127.0.0.1:4711/idp/idx/identify"))
  }
}

extension OffOriginSpelling: CustomTestStringConvertible {
  public var testDescription: String { name }
}
