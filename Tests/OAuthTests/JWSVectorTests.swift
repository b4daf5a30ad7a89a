// The signed texts of RFC 7515, made by somebody else's code. Their payload is no ID token, so a
// good signature shows in what is refused next, and a bad one in being refused itself.

import FoundationEssentials
import OAuth
import Secrets
import Testing

@Suite("RFC 7515 vectors")
struct JWSVectorTests {
  static let payload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

  static let rsaKey = """
    {"keys":[{"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddx\
    HmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzj\
    b_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qC\
    o5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}]}
    """

  static let rsaSignature = """
    cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5juj\
    Gbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe\
    7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8\
    np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw
    """

  static let ecKey = """
    {"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",\
    "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}
    """

  static let ecSignature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

  static func refusal(_ token: String, keys: String) throws -> IDTokenFault? {
    try #require(throws: IDTokenFault.self) {
      try IDToken.validate(
        Secret(token), keys: KeySet(body: Array(keys.utf8)),
        expectation: .init(
          issuer: "joe", clientID: "c", algorithms: ["RS256", "ES256", "HS256", "none"],
          now: Date(timeIntervalSince1970: 1_300_819_380)))
    }
  }

  @Test(
    "A.2 (RS256) and A.3 (ES256): the signature holds, and with another payload it does not",
    arguments: [
      ("eyJhbGciOiJSUzI1NiJ9", rsaKey, rsaSignature),
      ("eyJhbGciOiJFUzI1NiJ9", ecKey, ecSignature),
    ])
  func vector(header: String, keys: String, signature: String) throws {
    let token = "\(header).\(Self.payload).\(signature)"
    #expect(try Self.refusal(token, keys: keys) == .claim("aud"))
    let forged = "\(header).A\(Self.payload.dropFirst()).\(signature)"
    #expect(try Self.refusal(forged, keys: keys) == .badSignature)
  }

  @Test("A.4 (ES512): the signature holds, over what is no JSON")
  func es512() throws {
    let keys = """
      {"keys":[{"kty":"EC","crv":"P-521",\
      "x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",\
      "y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}]}
      """
    let signature =
      "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSw"
      + "FKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"
    func refusal(_ payload: String) throws -> IDTokenFault? {
      try #require(throws: IDTokenFault.self) {
        try IDToken.validate(
          Secret("eyJhbGciOiJFUzUxMiJ9.\(payload).\(signature)"),
          keys: KeySet(body: Array(keys.utf8)),
          expectation: .init(
            issuer: "joe", clientID: "c", algorithms: ["ES512"],
            now: Date(timeIntervalSince1970: 0)))
      }
    }
    #expect(try refusal("UGF5bG9hZA") == .malformed(what: "payload"))
    #expect(try refusal("UGF5bG9hZQ") == .badSignature)
  }

  @Test(
    "A.1 (HS256) and RFC 7519 §3.1, the same text, and A.5 and §6.1 (none): refused for the algorithm"
  )
  func withoutPublicKey() throws {
    let keyed =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(Self.payload)"
      + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    let unsecured = "eyJhbGciOiJub25lIn0.\(Self.payload)."
    for keys in [Self.rsaKey, Self.ecKey, #"{"keys":[]}"#] {
      #expect(try Self.refusal(keyed, keys: keys) == .algorithmRefused("HS256"))
      #expect(try Self.refusal(unsecured, keys: keys) == .algorithmRefused("none"))
      #expect(try Self.refusal(unsecured + "AA", keys: keys) == .algorithmRefused("none"))
    }
  }
}
