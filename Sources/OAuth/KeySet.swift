// The issuer's signing keys (RFC 7517). A key set may hold keys of kinds that we do not know and
// keys that are broken: those are passed over, because the other keys are as good without them.

public import HTTPTypes
internal import JSON
internal import Secrets

/// The public keys that the issuer signs ID tokens with.
public struct KeySet: Sendable, Equatable {
  /// One key that signatures can be checked with.
  public struct Key: Sendable, Equatable {
    /// The issuer's name for it, `kid`.
    public let id: String?
    /// The one JWS algorithm that it checks (RFC 7518 §3.1): a key that were good for two would let
    /// a token choose.
    public let algorithm: SignatureAlgorithm
    let material: Material

    /// Whether the signature over these bytes is this key's.
    func verifies(_ signature: [UInt8], over signed: [UInt8]) -> Bool {
      switch material {
      case .rsa(let modulus, let exponent):
        algorithm.isSignature(signature, over: signed, modulus: modulus, exponent: exponent)
      case .elliptic(let point):
        algorithm.isSignature(signature, over: signed, point: point)
      }
    }
  }

  enum Material: Sendable, Equatable {
    case rsa(modulus: [UInt8], exponent: [UInt8])
    /// The uncompressed point.
    case elliptic([UInt8])
  }

  /// Those of its keys that can be used, in the issuer's order; of more than 100 the first.
  public let keys: [Key]

  /// The request for an issuer's keys.
  public static func request(_ metadata: IssuerMetadata) -> OAuthRequest {
    .get(metadata.jwksURI)
  }

  /// Reads the answer to `request(_:)`.
  ///
  /// - Throws: as `init(body:)`, and what a refusal means (`OAuthFault`).
  public static func response(
    status: Int, headers: HTTPFields, body: [UInt8]
  ) throws(OAuthFault) -> KeySet {
    try KeySet(OAuthFault.object(status: status, headers: headers, body: body))
  }

  /// Reads a key set.
  ///
  /// - Throws: `.nonsense` where there is no list of keys; single keys that cannot be used are
  ///   passed over.
  public init(body: [UInt8]) throws(OAuthFault) {
    let object = (try? JSONParser.parse(body, rules: .tolerant))?.object
    guard let object else { throw .nonsense(what: "the key set is not a JSON object") }
    try self.init(object)
  }

  private init(_ object: JSONObject) throws(OAuthFault) {
    guard let members = object["keys"]?.array else {
      throw .nonsense(what: "the key set has no list of keys")
    }
    keys = members.prefix(100).compactMap { Key($0) }
  }

  /// The key that a token's header asks for: by name and algorithm, or, for a header that names
  /// none, the only key of that algorithm (OpenID Connect Core §10.1). Where two have one name, the
  /// first counts.
  func key(id: String?, algorithm: SignatureAlgorithm) -> Key? {
    let fitting = keys.filter { $0.algorithm == algorithm }
    guard let id else { return fitting.count == 1 ? fitting.first : nil }
    return fitting.first { $0.id == id }
  }
}

extension KeySet.Key {
  /// `nil` for a key that is not for checking signatures, of another kind, or too weak; and for one
  /// that is published with its private half (Discovery §3 forbids that), by which anybody signs.
  fileprivate init?(_ value: JSONValue) {
    guard value["d"] == nil else { return nil }
    guard value["use"]?.string ?? "sig" == "sig" else { return nil }
    if let operations = value["key_ops"]?.array, !operations.contains("verify") { return nil }
    let material: KeySet.Material?
    let standard: SignatureAlgorithm
    switch (value["kty"]?.string, value["crv"]?.string) {
    case ("RSA", _):
      standard = .rs256
      material = Self.rsa(value)
    case ("EC", "P-256"):
      standard = .es256
      material = Self.elliptic(value, size: 32)
    case ("EC", "P-384"):
      standard = .es384
      material = Self.elliptic(value, size: 48)
    case ("EC", "P-521"):
      standard = .es512
      material = Self.elliptic(value, size: 66)
    default:
      return nil
    }
    var algorithm = standard
    if let named = value["alg"] {
      guard let known = named.string.flatMap({ SignatureAlgorithm(rawValue: $0) }),
        known.keyKind == standard.keyKind
      else { return nil }
      algorithm = known
    }
    guard let material else { return nil }
    self.material = material
    self.algorithm = algorithm
    id = value["kid"]?.string
  }

  /// 2048 bits at least (RFC 7518 §3.3); at most 8192, since a check's cost grows with them.
  private static func rsa(_ value: JSONValue) -> KeySet.Material? {
    guard let modulus = number(value["n"]), let exponent = number(value["e"]),
      (256...1024).contains(modulus.count), modulus.count > 256 || modulus[0] >= 0x80,
      exponent.count <= 4
    else { return nil }
    return .rsa(modulus: modulus, exponent: exponent)
  }

  private static func elliptic(_ value: JSONValue, size: Int) -> KeySet.Material? {
    guard let x = bytes(value["x"]), let y = bytes(value["y"]), x.count == size, y.count == size
    else { return nil }
    return .elliptic([0x04] + x + y)
  }

  /// An unsigned number without the zeros that some writers put in front (RFC 7518 §6.3.1.1).
  private static func number(_ value: JSONValue?) -> [UInt8]? {
    guard let bytes = bytes(value) else { return nil }
    let digits = bytes.drop { $0 == 0 }
    return digits.isEmpty ? nil : Array(digits)
  }

  private static func bytes(_ value: JSONValue?) -> [UInt8]? {
    value?.string.flatMap { Base64URL.decode($0) }
  }
}
