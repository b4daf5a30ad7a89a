// The vector of the RFC, and that a verifier stays unseen and survives a restart.

import OAuth
import Secrets
import Testing

@Suite("PKCE")
struct PKCETests {
  @Test("RFC 7636 appendix B: the bytes give the verifier, the verifier its challenge")
  func appendixB() {
    let pkce = PKCE(randomBytes: [
      116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77,
      105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
    ])
    #expect(pkce.verifier == Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
    #expect(pkce.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
  }

  @Test("a verifier from a checkpoint has the challenge that it had")
  func resumed() {
    let pkce = PKCE(randomBytes: Array(0..<32))
    #expect(PKCE(verifier: pkce.verifier).challenge == pkce.challenge)
    #expect(pkce.verifier.count == 43)
  }

  @Test("the verifier is not printed")
  func redacted() {
    let pkce = PKCE(randomBytes: Array(0..<32))
    #expect(!"\(pkce)".contains(pkce.verifier.exposedText()))
  }
}
