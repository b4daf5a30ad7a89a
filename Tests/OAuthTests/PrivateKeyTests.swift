// Keys of clients: every form that a file may have signs, and what cannot sign is refused for what
// it is.

import Crypto
import CryptoExtras
import Foundation
import JSON
import Secrets
import Testing

@testable import OAuth

@Suite("Private keys")
struct PrivateKeyTests {
  private func fault(_ text: String) -> PrivateKey.Fault? {
    do {
      _ = try PrivateKey(Secret(text))
      return nil
    } catch {
      return error
    }
  }

  @Test("SEC 1, PKCS#8 and JWK of one P-256 key give that key")
  func elliptic() throws {
    let plain = try P256.Signing.PrivateKey(
      rawRepresentation: try #require(Base64URL.decode(KeyTexts.d)))
    let texts = [
      KeyTexts.sec1, plain.pemRepresentation, KeyTexts.jwk(),
      KeyTexts.sec1.replacingOccurrences(of: "\n", with: "\r\n") + "\r\n",
      "Some words before.\n" + KeyTexts.sec1 + "\n" + KeyTexts.sec1Public, "\n " + KeyTexts.jwk(),
    ]
    for text in texts {
      let key = try PrivateKey(Secret(text))
      #expect(key.algorithm == "ES256")
      let signature = try #require(key.signature(over: Array("signed".utf8)))
      #expect(signature.count == 64)
      #expect(
        plain.publicKey.isValidSignature(
          try P256.Signing.ECDSASignature(rawRepresentation: signature), for: Data("signed".utf8)))
    }
  }

  @Test("PKCS#1, PKCS#8 and JWK of one RSA key give that key")
  func rsa() throws {
    let plain = try SigningFixture.shared.get().rsa
    for text in [
      plain.pemRepresentation, plain.pkcs8PEMRepresentation, KeyTexts.jwk(plain),
    ] {
      let key = try PrivateKey(Secret(text))
      #expect(key.algorithm == "RS256")
      let signature = try #require(key.signature(over: Array("signed".utf8)))
      #expect(
        plain.publicKey.isValidSignature(
          _RSA.Signing.RSASignature(rawRepresentation: signature),
          for: SHA256.hash(data: Data("signed".utf8)), padding: .insecurePKCS1v1_5))
    }
  }

  @Test("the key's id is the configured one, else that of the JWK, else none")
  func ids() throws {
    #expect(try PrivateKey(Secret(KeyTexts.jwk())).id == "from-jwk")
    #expect(try PrivateKey(Secret(KeyTexts.jwk()), id: "configured").id == "configured")
    #expect(try PrivateKey(Secret(KeyTexts.sec1)).id == nil)
    #expect(try PrivateKey(Secret(KeyTexts.sec1), id: "configured").id == "configured")
  }

  @Test("what is no key that signs is refused for what it is")
  func refused() throws {
    let rsa = try SigningFixture.shared.get().rsa
    let weak = try _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: 1024))
    let cases: [(String, PrivateKey.Fault)] = [
      ("", .unreadable), ("a secret", .unreadable), ("{}", .unreadable), ("{", .unreadable),
      ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", .unreadable),
      ("-----BEGIN PRIVATE KEY-----\nA\n-----END PRIVATE KEY-----", .unreadable),
      (String(KeyTexts.sec1.dropLast(20)), .unreadable),
      (KeyTexts.ed25519, .unreadable),
      (KeyTexts.sec1Public, .publicOnly),
      ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", .publicOnly),
      (KeyTexts.jwk(["d": nil]), .publicOnly),
      (KeyTexts.jwk(rsa, ["d": nil]), .publicOnly),
      (
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
        .encrypted
      ),
      (
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\nAAAA\n"
          + "-----END RSA PRIVATE KEY-----", .encrypted
      ),
      (KeyTexts.sec1 + "\n" + rsa.pemRepresentation, .several),
      (#"{"keys":[]}"#, .several),
      (KeyTexts.p384, .unsupported(what: "the curve P-384")),
      (KeyTexts.jwk(["crv": "P-521"]), .unsupported(what: "the curve P-521")),
      (KeyTexts.jwk(["kty": "OKP"]), .unsupported(what: "the key type OKP")),
      (KeyTexts.jwk(["kty": "oct"]), .unsupported(what: "the key type oct")),
      (KeyTexts.jwk(["use": "enc"]), .unsupported(what: "encryption")),
      (
        KeyTexts.jwk(["key_ops": ["verify"]]), .unsupported(what: "other operations than sign")
      ),
      (KeyTexts.jwk(rsa, ["alg": "PS256"]), .unsupported(what: "the algorithm PS256")),
      (KeyTexts.jwk(["alg": "RS256"]), .unsupported(what: "the algorithm RS256")),
      (KeyTexts.jwk(["x": .string(KeyTexts.y)]), .unreadable),
      (
        KeyTexts.jwk(["d": .string(Base64URL.encode([UInt8](repeating: 0, count: 32)))]),
        .unreadable
      ),
      (KeyTexts.jwk(["d": "AAAA"]), .unreadable),
      (KeyTexts.jwk(rsa, ["p": nil]), .unreadable),
      (KeyTexts.jwk(rsa, ["n": "AQAB"]), .size(bits: 24)),
      (weak.pemRepresentation, .size(bits: 1024)),
      (
        "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----",
        .unsupported(what: "OpenSSH's own format")
      ),
    ]
    for (text, expected) in cases { #expect(fault(text) == expected, "\(text.prefix(60))") }
  }

  @Test("a key does not print itself")
  func redacted() throws {
    let key = try PrivateKey(Secret(KeyTexts.jwk()))
    var dumped = ""
    dump(key, to: &dumped)
    let scalar = try #require(Base64URL.decode(KeyTexts.d))
    for text in [dumped, "\(key)", String(reflecting: key)] {
      #expect(!text.contains(KeyTexts.d) && !text.contains("\(scalar[0]), \(scalar[1])"))
    }
  }
}
