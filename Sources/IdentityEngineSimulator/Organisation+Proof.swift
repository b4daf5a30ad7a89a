// Proof of possession (RFC 9449): what a client shows beside a request, so that its tokens are worth
// nothing without its key.

import Crypto
import FoundationEssentials
import HTTPTypes

extension HTTPField.Name {
  static let dpop = HTTPField.Name("DPoP") ?? .server
  static let dpopNonce = HTTPField.Name("DPoP-Nonce") ?? .server
}

/// Why a proof was refused.
enum ProofFault: Error, Sendable {
  case missing
  case malformed
  case badSignature
  /// The method or the address is another's.
  case otherRequest
  case wrongTime
  case used
  case otherToken
  /// It is good, but of a key that the tokens are not bound to.
  case otherKey
  /// It carries no nonce of ours, or an old one.
  case nonce

  var words: String {
    switch self {
    case .missing: "The DPoP proof JWT header is missing."
    case .malformed: "The DPoP proof JWT is malformed."
    case .badSignature: "The DPoP proof JWT has an invalid signature."
    case .otherRequest: "The DPoP proof JWT is for another method or URL."
    case .wrongTime: "The DPoP proof JWT was issued too long ago or in the future."
    case .used: "The DPoP proof JWT has already been used."
    case .otherToken: "The DPoP proof JWT is for another access token."
    case .otherKey: "The DPoP proof JWT is signed with another key than the tokens are bound to."
    case .nonce: "Authorization server requires nonce in DPoP proof."
    }
  }
}

extension Organisation {
  mutating func answer(to fault: ProofFault, now: Date) -> Answer {
    guard case .nonce = fault else { return .oauth("invalid_dpop_proof", fault.words) }
    var answer = Answer.oauth("use_dpop_nonce", fault.words)
    answer.headers[.dpopNonce] = proofNonce(now: now)
    return answer
  }

  /// The newest nonce: one lasts a day, and is taken for three.
  mutating func proofNonce(now: Date) -> String {
    if let newest = proofNonces.last, now < newest.madeAt + 86_400 { return newest.value }
    proofNonces = proofNonces.filter { now < $0.madeAt + 3 * 86_400 }
    let value = random.handle(32)
    proofNonces.append((value, now))
    return value
  }

  /// At the token endpoint: the thumbprint of the key that tokens are to be bound to; `nil` for a
  /// client that need not prove anything, and does not.
  mutating func possession(
    _ request: SimulatedRequest, _ client: OAuthClient, now: Date
  ) throws(ProofFault) -> String? {
    guard request.headers[.dpop] != nil else {
      if client.requiresProof { throw .missing }
      return nil
    }
    return try proof(in: request, now: now, needsNonce: scenario.switches.requiresProofNonce)
  }

  /// The thumbprint of the key in a request's proof (RFC 9449 §4.3).
  mutating func proof(
    in request: SimulatedRequest, now: Date, for accessToken: String? = nil,
    needsNonce: Bool = false
  ) throws(ProofFault) -> String {
    guard let text = request.headers[.dpop] else { throw .missing }
    guard let jwt = ReceivedJWT(text), jwt.header["typ"]?.text == "dpop+jwt",
      let jwk = jwt.header["jwk"]?.members,
      !["d", "p", "q", "k"].contains(where: { jwk[$0] != nil }),
      let key = try? JSONDecoder().decode(
        RegisteredKey.self, from: Data(WireValue.object(jwk).jsonText.utf8)),
      let id = jwt.claims["jti"]?.text, id.utf8.count >= 16,
      let issued = jwt.claims["iat"]?.whole
    else { throw .malformed }
    guard jwt.isSigned(by: key) else { throw .badSignature }
    guard jwt.claims["htm"]?.text == request.method.rawValue,
      jwt.claims["htu"]?.text == origin + request.path
    else { throw .otherRequest }
    guard abs(issued - epoch(now)) <= 300 else { throw .wrongTime }
    if let accessToken {
      let hash = base64URL(Array(SHA256.hash(data: Data(accessToken.utf8))))
      guard jwt.claims["ath"]?.text == hash else { throw .otherToken }
    }
    if needsNonce {
      let nonce = jwt.claims["nonce"]?.text
      guard proofNonces.contains(where: { $0.value == nonce && now < $0.madeAt + 3 * 86_400 })
      else { throw .nonce }
    }
    guard use("dpop \(id)", until: now + 600, now: now) else { throw .used }
    return key.thumbprint
  }
}
