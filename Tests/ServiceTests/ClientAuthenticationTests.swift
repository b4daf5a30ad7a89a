// Clients that sign instead of showing a secret, against an issuer that checks every assertion.

import BrokerInterface
import Crypto
import CryptoExtras
import Foundation
import JSON
import RemedyClient
import Secrets
import Testing

@Suite("Clients that sign, through the real broker", .serialized)
struct ClientAuthenticationTests {
  static let demoKey = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../demo/client-key.pem")

  /// Lines of a profile that signs with that key.
  private static func keyed(_ pem: String, id: String? = nil) -> (URL) throws -> String {
    { folder in
      let file = folder.appendingPathComponent("client-key.pem")
      try pem.write(to: file, atomically: true, encoding: .utf8)
      chmod(file.path, 0o600)
      return """
        client_auth = "private_key_jwt"
        private_key = "file:\(file.path)"
        private_key_id = "\(id ?? "")"
        """
    }
  }

  /// Signs in, refreshes and signs out: every endpoint that a client proves itself at.
  private func everyEndpoint(_ household: Household) throws {
    try household.signIn()
    let client = try household.client()
    for _ in 0..<2 {
      _ = try client.call(TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: true))
    }
    #expect(try client.call(SessionLogout.self, SessionLogout.Params(profile: "demo")).revoked)
    #expect(try household.count("/v1/interact") == 1)
    #expect(try household.count("/v1/token") == 3)
  }

  @Test("private_key_jwt with a P-256 key: sign-in, refresh and sign-out, each proven anew")
  func elliptic() throws {
    let pem = try String(contentsOf: Self.demoKey, encoding: .utf8)
    try everyEndpoint(
      Household(scenario: "private-key-jwt", settings: Self.keyed(pem, id: "demo")))
  }

  @Test("private_key_jwt with an RSA key")
  func rsa() throws {
    let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
    let numbers = try key.publicKey.getKeyPrimitives()
    let scenario: JSONValue = [
      "name": "rsa",
      "clients": [
        [
          "client_id": "0oaremedyrsa0000000",
          "jwks": [
            "keys": [
              [
                "kty": "RSA", "n": .string(Base64URL.encode(numbers.modulus)),
                "e": .string(Base64URL.encode(numbers.publicExponent)),
              ]
            ]
          ],
        ]
      ],
    ]
    let file = URL(fileURLWithPath: "/tmp/remedy-scenario-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(JSONWriter.bytes(scenario)).write(to: file)
    try everyEndpoint(
      Household(scenario: file.path, settings: Self.keyed(key.pkcs8PEMRepresentation)))
  }

  @Test("client_secret_jwt: sign-in, refresh and sign-out, and the secret is never sent")
  func secret() throws {
    try everyEndpoint(
      Household(scenario: "client-secret-jwt") { folder in
        let file = folder.appendingPathComponent("client-secret")
        try "simulated-client-secret-of-no-worth".write(
          to: file, atomically: true, encoding: .utf8)
        chmod(file.path, 0o600)
        return """
          client_auth = "client_secret_jwt"
          client_secret = "file:\(file.path)"
          """
      })
  }

  @Test("assertions are dated by the issuer's clock, not by ours")
  func clock() throws {
    let pem = try String(contentsOf: Self.demoKey, encoding: .utf8)
    for seconds in [500, -500] {
      let household = try Household(scenario: "private-key-jwt", settings: Self.keyed(pem))
      try household.advanceClock(seconds: seconds)
      try household.signIn()
      _ = try household.client().call(
        TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: true))
    }
  }

  @Test("a key that the issuer does not have is the client's fault, not a person's")
  func stranger() throws {
    let household = try Household(
      scenario: "private-key-jwt",
      settings: Self.keyed(P256.Signing.PrivateKey().pemRepresentation))
    let error = household.failure(
      try household.client(), SessionLogin.self, SessionLogin.Params(profile: "demo", timeout: 20))
    #expect(error?.reason == .clientRejected)
  }
}
