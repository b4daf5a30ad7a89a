// The same security key where it is set up: it makes the attestation object that a browser would hand
// over, in the concise binary encoding of CTAP (RFC 8949).

import Crypto
import Foundation

extension SoftwareAuthenticator {
  /// Answers, raw.
  public struct Attestation: Sendable {
    public var clientData: Data
    public var attestation: Data
  }

  /// How a credential is vouched for.
  public enum Statement: Sendable { case none, own }

  /// Makes the credential for a challenge as a browser at this origin would have it made.
  /// - Throws: where the cryptography does, which is hardly ever.
  public func create(
    challenge: String, origin: String, relyingParty: String, type: String = "webauthn.create",
    statement: Statement = .none
  ) throws -> Attestation {
    let client = Data(
      (#"{"type":"\#(type)","challenge":"\#(challenge)","origin":"\#(origin)","crossOrigin":false}"#)
        .utf8)
    let credential = Self.decoded(identifier)
    var data = Data(SHA256.hash(data: Data(relyingParty.utf8)))
    data.append((isTouched ? 1 : 0) | (verifiesUser ? 4 : 0) | 0x40)
    for shift in [24, 16, 8, 0] { data.append(UInt8(truncatingIfNeeded: count >> UInt32(shift))) }
    data.append(Data(count: 16))  // no maker
    data.append(UInt8(credential.count >> 8))
    data.append(UInt8(credential.count & 0xFF))
    data.append(credential)
    data.append(publicKey)
    var statements = Self.map(0)
    var format = "none"
    if statement == .own {
      format = "packed"
      let signature = try key.signature(for: data + Data(SHA256.hash(data: client)))
      statements =
        Self.map(2) + Self.text("alg") + Data([0x26]) + Self.text("sig")
        + Self.bytes(signature.derRepresentation)
    }
    let object =
      Self.map(3) + Self.text("fmt") + Self.text(format) + Self.text("attStmt") + statements
      + Self.text("authData") + Self.bytes(data)
    return Attestation(clientData: client, attestation: object)
  }

  /// The key as COSE has it (RFC 9053 §7.1.1): ES256 on P-256.
  private var publicKey: Data {
    let point = key.publicKey.rawRepresentation
    return Self.map(5) + Data([1, 2, 3, 0x26, 0x20, 1, 0x21]) + Self.bytes(point.prefix(32))
      + Data([0x22]) + Self.bytes(point.suffix(32))
  }

  private static func map(_ count: Int) -> Data { head(5, count) }
  private static func text(_ text: String) -> Data { head(3, text.utf8.count) + Data(text.utf8) }
  private static func bytes(_ bytes: Data) -> Data { head(2, bytes.count) + bytes }

  private static func head(_ kind: UInt8, _ count: Int) -> Data {
    switch count {
    case ..<24: Data([kind << 5 | UInt8(count)])
    case ..<256: Data([kind << 5 | 24, UInt8(count)])
    default: Data([kind << 5 | 25, UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)])
    }
  }

  private static func decoded(_ text: String) -> Data {
    var standard = text.replacingOccurrences(of: "-", with: "+")
      .replacingOccurrences(of: "_", with: "/")
    while standard.count % 4 != 0 { standard += "=" }
    return Data(base64Encoded: standard) ?? Data()
  }
}
