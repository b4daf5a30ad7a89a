// What a security key is asked for: a signature under a challenge, or a new credential. It comes from
// the issuer, through the broker, as a prompt's `context.webauthn`; here it is held to what a browser
// would hold it to (Web Authentication Level 2, §5.1.3 and §5.1.4) before any key hears of it.

public import JSON
internal import Secrets

/// A request to a security key.
public struct KeyRequest: Sendable, Equatable {
  /// Whether the key has to know its owner, by PIN or finger, or only to feel a touch.
  public enum UserVerification: String, Sendable {
    case required, preferred, discouraged
  }

  /// What a new credential is made for.
  public struct Creation: Sendable, Equatable {
    /// The relying party's name, for people.
    public var partyName: String
    /// The user's handle at the relying party, 1 to 64 bytes.
    public var user: [UInt8]
    /// The account's name, as the relying party knows it.
    public var userName: String
    /// The person's name, for whoever looks at the key's list.
    public var displayName: String
    /// COSE's numbers of the signature algorithms that are taken, the best first (RFC 9053).
    public var algorithms: [Int]
    /// Credentials that the key must not hold yet.
    public var excluded: [[UInt8]]
    /// Whether the key is to keep the credential itself, so that it signs in without a name.
    public var residentKey: ResidentKey
    /// Whether the issuer wants to know who made the key.
    public var wantsAttestation: Bool
    /// Whether it wants to know whether the credential can be found without a list.
    public var wantsProperties: Bool
  }

  /// Whether the key itself keeps the credential.
  public enum ResidentKey: String, Sendable {
    case required, preferred, discouraged
  }

  /// What the key is asked for.
  public enum Purpose: Sendable, Equatable {
    /// Signs with one of the credentials; with any that the key itself finds where the list is empty.
    case assert(allowed: [[UInt8]])
    case create(Creation)
  }

  /// The issuer's origin.
  public let origin: String
  /// Whom the credential is for.
  public let party: String
  /// As received, base64url.
  public let challenge: String
  /// Whether the key has to know its person, by PIN or finger.
  public let verification: UserVerification
  /// The address that older registrations (U2F) are under; `nil` where there is none that this origin
  /// may use.
  public let olderParty: String?
  /// The parent of the issuer's host, where the issuer does not say whom the credential is for: the host
  /// itself then, or this, by what its documents say (protocol reference §6.3). Tried where a key has no
  /// credential for `party`.
  public let parentParty: String?
  /// A signature, or a new credential.
  public let purpose: Purpose

  /// Reads a prompt's `context.webauthn`.
  ///
  /// - Throws: `KeyFault.badRequest` naming the member, `.foreignParty` where the relying party is
  ///   not the origin's own host or a parent of it.
  public init(context: JSONValue) throws(KeyFault) {
    guard let origin = context["origin"]?.string, let host = RelyingParty.host(ofOrigin: origin)
    else { throw .badRequest("origin") }
    guard let party = context["rpId"]?.string, !party.isEmpty else { throw .badRequest("rpId") }
    guard RelyingParty.isAllowed(party, atHost: host) else { throw .foreignParty }
    self.origin = origin
    self.party = party
    let member = context["activationData"] == nil ? "challengeData" : "activationData"
    guard let data = context[member], data.object != nil else { throw .badRequest(member) }
    guard let challenge = data["challenge"]?.string,
      let bytes = Base64URL.decode(challenge), !bytes.isEmpty
    else { throw .badRequest("challenge") }
    self.challenge = challenge
    let selection = data["authenticatorSelection"]
    let verification = (selection?["userVerification"] ?? data["userVerification"])?.string
    // What is not known counts as the default (§5.4.4).
    self.verification = verification.flatMap { UserVerification(rawValue: $0) } ?? .preferred
    let older = (data["extensions"]?["appid"] ?? data["u2fParams"]?["appid"])?.string
    olderParty = older.flatMap { RelyingParty.isOlderParty($0, atHost: host) ? $0 : nil }
    parentParty = data["rpId"] == nil && older == nil ? RelyingParty.parent(ofHost: host) : nil
    if member == "activationData" {
      purpose = .create(try Creation(data, party: party))
    } else {
      purpose = .assert(
        allowed: try Self.identifiers(context["allowCredentials"], "allowCredentials"))
    }
  }

  /// What a browser would have signed.
  public var clientData: [UInt8] {
    let type =
      switch purpose {
      case .assert: "webauthn.get"
      case .create: "webauthn.create"
      }
    return ClientData.json(type: type, challenge: challenge, origin: origin)
  }

  /// The most credentials that a list may have: more than anybody sets up.
  static let listLimit = 64

  static func identifiers(
    _ list: JSONValue?, _ member: String
  ) throws(KeyFault) -> [[UInt8]] {
    guard let list, !list.isNull else { return [] }
    guard let entries = list.array, entries.count <= listLimit else { throw .badRequest(member) }
    var identifiers: [[UInt8]] = []
    for entry in entries {
      guard let id = entry["id"]?.string.flatMap({ Base64URL.decode($0) }),
        (1...1023).contains(id.count)
      else { throw .badRequest(member) }
      identifiers.append(id)
    }
    return identifiers
  }
}

extension KeyRequest.Creation {
  fileprivate init(_ data: JSONValue, party: String) throws(KeyFault) {
    partyName = data["rp"]?["name"]?.string ?? party
    guard let handle = data["user"]?["id"]?.string else { throw .badRequest("user") }
    user = Self.user(handle)
    guard (1...64).contains(user.count) else { throw .badRequest("user") }
    userName = data["user"]?["name"]?.string ?? ""
    displayName = data["user"]?["displayName"]?.string ?? userName
    let parameters = data["pubKeyCredParams"]?.array ?? []
    // Without a list it is these two (§5.1.3, step 10).
    algorithms = parameters.isEmpty ? [-7, -257] : parameters.compactMap { $0["alg"]?.int }
    excluded = try KeyRequest.identifiers(data["excludeCredentials"], "excludeCredentials")
    let selection = data["authenticatorSelection"]
    let stored = selection?["residentKey"]?.string.flatMap { KeyRequest.ResidentKey(rawValue: $0) }
    residentKey =
      stored ?? (selection?["requireResidentKey"]?.bool == true ? .required : .discouraged)
    let attestation = data["attestation"]?.string ?? "none"
    wantsAttestation = attestation != "none"
    wantsProperties = data["extensions"]?["credProps"]?.bool == true
  }

  /// A browser takes the engine's 20 characters for base64url and gets 15 bytes; what is no base64url
  /// is taken by its UTF-8.
  private static func user(_ handle: String) -> [UInt8] {
    guard let bytes = Base64URL.decode(handle), !bytes.isEmpty,
      Base64URL.encode(bytes) == handle
    else { return Array(handle.utf8) }
    return bytes
  }
}

extension KeyRequest {
  /// A user's handle as the engine knows it: the way back from `Creation.user`.
  public static func handle(of user: [UInt8]) -> String {
    // Other programs registered the UTF-8 of the id, which begins so at every user.
    if user.count == 20, user.starts(with: "00u".utf8), user.allSatisfy({ $0 > 32 && $0 < 127 }) {
      return String(decoding: user, as: UTF8.self)
    }
    return Base64URL.encode(user)
  }
}
