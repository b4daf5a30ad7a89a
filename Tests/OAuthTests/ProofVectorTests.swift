// The examples of RFC 9449, by its sections: its proofs hold for whoever checks them as
// it says, and ours for the same requests say the same.

import Crypto
import Foundation
import HTTPTypes
import JSON
import Secrets
import Testing

@testable import OAuth

@Suite("RFC 9449 examples")
struct ProofVectorTests {
  private static let accessToken = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
  private static let thumbprint = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
  private static let header = """
    eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUkl\
    DUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2\
    R2R1JEQSIsImNydiI6IlAtMjU2In19
    """

  /// A proof that is printed there, and the request that it is for.
  struct Example: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// The proof without its header: all have the same.
    var rest: String
    var method: String
    var url: String
    var time: TimeInterval
    var accessToken: String?
  }

  static let examples = [
    Example(
      testDescription: "§4.1 and §5: a code is redeemed",
      rest: """
        eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGU\
        uY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLb\
        dLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg
        """,
      method: "POST", url: "https://server.example.com/token", time: 1_562_262_616),
    Example(
      testDescription: "§5: a token is refreshed",
      rest: """
        eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGU\
        uY29tL3Rva2VuIiwiaWF0IjoxNTYyMjY1Mjk2fQ.pAqut2IRDm_De6PR93SYmGBPXpwrAk90e8cP2hjiaG5QsGSuKDY\
        W7_X620BxqhvYC8ynrrvZLTk41mSRroapUA
        """,
      method: "POST", url: "https://server.example.com/token", time: 1_562_265_296),
    Example(
      testDescription: "§7.1: a token is used, and `ath` is its hash",
      rest: """
        eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGx\
        lLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0\
        JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-y\
        qyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA
        """,
      method: "GET", url: "https://resource.example.org/protectedresource", time: 1_562_262_618,
      accessToken: accessToken),
  ]

  /// A proof taken apart; its signature has been checked by the key that it shows (§4.3, 7).
  private struct Checked {
    var header: JSONObject
    var claims: JSONObject
    var jwk: JSONObject

    init(_ proof: String) throws {
      let parts = proof.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
      try #require(parts.count == 3)
      header = try #require(Self.object(parts[0]))
      claims = try #require(Self.object(parts[1]))
      jwk = try #require(header["jwk"]?.object)
      let x = try #require(jwk["x"]?.string.flatMap { Base64URL.decode($0) })
      let y = try #require(jwk["y"]?.string.flatMap { Base64URL.decode($0) })
      let key = try P256.Signing.PublicKey(x963Representation: [0x04] + x + y)
      let signature = try P256.Signing.ECDSASignature(
        rawRepresentation: try #require(Base64URL.decode(parts[2])))
      try #require(key.isValidSignature(signature, for: Data((parts[0] + "." + parts[1]).utf8)))
    }

    private static func object(_ part: String) -> JSONObject? {
      Base64URL.decode(part).flatMap { try? JSONParser.parse($0) }?.object
    }

    /// What two proofs for one request have in common: all but the key and the id.
    var common: (header: [String: JSONValue], claims: [String: JSONValue]) {
      var (header, claims) = (header, claims)
      header["jwk"] = nil
      claims["jti"] = nil
      return (Self.unordered(header), Self.unordered(claims))
    }

    private static func unordered(_ object: JSONObject) -> [String: JSONValue] {
      Dictionary(uniqueKeysWithValues: object.members.map { ($0.name, $0.value) })
    }
  }

  private func key() throws -> ProofKey {
    let scalar = try #require(Base64URL.decode(KeyTexts.d))
    return try #require(ProofKey(scalar: Secret(copying: scalar)))
  }

  @Test(
    "the printed proof holds, and ours for that request says what it says", arguments: examples)
  func example(_ example: Example) throws {
    let printed = try Checked("\(Self.header).\(example.rest)")
    #expect(Thumbprint.of(printed.jwk) == Self.thumbprint)
    // A query is on the way, and is left out (§4.2).
    let url = try #require(Endpoint(example.url + "?page=2"))
    let stamp = Stamp(
      time: Date(timeIntervalSince1970: example.time), randomBytes: RandomBytes.bytes(16))
    let ours = try Checked(
      try key().proof(
        method: example.method, url: url, accessToken: example.accessToken.map { Secret($0) },
        stamp: stamp))
    #expect(ours.common.header == printed.common.header)
    #expect(ours.common.claims == printed.common.claims)
    #expect(Set(ours.jwk.members.map(\.name)) == Set(printed.jwk.members.map(\.name)))
    #expect(ours.claims["jti"] == .string(stamp.id))
    #expect(Thumbprint.of(ours.jwk) == (try key().thumbprint))
  }

  @Test("§5: the answer with a bound token is taken by whoever proved a key, and by no other")
  func tokenResponse() throws {
    let body = """
      {"access_token": "\(Self.accessToken)", "token_type": "DPoP", "expires_in": 2677,
       "refresh_token": "Q..Zkm29lexi8VnWg2zPW1x-tgGad0Ibc3s3EwM_Ni4-g"}
      """
    let response = try TokenResponse(
      status: 200, headers: [.cacheControl: "no-store"], body: Array(body.utf8))
    #expect(response.accessToken == Secret(Self.accessToken))
    #expect(response.expiresIn == 2677)
    // It has two dots, and is opaque all the same.
    try response.confirm(key())
    #expect(throws: OAuthFault.self) { try response.confirm(nil) }
  }

  @Test("§6.1: a token that names the RFC's key is none for another key")
  func boundToken() throws {
    let payload = """
      {"sub": "someone@example.com", "iss": "https://server.example.com", "nbf": 1562262611,
       "exp": 1562266216, "cnf": {"jkt": "\(Self.thumbprint)"}}
      """
    let token = "e30.\(Base64URL.encode(payload.utf8)).AA"
    let response = try TokenResponse(
      status: 200, headers: [:],
      body: Array(#"{"access_token":"\#(token)","token_type":"DPoP"}"#.utf8))
    #expect(throws: OAuthFault.wrongBinding) { try response.confirm(key()) }
  }

  @Test("§8: the nonce of a refusal stands in the next proof, as it came")
  func nonce() throws {
    let nonce = "eyJ7S_zG.eyJH0-Z.HX4w-7v"
    let headers: HTTPFields = [
      try #require(HTTPField.Name("DPoP-Nonce")): nonce, .cacheControl: "no-store",
    ]
    let body = """
      {"error": "use_dpop_nonce",
       "error_description": "Authorization server requires nonce in DPoP proof"}
      """
    #expect(throws: OAuthFault.nonceWanted) {
      try TokenResponse(status: 400, headers: headers, body: Array(body.utf8))
    }
    #expect(ProofKey.nonce(in: headers) == nonce)
    let url = try #require(Endpoint("https://server.example.com/token"))
    let stamp = Stamp(
      time: Date(timeIntervalSince1970: 1_562_262_616), randomBytes: RandomBytes.bytes(16))
    let proof = try Checked(try key().proof(method: "POST", url: url, nonce: nonce, stamp: stamp))
    #expect(
      proof.common.claims == [
        "htm": "POST", "htu": "https://server.example.com/token", "iat": 1_562_262_616,
        "nonce": .string(nonce),
      ])
  }

  @Test("§4.2: two proofs for one request have two ids, of 128 bits or more")
  func freshness() throws {
    let url = try #require(Endpoint("https://server.example.com/token"))
    let ids = try (0..<1000).map { _ in
      let stamp = Stamp(time: Date(), randomBytes: RandomBytes.bytes(16))
      return try Checked(try key().proof(method: "POST", url: url, stamp: stamp)).claims["jti"]
    }
    let texts = ids.compactMap { $0?.string }
    #expect(Set(texts).count == 1000)
    #expect(texts.allSatisfy { (Base64URL.decode($0)?.count ?? 0) >= 16 })
  }
}
