// Proofs of possession: what they say, and RFC 9449's own numbers.

import Foundation
import HTTPTypes
import JSON
import Secrets
import Testing

@testable import OAuth

@Suite("Proofs of possession")
struct ProofKeyTests {
  private func key() throws -> ProofKey {
    let scalar = try #require(Base64URL.decode(KeyTexts.d))
    return try #require(ProofKey(scalar: Secret(copying: scalar)))
  }

  private func parts(_ proof: String) throws -> (header: JSONValue, claims: JSONValue) {
    let parts = proof.split(separator: ".").map { String($0) }
    return (
      try JSONParser.parse(try #require(Base64URL.decode(parts[0]))),
      try JSONParser.parse(try #require(Base64URL.decode(parts[1])))
    )
  }

  @Test("a proof names method and address without query, and shows the public key alone")
  func proof() throws {
    let url = try #require(Endpoint("https://API.example:443/a/b?c=d"))
    let stamp = Stamp.test
    let (header, claims) = try parts(
      try key().proof(
        method: "PATCH", url: url,
        accessToken: Secret("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"), nonce: "n-0",
        stamp: stamp))
    #expect(
      header == [
        "typ": "dpop+jwt", "alg": "ES256",
        "jwk": [
          "crv": "P-256", "kty": "EC", "x": .string(KeyTexts.x), "y": .string(KeyTexts.y),
        ],
      ])
    // `ath` is that of RFC 9449 §7.1.
    #expect(
      claims == [
        "jti": .string(stamp.id), "htm": "PATCH", "htu": "https://api.example/a/b",
        "iat": 1_795_514_400, "ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
        "nonce": "n-0",
      ])
    let (_, plain) = try parts(try key().proof(method: "GET", url: url, stamp: stamp))
    #expect(plain["ath"] == nil && plain["nonce"] == nil)
  }

  @Test("tokens are taken with the type and the binding that the proof asks for, and no other")
  func confirmed() throws {
    let key = try key()
    func response(type: String, token: String) throws -> TokenResponse {
      try TokenResponse(
        status: 200, headers: [:],
        body: Array(#"{"access_token":"\#(token)","token_type":"\#(type)"}"#.utf8))
    }
    func jwt(_ claims: JSONValue) -> String {
      "e30." + Base64URL.encode(JSONWriter.bytes(claims)) + ".AA"
    }
    let bound = jwt(["cnf": ["jkt": .string(key.thumbprint)]])
    for token in [bound, "opaque", "a.b.c", jwt(["sub": "u"])] {
      try response(type: "DPoP", token: token).confirm(key)
    }
    for other in [jwt(["cnf": ["jkt": "other"]]), jwt(["cnf": ["jkt": 7]])] {
      #expect(throws: OAuthFault.wrongBinding) {
        try response(type: "DPoP", token: other).confirm(key)
      }
    }
    #expect(throws: OAuthFault.self) { try response(type: "Bearer", token: bound).confirm(key) }
    #expect(throws: OAuthFault.self) { try response(type: "DPoP", token: bound).confirm(nil) }
    try response(type: "Bearer", token: "opaque").confirm(nil)
  }

  @Test("a nonce is taken where it has only characters of nonces")
  func nonces() throws {
    let name = try #require(HTTPField.Name("DPoP-Nonce"))
    #expect(ProofKey.nonce(in: [name: "eyJ7S_zG.eyJH0-Z"]) == "eyJ7S_zG.eyJH0-Z")
    for wrong in ["", "a b", "a\"b", "a\\b", String(repeating: "n", count: 513)] {
      #expect(ProofKey.nonce(in: [name: wrong]) == nil)
    }
    #expect(ProofKey.nonce(in: [:]) == nil)
  }

  @Test("a demand for a nonce and a refused proof are told apart")
  func refusals() {
    func fault(_ error: String) -> OAuthFault? {
      do {
        _ = try TokenResponse(
          status: 400, headers: [:], body: Array(#"{"error":"\#(error)"}"#.utf8))
        return nil
      } catch {
        return error
      }
    }
    #expect(fault("use_dpop_nonce") == .nonceWanted)
    #expect(
      fault("invalid_dpop_proof")
        == .clientRejected(error: "invalid_dpop_proof", description: nil))
  }

  @Test("what is no scalar is no key")
  func scalars() {
    #expect(ProofKey(scalar: Secret("short")) == nil)
    #expect(ProofKey(scalar: Secret(copying: [UInt8](repeating: 0, count: 32))) == nil)
    #expect(ProofKey(scalar: Secret(copying: [UInt8](repeating: 0xFF, count: 32))) == nil)
  }
}
