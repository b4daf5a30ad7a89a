// Our signed texts, checked by an implementation that is not ours: joserfc, in an environment that
// `tools/jose-venv` makes.

import CryptoExtras
import Foundation
import HTTPTypes
import JSON
import Secrets
import TestSupport
import Testing

@testable import OAuth

/// The Python of that environment, and what it is asked.
private enum JOSE {
  static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  static let python = here.appendingPathComponent("../../.build/jose-venv/bin/python")
  static var isPresent: Bool { FileManager.default.isExecutableFile(atPath: python.path) }

  static func check(_ lines: [JSONValue]) throws -> [JSONValue] {
    let questions = lines.map { JSONWriter.text($0) + "\n" }.joined()
    let answer = try FinishedProgram(
      [python.path, here.appendingPathComponent("JOSE/verify.py").path],
      input: Data(questions.utf8))
    return try answer.output.split(separator: UInt8(ascii: "\n")).map {
      try JSONParser.parse(Array($0))
    }
  }
}

@Suite(
  "Checked by another implementation",
  .enabled(if: JOSE.isPresent, "there is no .build/jose-venv; tools/jose-venv makes it"))
struct OtherVerifierTests {
  private func assertion(_ authentication: ClientAuthentication) throws -> String {
    let request = try TokenRequest.refresh(
      refreshToken: Secret("r"), clientID: "0oa1", authentication: authentication,
      metadata: Fixture.metadata(),
      stamp: Stamp(time: Date(), randomBytes: RandomBytes.bytes(16)))
    return try #require(request.parameters["client_assertion"])
  }

  /// A thousand tries of each would be as many chances for a number that is one byte short.
  private static let tries = 50

  @Test("client assertions hold there, by each algorithm, and not under another key")
  func assertions() throws {
    let rsa = try SigningFixture.shared.get()
    let elliptic: JSONValue = [
      "kty": "EC", "crv": "P-256", "x": .string(KeyTexts.x), "y": .string(KeyTexts.y),
    ]
    let secret = "a-client-secret-of-more-than-32-bytes"
    let shared: JSONValue = ["kty": "oct", "k": .string(Base64URL.encode(secret.utf8))]
    let kinds: [(String, String?, ClientAuthentication, JSONValue)] = [
      ("ES256", "k7", .privateKeyJWT(try PrivateKey(Secret(KeyTexts.sec1), id: "k7")), elliptic),
      (
        "RS256", "k8", .privateKeyJWT(try PrivateKey(Secret(rsa.rsa.pemRepresentation), id: "k8")),
        .object(try rsa.rsaKey)
      ),
      (
        "RS256", nil, .privateKeyJWT(try PrivateKey(Secret(rsa.rsa.pemRepresentation))),
        .object(try rsa.rsaKey)
      ),
      ("HS256", nil, .clientSecretJWT(Secret(secret)), shared),
    ]
    for (algorithm, identifier, authentication, key) in kinds {
      let lines = try (0..<Self.tries).map { _ -> JSONValue in
        [
          "token": .string(try assertion(authentication)), "key": key,
          "algorithm": .string(algorithm),
        ]
      }
      let answers = try JOSE.check(lines)
      #expect(answers.count == Self.tries)
      for answer in answers {
        #expect(answer["error"] == nil, "\(answer)")
        #expect(answer["claims"]?["sub"] == "0oa1")
        #expect(answer["header"]?["alg"] == .string(algorithm))
        #expect(answer["header"]?["kid"]?.string == identifier)
        #expect(answer["claims"]?["iss"] == "0oa1")
        #expect(
          answer["claims"]?["aud"] == "https://acme.okta.com/oauth2/default/v1/token")
      }
      #expect(Set(answers.compactMap { $0["claims"]?["jti"]?.string }).count == Self.tries)
    }
    let forged = try JOSE.check([
      [
        "token": .string(try assertion(kinds[0].2)), "key": .object(rsa.ecKey),
        "algorithm": "ES256",
      ]
    ])
    #expect(forged.first?["error"] != nil)
  }

  @Test(
    "proofs of possession hold there by the key that they show, with the thumbprint that is ours")
  func proofs() throws {
    let url = try #require(Endpoint("https://api.example/orders?page=2&order=up"))
    var keys: [ProofKey] = []
    while keys.count < Self.tries {
      if let key = ProofKey(scalar: Secret(randomCount: 32)) { keys.append(key) }
    }
    let lines = try keys.map { key -> JSONValue in
      let proof = try key.proof(
        method: "GET", url: url, accessToken: Secret("at"), nonce: "n",
        stamp: Stamp(time: Date(), randomBytes: RandomBytes.bytes(16)))
      return [
        "token": .string(proof), "key": .null, "algorithm": "ES256", "access_token": "at",
      ]
    }
    let answers = try JOSE.check(lines)
    #expect(answers.count == Self.tries)
    for (answer, key) in zip(answers, keys) {
      #expect(answer["error"] == nil, "\(answer)")
      #expect(answer["thumbprint"] == .string(key.thumbprint))
      #expect(answer["header"]?["typ"] == "dpop+jwt")
      #expect(answer["claims"]?["htm"] == "GET")
      #expect(answer["claims"]?["htu"] == "https://api.example/orders")
      #expect(answer["claims"]?["nonce"] == "n")
    }
    #expect(Set(answers.compactMap { $0["claims"]?["jti"]?.string }).count == Self.tries)
    guard case .object(var other) = lines[0] else { return }
    other["access_token"] = "another"
    #expect(try JOSE.check([.object(other)]).first?["error"] != nil)
  }
}
