// What is remembered of configured answers, and outlives the process: that they led nowhere, and which
// code was given last.
//
// 1. What was refused is on disk before the record of its sign-in is gone, so that there is always one
//    of them to say so.
// 2. The newest state is what is written, whichever change asked for it.
// 3. Where it cannot be written it holds in memory, and is written with the next change.

internal import FoundationEssentials
internal import Logging
internal import Prompts
internal import Secrets
internal import TokenVault

/// Why the configured answers of a profile are not given any more.
struct AnswersStopped {
  var stop: UnattendedStop
  /// On the uptime clock; `nil`: not before somebody has done something about it.
  var until: Duration?
}

/// After which time a policy that was not known is tried again: it may have been changed.
private let pause: Duration = .seconds(900)

extension Broker {
  /// Whether the profile signs in by itself now.
  func canSignIn(_ profile: Profile) -> Bool {
    guard profile.answers != nil else { return false }
    guard let stopped = answersStopped[profile.name] else { return true }
    return stopped.until.map { $0 <= uptime } ?? false
  }

  /// Why a profile needs a person.
  func answersError(_ profile: Profile) -> BrokerError {
    guard profile.answers != nil, let stopped = answersStopped[profile.name] else {
      return .interactionRequired(profile: profile.name, retryAfter: nil)
    }
    let left = stopped.until.map { max(1, Int(($0 - uptime).components.seconds) + 1) }
    return .answersStopped(profile: profile.name, stopped.stop, retryAfter: left)
  }

  /// The answers have stopped: they are not given any more.
  func remember(_ stop: UnattendedStop, _ key: SessionKey) {
    let isRefusal = if case .unknown = stop { false } else { true }
    answersStopped[key.profile] = AnswersStopped(
      stop: stop, until: isRefusal ? nil : uptime + pause)
    stopChanged(key.profile)
    let (why, member, words): (String, String, [String]) =
      switch stop {
      case .refused(let messages): ("refused", "messages", messages.map { $0.key ?? $0.text })
      case .repeated(let form): ("asked again", "forms", [form])
      case .unknown(let forms): ("not known", "forms", forms)
      case .unfit(let form): ("unfit", "forms", [form])
      }
    parts.logger.warning(
      "the configured answers do not sign in; a person is needed",
      metadata: [
        "event": "answers_stopped", "profile": "\(key.profile)", "owner": "\(key.owner.text)",
        "why": "\(why)", "\(member)": "\(words.joined(separator: ", "))",
      ])
  }

  /// Somebody has signed in: the answers may be tried again.
  func forgetStop(_ profile: String) {
    guard answersStopped.removeValue(forKey: profile) != nil || stopsKept.contains(profile) else {
      return
    }
    stopChanged(profile)
  }

  // MARK: On disk

  private func stopChanged(_ profile: String) {
    stopChanges[profile, default: 0] += 1
    spawn { await self.keepStop(profile) }
  }

  /// Brings onto the disk whether the answers have stopped for good, where that has changed.
  func keepStop(_ name: String) async {
    guard let change = stopChanges[name] else { return }
    let stopped = answersStopped[name].flatMap { $0.until == nil ? $0.stop : nil }
    do {
      if let stopped, let profile = profiles[name],
        let record = AnswersRecord(stopped, of: profile, key: RandomBytes.bytes(16))
      {
        stopsKept.insert(name)
        try await parts.vault.write(record.encoded(), as: AnswersRecord.name(name))
      } else if stopsKept.contains(name) {
        try await parts.vault.delete(AnswersRecord.name(name))
        if stopChanges[name] == change { stopsKept.remove(name) }
      }
      if stopChanges[name] == change { stopChanges[name] = nil }
    } catch {
      parts.logger.warning(
        "it could not be saved whether the configured answers may be given",
        metadata: ["profile": "\(name)", "error": "\(error)"])
    }
  }

  /// What the vault knows of answers that were given: which of them have stopped, and of each
  /// profile's codes the newest.
  func takeUpAnswers(_ records: [(Vault.Name, Secret)]) {
    codesUsed = Self.codesUsed(records)
    for (name, payload) in records where name == AnswersRecord.name(name.profile) {
      stopsKept.insert(name.profile)
      // Of other answers than these it says nothing.
      guard let profile = profiles[name.profile], let record = AnswersRecord(payload),
        record.isOf(profile)
      else { continue }
      answersStopped[name.profile] = AnswersStopped(stop: record.stop, until: nil)
    }
  }

  // MARK: Codes

  /// Brings onto the disk which step's code was given last. Where that fails it is given all the
  /// same: what it guards against takes a restart in the same half minute.
  func keepCode(of step: Int64, _ profile: String) async {
    let record = TaggedFields.encode([(1, Secret(String(step)))])
    do {
      try await parts.vault.write(record, as: Self.codeRecordName(profile))
    } catch {
      parts.logger.warning(
        "it could not be saved which time-based code was given",
        metadata: ["profile": "\(profile)", "error": "\(error)"])
    }
  }

  private static func codeRecordName(_ profile: String) -> Vault.Name {
    Vault.Name(kind: "code", profile: profile, owner: "service")
  }

  private static func codesUsed(_ records: [(Vault.Name, Secret)]) -> [String: Int64] {
    var steps: [String: Int64] = [:]
    for (name, payload) in records where name == codeRecordName(name.profile) {
      for (tag, bytes) in TaggedFields.decode(payload) ?? [] where tag == 1 {
        steps[name.profile] = Int64(bytes.exposedText())
      }
    }
    return steps
  }
}
