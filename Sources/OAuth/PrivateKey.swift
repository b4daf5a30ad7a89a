// The key that a client proves itself with (`private_key_jwt`): read once from PEM or JWK, strictly,
// so that what cannot sign is a fault of the configuration and not of a sign-in at night.
//
// What is kept are guarded bytes. They become a key of the cryptographic library for the length of
// one signature; the library zeroes its own memory. While the text is read, copies of it lie on the
// ordinary heap: at start and at a reload, and not after.

internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
internal import JSON
public import Secrets

/// A private key, RSA or P-256, with the name that the issuer knows it by.
public struct PrivateKey: Sendable, Equatable {
  /// Why a text gives no key.
  public enum Fault: Error, Sendable, Equatable {
    /// It is neither PEM nor JWK, or what is inside is no key.
    case unreadable
    /// It is locked with a passphrase.
    case encrypted
    /// A public key, or a certificate.
    case publicOnly
    /// A key set, or more than one private key.
    case several
    /// It is a key, but of a kind, a curve or for a use that is not for this; `what` names it.
    case unsupported(what: String)
    /// An RSA key of fewer than 2048 bits (RFC 7518 §3.3), or of more than 8192.
    case size(bits: Int)
  }

  private enum Material: Sendable, Equatable {
    /// PKCS#1.
    case rsa(Secret)
    case elliptic(EllipticKey)
  }

  private let material: Material
  /// `kid`: which of the client's keys it is. Needed where the client has several at the issuer.
  public let id: String?

  /// `alg`: `RS256` or `ES256`.
  public var algorithm: String {
    switch material {
    case .rsa: "RS256"
    case .elliptic: "ES256"
    }
  }

  /// Reads a key.
  ///
  /// - Parameters:
  ///   - text: PEM (PKCS#8, PKCS#1 or SEC 1), or a JWK (RFC 7517).
  ///   - id: its `kid`; `nil` for the one that a JWK names.
  /// - Throws: `Fault`: why the text gives no key that signs by RS256 or ES256.
  public init(_ text: Secret, id: String? = nil) throws(Fault) {
    let bytes = text.exposedBytes()
    if bytes.first(where: { !" \t\r\n".utf8.contains($0) }) == UInt8(ascii: "{") {
      let (material, name) = try Self.jwk(bytes)
      self.material = material
      self.id = id ?? name
    } else {
      material = try Self.der(PEM.privateKey(in: bytes))
      self.id = id
    }
  }

  /// The JWS signature; `nil` where the library refuses, which a key that was read does not see.
  func signature(over signed: [UInt8]) -> [UInt8]? {
    switch material {
    case .elliptic(let key):
      return key.signature(over: signed)
    case .rsa(let der):
      guard let key = try? _RSA.Signing.PrivateKey(derRepresentation: der.exposedBytes()),
        let signature = try? key.signature(
          for: SHA256.hash(data: signed), padding: .insecurePKCS1v1_5)
      else { return nil }
      return [UInt8](signature.rawRepresentation)
    }
  }

  // MARK: DER

  private static func der(_ bytes: [UInt8]) throws(Fault) -> Material {
    if let key = try? _RSA.Signing.PrivateKey(unsafeDERRepresentation: bytes) {
      return try rsa(key)
    }
    if let key = try? P256.Signing.PrivateKey(derRepresentation: bytes),
      let elliptic = EllipticKey(scalar: Secret(copying: key.rawRepresentation))
    {
      return .elliptic(elliptic)
    }
    if (try? P384.Signing.PrivateKey(derRepresentation: bytes)) != nil {
      throw .unsupported(what: "the curve P-384")
    }
    if (try? P521.Signing.PrivateKey(derRepresentation: bytes)) != nil {
      throw .unsupported(what: "the curve P-521")
    }
    throw .unreadable
  }

  private static func rsa(_ key: _RSA.Signing.PrivateKey) throws(Fault) -> Material {
    guard (2048...8192).contains(key.keySizeInBits) else { throw .size(bits: key.keySizeInBits) }
    return .rsa(Secret(copying: key.derRepresentation))
  }

  // MARK: JWK

  private static func jwk(_ bytes: [UInt8]) throws(Fault) -> (Material, id: String?) {
    let (secrets, rest) = SecretMembers.take(["d", "p", "q", "dp", "dq", "qi"], from: bytes)
    guard let object = (try? JSONParser.parse(rest))?.object else { throw .unreadable }
    guard object["keys"] == nil else { throw .several }
    guard object["use"]?.string ?? "sig" == "sig" else { throw .unsupported(what: "encryption") }
    if let operations = object["key_ops"]?.array, !operations.contains("sign") {
      throw .unsupported(what: "other operations than sign")
    }
    let material: Material
    let algorithm: String
    switch object["kty"]?.string {
    case "RSA":
      material = try rsa(object, secrets)
      algorithm = "RS256"
    case "EC":
      material = try elliptic(object, secrets)
      algorithm = "ES256"
    case let kind?: throw .unsupported(what: "the key type \(kind)")
    case nil: throw .unreadable
    }
    if let named = object["alg"]?.string, named != algorithm {
      throw .unsupported(what: "the algorithm \(named)")
    }
    return (material, object["kid"]?.string)
  }

  private static func rsa(
    _ object: JSONObject, _ secrets: [String: Secret]
  ) throws(Fault) -> Material {
    guard secrets["d"] != nil else { throw .publicOnly }
    guard let modulus = bytes(object["n"]), let exponent = bytes(object["e"]),
      let d = bytes(secrets["d"]), let p = bytes(secrets["p"]), let q = bytes(secrets["q"])
    else { throw .unreadable }
    let bits = modulus.drop { $0 == 0 }.count * 8
    guard (2048...8192).contains(bits) else { throw .size(bits: bits) }
    guard let key = try? _RSA.Signing.PrivateKey(n: modulus, e: exponent, d: d, p: p, q: q) else {
      throw .unreadable
    }
    return try rsa(key)
  }

  /// The point is computed anew; one that is written and is another makes the key no key.
  private static func elliptic(
    _ object: JSONObject, _ secrets: [String: Secret]
  ) throws(Fault) -> Material {
    let curve = object["crv"]?.string ?? ""
    guard curve == "P-256" else { throw .unsupported(what: "the curve \(curve)") }
    guard secrets["d"] != nil else { throw .publicOnly }
    guard let scalar = bytes(secrets["d"]), let x = bytes(object["x"]), let y = bytes(object["y"]),
      let key = EllipticKey(scalar: Secret(copying: scalar)), key.x == x, key.y == y
    else { throw .unreadable }
    return .elliptic(key)
  }

  private static func bytes(_ value: JSONValue?) -> [UInt8]? {
    value?.string.flatMap { Base64URL.decode($0) }
  }

  private static func bytes(_ secret: Secret?) -> [UInt8]? {
    secret.flatMap { Base64URL.decode($0.exposedBytes()) }
  }
}
