// A security key made of software, for tests: it answers challenges as a real one would, and can be
// told to get one thing wrong. The private keys are those whose public halves the simulator's Ann has.

import Crypto
import Foundation

/// A P-256 credential with its counter.
public struct SoftwareAuthenticator: Sendable {
  /// Answers, raw; whoever sends them picks an alphabet of base64.
  public struct Assertion: Sendable {
    public var clientData: Data
    public var authenticatorData: Data
    public var signatureData: Data
  }

  /// The credential's id, base64url.
  public let identifier: String
  let key: P256.Signing.PrivateKey
  /// The signature counter; each assertion counts one on.
  public var count: UInt32 = 0
  /// Whether it knows its owner, beside feeling a touch.
  public var verifiesUser = true
  /// Whether it feels a touch.
  public var isTouched = true

  /// - Throws: where the bytes are no private key.
  public init(identifier: String, privateKey: [UInt8]) throws {
    self.identifier = identifier
    key = try P256.Signing.PrivateKey(rawRepresentation: privateKey)
  }

  /// Ann's key, the first of her two.
  public static func ann() throws -> SoftwareAuthenticator {
    try SoftwareAuthenticator(
      identifier: "YW5uLXNlY3VyaXR5LWtleQ", privateKey: Array(repeating: 7, count: 32))
  }

  /// Signs a challenge as a browser at this origin would have it signed.
  /// - Throws: where the cryptography does, which is hardly ever.
  public mutating func assert(
    challenge: String, origin: String, relyingParty: String, type: String = "webauthn.get"
  ) throws -> Assertion {
    count += 1
    let client = Data(
      (#"{"type":"\#(type)","challenge":"\#(challenge)","origin":"\#(origin)","crossOrigin":false}"#)
        .utf8)
    var data = Data(SHA256.hash(data: Data(relyingParty.utf8)))
    data.append((isTouched ? 1 : 0) | (verifiesUser ? 4 : 0))
    for shift in [24, 16, 8, 0] { data.append(UInt8(truncatingIfNeeded: count >> UInt32(shift))) }
    let signature = try key.signature(for: data + Data(SHA256.hash(data: client)))
    return Assertion(
      clientData: client, authenticatorData: data, signatureData: signature.derRepresentation)
  }
}
