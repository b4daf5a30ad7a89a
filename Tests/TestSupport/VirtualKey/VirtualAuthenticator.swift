// What is in the key: credentials, a PIN, and CTAP 2.0's commands for them (§6.1, §6.2, §6.4, §6.5,
// with the PIN protocol of number one).

import Crypto
import CryptoExtras
import Foundation

/// CTAP's commands, as values.
public struct VirtualAuthenticator: Sendable {
  /// One credential.
  public struct Credential: Sendable {
    public var identifier: [UInt8]
    public var party: String
    public var key: P256.Signing.PrivateKey
    public var user: [UInt8]
    /// Whether it is found without a list.
    public var isResident: Bool

    /// - Throws: where the bytes are no private key.
    public init(
      identifier: [UInt8], party: String, privateKey: [UInt8], user: [UInt8] = [],
      isResident: Bool = false
    ) throws {
      self.identifier = identifier
      self.party = party
      key = try P256.Signing.PrivateKey(rawRepresentation: privateKey)
      self.user = user
      self.isResident = isResident
    }

    /// The first of Ann's keys, as the simulator knows it.
    ///
    /// - Parameter user: her handle; where empty the key says none.
    public static func ann(party: String, user: [UInt8] = []) throws -> Credential {
      try Credential(
        identifier: Array("ann-security-key".utf8), party: party,
        privateKey: Array(repeating: 7, count: 32), user: user, isResident: true)
    }
  }

  public internal(set) var credentials: [Credential]
  private let pin: String?
  private var tries = 8
  private var wrongInARow = 0
  private var count: UInt32 = 0
  private var agreement = P256.KeyAgreement.PrivateKey()
  private let token = (0..<16).map { UInt8($0 * 11) }

  init(credentials: [Credential], pin: String?) {
    self.credentials = credentials
    self.pin = pin
  }

  private struct Refusal: Error {
    var status: UInt8
    init(_ status: UInt8) { self.status = status }
  }

  /// Whether the command, which may be refused yet, waits for a touch.
  func needsTouch(_ command: UInt8, _ parameters: ConciseBinary?) -> Bool {
    guard let parameters else { return false }
    switch command {
    case 0x01: return true
    case 0x02:
      return parameters[5]?["up"]?.truth != false && !found(parameters).isEmpty
    default: return false
    }
  }

  /// Status and answer.
  mutating func answer(_ command: UInt8, _ parameters: ConciseBinary?) -> [UInt8] {
    do {
      switch command {
      case 0x04: return [0] + information.encoded
      case 0x01: return try [0] + create(parameters).encoded
      case 0x02: return try [0] + assert(parameters).encoded
      case 0x06: return try [0] + pinCommand(parameters).encoded
      default: return [0x01]
      }
    } catch let refusal as Refusal {
      return [refusal.status]
    } catch {
      return [0x7F]
    }
  }

  private var information: ConciseBinary {
    .numbered([
      (1, .array([.text("FIDO_2_0")])), (3, .bytes(Array(repeating: 0xAB, count: 16))),
      (
        4,
        .named([("rk", .bool(true)), ("up", .bool(true)), ("clientPin", .bool(pin != nil))])
      ),
      (5, .integer(1200)), (6, .array([.integer(1)])),
    ])
  }

  // MARK: Credentials

  private mutating func create(_ parameters: ConciseBinary?) throws -> ConciseBinary {
    guard let parameters, let hash = parameters[1]?.octets,
      let party = parameters[2]?["id"]?.string, let user = parameters[3]?["id"]?.octets
    else { throw Refusal(0x14) }
    let wanted = parameters[4]?.elements?.compactMap { $0["alg"]?.number } ?? []
    guard wanted.contains(-7) else { throw Refusal(0x26) }
    let excluded = parameters[5]?.elements?.compactMap { $0["id"]?.octets } ?? []
    if credentials.contains(where: { $0.party == party && excluded.contains($0.identifier) }) {
      throw Refusal(0x19)
    }
    // A key of version 2.0 that has a PIN wants it for this.
    let isVerified = try verify(parameters[8], hash)
    if pin != nil, !isVerified { throw Refusal(0x36) }
    let made = Credential(
      made: (0..<24).map { UInt8(truncatingIfNeeded: $0 * 7 + credentials.count) }, party: party,
      user: user, isResident: parameters[7]?["rk"]?.truth == true)
    credentials.append(made)
    let point = Array(made.key.publicKey.rawRepresentation)
    let publicKey = ConciseBinary.numbered([
      (1, .integer(2)), (3, .integer(-7)), (-1, .integer(1)), (-2, .bytes(Array(point.prefix(32)))),
      (-3, .bytes(Array(point.suffix(32)))),
    ])
    let data =
      head(party, isVerified: isVerified, flags: 0x40) + Array(repeating: 0xAB, count: 16)
      + [0, UInt8(made.identifier.count)] + made.identifier + publicKey.encoded
    let signature = try made.key.signature(for: Data(data + hash))
    return .numbered([
      (1, .text("packed")), (2, .bytes(data)),
      (
        3,
        .named([
          ("alg", .integer(-7)), ("sig", .bytes(Array(signature.derRepresentation))),
        ])
      ),
    ])
  }

  private func found(_ parameters: ConciseBinary) -> [Credential] {
    let allowed = parameters[3]?.elements?.compactMap { $0["id"]?.octets }
    return credentials.filter { credential in
      credential.party == parameters[1]?.string
        && (allowed.map { $0.contains(credential.identifier) } ?? credential.isResident)
    }
  }

  private mutating func assert(_ parameters: ConciseBinary?) throws -> ConciseBinary {
    guard let parameters, let party = parameters[1]?.string, let hash = parameters[2]?.octets
    else { throw Refusal(0x14) }
    let isVerified = try verify(parameters[6], hash)
    guard let credential = found(parameters).first else { throw Refusal(0x2E) }
    let isTouched = parameters[5]?["up"]?.truth != false
    var data = head(party, isVerified: isVerified, flags: 0)
    if !isTouched { data[32] &= 0xFE }
    let signature = try credential.key.signature(for: Data(data + hash))
    return .numbered([
      (
        1,
        .named([("id", .bytes(credential.identifier)), ("type", .text("public-key"))])
      ),
      (2, .bytes(data)), (3, .bytes(Array(signature.derRepresentation))),
      (
        4,
        parameters[3] == nil && !credential.user.isEmpty
          ? .named([("id", .bytes(credential.user))]) : nil
      ),
    ])
  }

  private mutating func head(_ party: String, isVerified: Bool, flags: UInt8) -> [UInt8] {
    count += 1
    return Array(SHA256.hash(data: Data(party.utf8))) + [1 | (isVerified ? 4 : 0) | flags]
      + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> UInt32($0)) }
  }

  // MARK: The PIN

  private func verify(_ proof: ConciseBinary?, _ hash: [UInt8]) throws -> Bool {
    guard let proof = proof?.octets else { return false }
    let right = HMAC<SHA256>.authenticationCode(
      for: Data(hash), using: SymmetricKey(data: Data(token)))
    guard proof == Array(right).prefix(16).map({ $0 }) else { throw Refusal(0x33) }
    return true
  }

  private mutating func pinCommand(_ parameters: ConciseBinary?) throws -> ConciseBinary {
    switch parameters?[2]?.number {
    case 1: return .numbered([(3, .integer(tries))])
    case 2:
      let point = Array(agreement.publicKey.rawRepresentation)
      return .numbered([
        (
          1,
          .numbered([
            (1, .integer(2)), (3, .integer(-25)), (-1, .integer(1)),
            (-2, .bytes(Array(point.prefix(32)))), (-3, .bytes(Array(point.suffix(32)))),
          ])
        )
      ])
    case 5:
      guard let key = parameters?[3], let x = key[-2]?.octets, let y = key[-3]?.octets,
        let sealed = parameters?[6]?.octets, let pin
      else { throw Refusal(0x14) }
      if tries == 0 { throw Refusal(0x32) }
      if wrongInARow == 3 { throw Refusal(0x34) }
      let other = try P256.KeyAgreement.PublicKey(rawRepresentation: Data(x + y))
      let shared = try agreement.sharedSecretFromKeyAgreement(with: other)
      let secret = SymmetricKey(data: shared.withUnsafeBytes { SHA256.hash(data: Data($0)) })
      let right = Array(SHA256.hash(data: Data(pin.utf8)).prefix(16))
      guard try Self.decrypt(sealed, secret) == right else {
        tries -= 1
        wrongInARow += 1
        agreement = P256.KeyAgreement.PrivateKey()
        throw Refusal(tries == 0 ? 0x32 : wrongInARow == 3 ? 0x34 : 0x31)
      }
      tries = 8
      wrongInARow = 0
      return .numbered([(2, .bytes(try Self.encrypt(token, secret)))])
    default: throw Refusal(0x3E)
    }
  }

  private static let zeros = try? AES._CBC.IV(ivBytes: [UInt8](repeating: 0, count: 16))

  private static func encrypt(_ bytes: [UInt8], _ key: SymmetricKey) throws -> [UInt8] {
    guard let zeros else { throw Refusal(0x7F) }
    return Array(try AES._CBC.encrypt(Data(bytes), using: key, iv: zeros, noPadding: true))
  }

  private static func decrypt(_ bytes: [UInt8], _ key: SymmetricKey) throws -> [UInt8] {
    guard let zeros else { throw Refusal(0x7F) }
    return Array(try AES._CBC.decrypt(Data(bytes), using: key, iv: zeros, noPadding: true))
  }
}

extension VirtualAuthenticator.Credential {
  fileprivate init(made identifier: [UInt8], party: String, user: [UInt8], isResident: Bool) {
    self.identifier = identifier
    self.party = party
    key = P256.Signing.PrivateKey()
    self.user = user
    self.isResident = isResident
  }
}
