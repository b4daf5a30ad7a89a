// What of a transaction survives a restart: how to ask the issuer where it stands, what binds its
// code to us, and whom the prompt is said to be for. Nothing that a person typed is in it.

internal import FoundationEssentials
internal import IdentityEngine
internal import InteractionCodeFlow
internal import OAuth
internal import Prompts
internal import Secrets

/// A transaction as it stands in the vault, under the kind `transaction`.
struct TransactionRecord {
  var id: TransactionID
  var checkpoint: Checkpoint
  /// What it was begun with: a configuration that has changed since has no use for it.
  var issuer: String
  var clientID: String
  var redirectURI: String
  var verifier: Secret
  var state: String
  var nonce: String
  var purpose: Purpose
  var requester: Prompt.Requester
  var reason: String?
  var loginHint: String?
  var startedAt: Date
  /// The questions that were answered with a credential without a person, or were about to be.
  var credentialsGiven: Set<String>

  static let kind = "transaction"

  private enum Tag: UInt8 {
    case id = 1
    case handle, stateHandle, stepTaken, issuer, clientID, redirectURI, verifier, state, nonce
    case purpose, pid, uid, exe, unit, reason, loginHint, startedAt, credentialGiven
  }

  init(_ transaction: RunningTransaction, _ checkpoint: Checkpoint) {
    id = transaction.id
    self.checkpoint = checkpoint
    issuer = transaction.profile.issuer
    clientID = transaction.profile.clientID
    redirectURI = transaction.profile.redirectURI
    verifier = transaction.pkce.verifier
    state = transaction.state
    nonce = transaction.nonce
    purpose = transaction.machine.purpose
    requester = transaction.requester
    reason = transaction.reason
    loginHint = transaction.loginHint
    startedAt = transaction.startedAt
    credentialsGiven = transaction.credentialsGiven
  }

  /// Whether the profile still is the client that began it.
  func belongs(to profile: Profile) -> Bool {
    issuer == profile.issuer && clientID == profile.clientID
      && redirectURI == profile.redirectURI
  }

  /// The record's bytes, in guarded memory.
  func encoded() -> Secret {
    var fields: [(Tag, String?)] = [
      (.id, id.rawValue), (.handle, checkpoint.handle.text),
      (.stateHandle, checkpoint.stateHandle?.text), (.issuer, issuer), (.clientID, clientID),
      (.redirectURI, redirectURI), (.state, state), (.nonce, nonce),
      (.purpose, purpose.rawValue), (.pid, String(requester.pid)), (.uid, String(requester.uid)),
      (.exe, requester.exe), (.unit, requester.unit), (.reason, reason), (.loginHint, loginHint),
      (.startedAt, String(Int(startedAt.timeIntervalSince1970))),
    ]
    fields += checkpoint.stepsTaken.map { (.stepTaken, $0) }
    fields += credentialsGiven.sorted().map { (.credentialGiven, $0) }
    let texts = fields.compactMap { tag, text in text.map { (tag.rawValue, Secret($0)) } }
    return TaggedFields.encode([(Tag.verifier.rawValue, verifier)] + texts)
  }

  /// Reads a record; `nil` where something that it needs is not there.
  init?(_ payload: Secret) {
    guard let fields = TaggedFields.decode(payload) else { return nil }
    var texts: [Tag: String] = [:]
    var verifier: Secret?
    var stepsTaken: [String] = []
    var credentialsGiven: Set<String> = []
    for (tag, bytes) in fields {
      switch Tag(rawValue: tag) {
      case .verifier: verifier = bytes
      case .stepTaken: stepsTaken.append(bytes.exposedText())
      case .credentialGiven: credentialsGiven.insert(bytes.exposedText())
      case let tag?: texts[tag] = bytes.exposedText()
      case nil: break
      }
    }
    guard let verifier, let id = texts[.id], let handle = texts[.handle],
      let issuer = texts[.issuer], let clientID = texts[.clientID],
      let redirectURI = texts[.redirectURI], let state = texts[.state], let nonce = texts[.nonce],
      let purpose = texts[.purpose].flatMap({ Purpose(rawValue: $0) }),
      let pid = texts[.pid].flatMap({ Int($0) }), let uid = texts[.uid].flatMap({ Int($0) }),
      let startedAt = texts[.startedAt].flatMap({ Int($0) })
    else { return nil }
    self.id = TransactionID(rawValue: id)
    checkpoint = Checkpoint(
      handle: InteractionHandle(handle),
      stateHandle: texts[.stateHandle].map { StateHandle($0) }, stepsTaken: stepsTaken)
    self.issuer = issuer
    self.clientID = clientID
    self.redirectURI = redirectURI
    self.verifier = verifier
    self.state = state
    self.nonce = nonce
    self.purpose = purpose
    requester = Prompt.Requester(pid: pid, uid: uid, exe: texts[.exe], unit: texts[.unit])
    reason = texts[.reason]
    loginHint = texts[.loginHint]
    self.credentialsGiven = credentialsGiven
    self.startedAt = Date(timeIntervalSince1970: Double(startedAt))
  }
}
