// That the configured answers of a profile were refused, as it stands in the vault: a restart must not
// give them again, and other answers than those have nothing to do with it.

internal import Crypto
internal import Prompts
internal import Secrets
internal import TokenVault

/// Why answers have stopped, and which ones: under the kind `answers`.
struct AnswersRecord {
  let stop: UnattendedStop
  /// Tells the answers from others without being them: HMAC-SHA-256 under a key of its own.
  private let mark: Secret
  private let key: Secret

  private enum Tag: UInt8 {
    case key = 1
    case mark, repeated, level, messageKey, text
  }

  static func name(_ profile: String) -> Vault.Name {
    Vault.Name(kind: "answers", profile: profile, owner: "service")
  }

  /// - Parameter key: random bytes.
  /// - Returns: `nil` where nothing was refused: what a form's rules forbid was not sent.
  init?(_ stop: UnattendedStop, of profile: Profile, key: [UInt8]) {
    switch stop {
    case .refused, .repeated: break
    case .unknown, .unfit: return nil
    }
    let key = Secret(copying: key)
    guard let mark = Self.mark(profile, key) else { return nil }
    self.stop = stop
    self.key = key
    self.mark = mark
  }

  /// Whether it is of the answers that the profile has.
  func isOf(_ profile: Profile) -> Bool { Self.mark(profile, key) == mark }

  /// The same for the same answers to the same issuer alone.
  private static func mark(_ profile: Profile, _ key: Secret) -> Secret? {
    guard let answers = profile.answers else { return nil }
    var fields: [(UInt8, Secret)] = [
      (1, Secret(profile.issuer)), (2, Secret(profile.clientID)),
      (3, Secret(answers.identifier ?? profile.loginHint ?? "")),
    ]
    if let seed = answers.codes?.seed { fields.append((4, seed)) }
    for (name, value) in answers.fields.sorted(by: { $0.key < $1.key }) {
      fields += [(5, Secret(name)), (6, value)]
    }
    let mac = HMAC<SHA256>.authenticationCode(
      for: TaggedFields.encode(fields).exposedBytes(),
      using: SymmetricKey(data: key.exposedBytes()))
    return Secret(copying: Array(mac))
  }

  /// The record's bytes, in guarded memory.
  func encoded() -> Secret {
    var fields: [(Tag, Secret)] = [(.key, key), (.mark, mark)]
    switch stop {
    case .refused(let messages):
      for message in messages {
        fields.append((.level, Secret(message.level.rawValue)))
        if let key = message.key { fields.append((.messageKey, Secret(key))) }
        fields.append((.text, Secret(message.text)))
      }
    case .repeated(let form): fields.append((.repeated, Secret(form)))
    case .unknown, .unfit: break
    }
    return TaggedFields.encode(fields.map { ($0.rawValue, $1) })
  }

  /// Reads a record; `nil` where something that it needs is not there.
  init?(_ payload: Secret) {
    guard let fields = TaggedFields.decode(payload) else { return nil }
    var bytes: [Tag: Secret] = [:]
    var messages: [Message] = []
    for (tag, value) in fields {
      guard let tag = Tag(rawValue: tag) else { continue }
      bytes[tag] = value
      guard tag == .text else { continue }
      let level = bytes.removeValue(forKey: .level).flatMap {
        Message.Level(rawValue: $0.exposedText())
      }
      messages.append(
        Message(
          level: level ?? .error,
          key: bytes.removeValue(forKey: .messageKey)?.exposedText(), text: value.exposedText()))
    }
    guard let key = bytes[.key], let mark = bytes[.mark] else { return nil }
    self.key = key
    self.mark = mark
    stop = bytes[.repeated].map { .repeated(form: $0.exposedText()) } ?? .refused(messages)
  }
}
