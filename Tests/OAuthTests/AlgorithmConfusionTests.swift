// ID tokens that would have us check them by another rule than the issuer's: without a key, with a key
// that everybody has, with a key of their own, or by parameters that we do not know.

import Crypto
import CryptoExtras
import Foundation
import JSON
import Secrets
import Testing

@testable import OAuth

@Suite("ID tokens that choose their own check")
struct AlgorithmConfusionTests {
  private typealias Draft = IDTokenTests.Draft

  /// The good token with another header, signed in another way.
  private func refusal(
    header: String, algorithms: [String], sign: ([UInt8]) throws -> [UInt8]
  ) throws -> IDTokenFault? {
    var draft = Draft()
    draft.expectation.algorithms = algorithms
    let claims = JSONWriter.bytes(.object(draft.claims))
    let text = Base64URL.encode(header.utf8) + "." + Base64URL.encode(claims)
    let token = try text + "." + Base64URL.encode(sign(Array(text.utf8)))
    do {
      let signer = try SigningFixture.shared.get()
      _ = try IDToken.validate(
        Secret(token), keys: SigningFixture.keySet(try signer.allKeys),
        expectation: draft.expectation)
      return nil
    } catch let fault as IDTokenFault {
      return fault
    }
  }

  /// All ways to write a word in small and capital letters.
  private static func spellings(_ word: String) -> [String] {
    word.reduce([""]) { starts, letter in
      starts.flatMap { [$0 + letter.lowercased(), $0 + letter.uppercased()] }
    }
  }

  @Test("`none` is refused in every spelling, signed or not, whatever the metadata lists")
  func none() throws {
    let names =
      Self.spellings("none")
      + ["", " ", "none ", " none", "none\\u0000", "n\u{043E}ne", "null", "no\\u006Ee", "HS0"]
    let signer = try SigningFixture.shared.get()
    for name in names {
      let listed = name.replacingOccurrences(of: "\\u0000", with: "\u{0}")
        .replacingOccurrences(of: "\\u006E", with: "n")
      for header in [#"{"alg":"\#(name)"}"#, #"{"alg":"\#(name)","kid":"k1","typ":"JWT"}"#] {
        let ways: [([UInt8]) throws -> [UInt8]] = [
          { _ in [] }, { _ in [0] },
          { try signer.signature(String(decoding: $0, as: UTF8.self), algorithm: "RS256") },
        ]
        for way in ways {
          let got = try refusal(header: header, algorithms: ["none", listed, "RS256"], sign: way)
          #expect(got == .algorithmRefused(listed), "\(header)")
        }
      }
    }
    #expect(names.count == 25)
  }

  @Test("an `alg` that is no text, or stands there twice, is no header")
  func noText() throws {
    let headers = [
      #"{"alg":null}"#, #"{"alg":false}"#, #"{"alg":[]}"#, #"{"alg":["none"]}"#, #"{"alg":{}}"#,
      #"{"alg":0}"#, "{}", #"{"Alg":"RS256"}"#, #"{"alg":"RS256","alg":"none"}"#,
      #"{"alg":"none","alg":"RS256"}"#, #"{"alg":"RS256","kid":"k1","kid":"e1"}"#,
    ]
    for header in headers {
      let got = try refusal(header: header, algorithms: ["none", "RS256"]) { _ in [0] }
      #expect(got == .malformed(what: "header"), "\(header)")
    }
  }

  @Test("a keyed hash with anything public as its key is refused, though the metadata list it")
  func publicKeyAsSecret() throws {
    let signer = try SigningFixture.shared.get()
    let rsa = signer.rsa.publicKey
    let modulus = try rsa.getKeyPrimitives().modulus
    var texts: [[UInt8]] = [
      Array(rsa.pemRepresentation.utf8), Array(rsa.pkcs1PEMRepresentation.utf8),
      Array((rsa.pemRepresentation + "\n").utf8), Array(rsa.derRepresentation),
      Array(rsa.pkcs1DERRepresentation), Array(modulus),
      Array(Base64URL.encode(modulus).utf8), JSONWriter.bytes(.object(try signer.rsaKey)),
      Array(signer.ec.publicKey.pemRepresentation.utf8),
      Array(signer.ec.publicKey.derRepresentation),
      Array(signer.ec.publicKey.x963Representation), JSONWriter.bytes(.object(signer.ecKey)),
      [], Array("0oa1".utf8),
    ]
    texts.append(JSONWriter.bytes(["keys": .array(try signer.allKeys.map { .object($0) })]))
    for text in texts {
      let key = SymmetricKey(data: text)
      let kinds: [(String, ([UInt8]) -> [UInt8])] = [
        ("HS256", { Array(HMAC<SHA256>.authenticationCode(for: $0, using: key)) }),
        ("HS384", { Array(HMAC<SHA384>.authenticationCode(for: $0, using: key)) }),
        ("HS512", { Array(HMAC<SHA512>.authenticationCode(for: $0, using: key)) }),
      ]
      for (name, sign) in kinds {
        for id in ["k1", "e1"] {
          let header = #"{"alg":"\#(name)","kid":"\#(id)"}"#
          #expect(
            try refusal(header: header, algorithms: [name, "RS256", "ES256"], sign: sign)
              == .algorithmRefused(name))
          // And under the name of an algorithm that is taken.
          let dressed = #"{"alg":"RS256","kid":"k1"}"#
          #expect(
            try refusal(header: dressed, algorithms: [name, "RS256"], sign: sign)
              == .badSignature)
        }
      }
    }
  }

  @Test(
    "what is not in the metadata's list is refused, whatever signs it; an empty list refuses all")
  func unlisted() throws {
    let signer = try SigningFixture.shared.get()
    for algorithm in SignatureAlgorithm.allCases {
      let name = algorithm.rawValue
      let id = name == "RS256" ? "k1" : name == "ES256" ? "e1" : name
      let header = #"{"alg":"\#(name)","kid":"\#(id)"}"#
      func sign(_ bytes: [UInt8]) throws -> [UInt8] {
        try signer.signature(String(decoding: bytes, as: UTF8.self), algorithm: name)
      }
      let others = SignatureAlgorithm.allCases.map(\.rawValue).filter { $0 != name }
      for listed in [[], others, [name.lowercased()], [name + " "], ["*"]] {
        #expect(
          try refusal(header: header, algorithms: listed, sign: sign) == .algorithmRefused(name))
      }
    }
    // Ours are nine; of the other names of RFC 7518, 8037 and 8812 none is.
    for name in ["EdDSA", "Ed25519", "ES256K", "RS1", "RSA-OAEP", "dir", "A128KW", "ES256 "] {
      #expect(
        try refusal(header: #"{"alg":"\#(name)"}"#, algorithms: [name, "RS256"]) { _ in [0] }
          == .algorithmRefused(name))
    }
  }

  @Test(
    "keys that a token brings or points at are not looked at: it holds by the issuer's or not at all"
  )
  func keysInTheHeader() throws {
    let issuer = try SigningFixture.shared.get()
    let stranger = P256.Signing.PrivateKey()
    let point = stranger.publicKey.rawRepresentation
    let jwk: JSONValue = [
      "kty": "EC", "crv": "P-256", "kid": "e1", "alg": "ES256",
      "x": .string(Base64URL.encode(point.prefix(32))),
      "y": .string(Base64URL.encode(point.suffix(32))),
    ]
    let extras: [(String, JSONValue)] = [
      ("jwk", jwk), ("jku", "https://evil.example/keys"), ("x5u", "https://evil.example/chain.pem"),
      ("x5c", ["MIIB"]), ("x5t", "AAAA"), ("x5t#S256", "AAAA"), ("keys", [jwk]),
    ]
    for (name, value) in extras {
      for id in ["e1", nil] {
        var header: JSONObject = ["alg": "ES256", name: value]
        if let id { header["kid"] = .string(id) }
        let text = JSONWriter.text(.object(header))
        let forged = try refusal(header: text, algorithms: ["ES256"]) {
          try [UInt8](stranger.signature(for: $0).rawRepresentation)
        }
        #expect(forged == .badSignature, "\(text)")
        let honest = try refusal(header: text, algorithms: ["ES256"]) {
          try [UInt8](issuer.ec.signature(for: $0).rawRepresentation)
        }
        #expect(honest == nil, "\(text)")
      }
      let header = JSONWriter.text(.object(["alg": "ES256", "kid": "theirs", name: value]))
      let unknown = try refusal(header: header, algorithms: ["ES256"]) {
        try [UInt8](stranger.signature(for: $0).rawRepresentation)
      }
      #expect(unknown == .unknownKey(id: "theirs"), "\(header)")
    }
  }

  @Test("header parameters that must be understood are refused, also where they are none")
  func critical() throws {
    let signer = try SigningFixture.shared.get()
    for crit in [
      #"["exp"]"#, #"["b64"]"#, #"["http://example.com/x"]"#, "[]", #""exp""#, "null", "{}",
      #"["alg"]"#, #"["crit"]"#,
    ] {
      let header = #"{"alg":"RS256","kid":"k1","crit":\#(crit),"exp":1,"b64":true}"#
      let got = try refusal(header: header, algorithms: ["RS256"]) {
        try signer.signature(String(decoding: $0, as: UTF8.self), algorithm: "RS256")
      }
      #expect(got == .criticalHeader, "\(crit)")
    }
  }
}
