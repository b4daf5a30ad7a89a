// The keys of RFC 7515, 7517 and 7638: what the RFCs print of them is what ours must be able to read,
// to sign with, and to pass over.

import Crypto
import Foundation
import JSON
import Secrets
import Testing

@testable import OAuth

@Suite("The keys that the RFCs print")
struct KeyVectorTests {
  private enum RFC7517 {
    static let elliptic = """
      {"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2Yi\
      LUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE","use":"e\
      nc","kid":"1"}
      """
    static let rsa = """
      {"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFF\
      xuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-\
      65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bF\
      TWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"A\
      QAB","d":"X4cTteJY_gn4FYPsXB8rdXix5vwsg1FLN5E3EaG6RJoVH-HLLKD9M7dx5oo7GURknchnrRweUkC7hT5fJL\
      M0WbFAKNLWY2vv7B6NqXSzUvxT0_YSfqijwp3RTzlBaCxWp4doFk5N2o8Gy_nHNKroADIkJ46pRUohsXywbReAdYaMwF\
      s9tv8d_cPVY3i07a3t8MN6TNwm0dSawm9v47UiCl3Sk5ZiG7xojPLu4sbg1U2jx4IBTNBznbJSzFHK66jT8bgkuqsk0G\
      jskDJk19Z4qwjwbsnn4j2WBii3RL-Us2lGVkY8fkFzme1z0HbIkfz0Y6mqnOYtqc0X4jfcKoAC8Q","p":"83i-7IvMG\
      XoMXCskv73TKr8637FiO7Z27zv8oj6pbWUQyLPQBQxtPVnwD20R-60eTDmD2ujnMt5PoqMrm8RfmNhVWDtjjMmCMjOpS\
      XicFHj7XOuVIYQyqVWlWEh6dN36GVZYk93N8Bc9vY41xy8B9RzzOGVQzXvNEvn7O0nVbfs","q":"3dfOR9cuYq-0S-m\
      kFLzgItgMEfFzB2q3hWehMuG0oCuqnb3vobLyumqjVZQO1dIrdwgTnCdpYzBcOfW5r370AFXjiWft_NGEiovonizhKpo\
      9VVS78TzFgxkIdrecRezsZ-1kYd_s1qDbxtkDEgfAITAG9LUnADun4vIcb6yelxk","dp":"G4sPXkc6Ya9y8oJW9_IL\
      j4xuppu0lzi_H7VTkS8xj5SdX3coE0oimYwxIi2emTAue0UOa5dpgFGyBJ4c8tQ2VF402XRugKDTP8akYhFo5tAA77Qe\
      _NmtuYZc3C3m3I24G2GvR5sSDxUyAN2zq8Lfn9EUms6rY3Ob8YeiKkTiBj0","dq":"s9lAH9fggBsoFR8Oac2R_E2gw\
      282rT2kGOAhvIllETE1efrA6huUUvMfBcMpn8lqeW6vzznYY5SSQF7pMdC_agI3nG8Ibp1BUb0JUiraRNqUfLhcQb_d9\
      GF4Dh7e74WbRsobRonujTYN1xCaP6TO61jvWrX-L18txXw494Q_cgk","qi":"GyM_p6JrXySiz1toFgKbWV-JdI3jQ4\
      ypu9rbMWx3rQJBfmt0FoYzgUIZEVFEcOqwemRN81zoDAaa-Bk0KWNGDjJHZDdDmFhW3AN7lI-puxk_mHZGJ11rxyR8O5\
      5XLSe3SPmRfKwZI6yU24ZxvQKFYItdldUKGzO6Ia6zTKhAVRU","alg":"RS256","kid":"2011-04-29"}
      """
    static let publicElliptic = """
      {"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2Yi\
      LUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"}
      """
    static let publicRSA = """
      {"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFF\
      xuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-\
      65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bF\
      TWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"A\
      QAB","alg":"RS256","kid":"2011-04-29"}
      """
    static let symmetric = """
      {"kty":"oct","alg":"A128KW","k":"GawgguFyGrWKav7AX4VKUg"},\
      {"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTw\
      jAzZr1Z9CAow","kid":"HMAC key used in JWS spec Appendix A.1 example"}
      """
  }

  private enum RFC7515 {
    /// A.2.
    static let rsa = """
      {"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJ\
      rcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bS\
      f63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4\
      LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"A\
      QAB","d":"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-\
      7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn\
      439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bG\
      Ul_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ","p":"4BzEEOtIp\
      mVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8c\
      Qn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc","q":"uQPEfgmVtjL0Uyy\
      x88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe\
      _HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc"}
      """
    /// A.3.
    static let elliptic = """
      {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36\
      HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}
      """
  }

  private func keys(_ keys: String...) throws -> [KeySet.Key] {
    try KeySet(body: Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8)).keys
  }

  @Test("RFC 7517 A.1: the key for encryption is passed over, the RSA key is for RS256")
  func publicKeys() throws {
    let keys = try keys(RFC7517.publicElliptic, RFC7517.publicRSA)
    #expect(keys.map(\.id) == ["2011-04-29"])
    #expect(keys.map(\.algorithm) == [.rs256])
  }

  @Test("RFC 7517 A.2: an issuer that publishes its private keys has no key that proves anything")
  func privateKeysOfAnIssuer() throws {
    #expect(try keys(RFC7517.elliptic, RFC7517.rsa).isEmpty)
    #expect(try keys(RFC7517.elliptic, RFC7517.publicRSA).count == 1)
  }

  @Test("RFC 7517 A.2: a client signs with the RSA key, and not with the one for encryption")
  func privateKeysOfAClient() throws {
    let key = try PrivateKey(Secret(RFC7517.rsa))
    #expect(key.algorithm == "RS256" && key.id == "2011-04-29")
    let signature = try #require(key.signature(over: Array("signed".utf8)))
    let published = try #require(try keys(RFC7517.publicRSA).first)
    #expect(published.verifies(signature, over: Array("signed".utf8)))
    #expect(throws: PrivateKey.Fault.unsupported(what: "encryption")) {
      try PrivateKey(Secret(RFC7517.elliptic))
    }
    #expect(throws: PrivateKey.Fault.several) {
      try PrivateKey(Secret(#"{"keys":[\#(RFC7517.elliptic),\#(RFC7517.rsa)]}"#))
    }
  }

  @Test("RFC 7517 A.3: a symmetric key is no key of an issuer's, and none that a client signs with")
  func symmetricKeys() throws {
    let both = try #require(
      try JSONParser.parse(Array("[\(RFC7517.symmetric)]".utf8)).array)
    #expect(both.count == 2)
    #expect(try keys(RFC7517.symmetric).isEmpty)
    for key in both {
      #expect(throws: PrivateKey.Fault.unsupported(what: "the key type oct")) {
        try PrivateKey(Secret(JSONWriter.text(key)))
      }
    }
  }

  @Test("RFC 7515 A.2: its private key signs its text as it is printed there, byte for byte")
  func rs256() throws {
    let key = try PrivateKey(Secret(RFC7515.rsa))
    let text = "eyJhbGciOiJSUzI1NiJ9." + JWSVectorTests.payload
    let signature = try #require(key.signature(over: Array(text.utf8)))
    #expect(Base64URL.encode(signature) == JWSVectorTests.rsaSignature)
  }

  @Test("RFC 7515 A.3: what its private key signs, its public key takes")
  func es256() throws {
    let key = try PrivateKey(Secret(RFC7515.elliptic))
    let text = Array(("eyJhbGciOiJFUzI1NiJ9." + JWSVectorTests.payload).utf8)
    let signature = try #require(key.signature(over: text))
    let published = try #require(try KeySet(body: Array(JWSVectorTests.ecKey.utf8)).keys.first)
    #expect(published.verifies(signature, over: text))
    #expect(!published.verifies(signature, over: text + [0]))
  }

  @Test("RFC 7638 §3.1: the thumbprint of its RSA key; RFC 9449 §6.1: that of its P-256 key")
  func thumbprints() throws {
    let rsa = try #require(try JSONParser.parse(Array(RFC7517.publicRSA.utf8)).object)
    let required: JSONObject = [
      "n": rsa["n"] ?? .null, "kty": rsa["kty"] ?? .null, "e": rsa["e"] ?? .null,
    ]
    #expect(
      Thumbprint.of(required)
        == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
    #expect(
      Thumbprint.of([
        "kty": "EC", "crv": "P-256", "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
      ]) == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
  }
}
