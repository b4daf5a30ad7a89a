// What is done without asking anybody: steps that follow from what the run is for, or from what
// this process cannot do.
//
// 1. None of them can cost an attempt or send anything: no code, no push, no mail. Where the engine
//    wants a word that nobody has said, a person is asked.
// 2. Each is taken once a run. What the engine then offers again is a person's to choose, so that
//    no answer of the engine can keep a run going round by itself.
// 3. An answer with words is shown: they are for a person.

internal import IdentityEngine
internal import JSON
internal import Prompts

/// A step that needs nobody.
enum AutomaticStep: String, CaseIterable, Sendable {
  /// `select-enroll-profile`, in a run that is to register.
  case register
  /// `unlock-account`, in a run that is to unlock.
  case unlock
  /// The password's `recover`, in a run that is to recover.
  case recover
  /// `identify-recovery`, with the identifier that was already given.
  case identify
  /// `cancel-polling`, by either name, of a probe for Okta Verify, which is not on this machine.
  case leaveProbe
  /// `cancel-transaction` of Apple's sign-on extension.
  case leaveExtension

  /// What to submit for this step, where the answer offers it.
  fileprivate func remediation(
    in response: IDXResponse, for purpose: Purpose, knowing identifier: String?
  ) -> Remediation? {
    let names = Set(response.remediations.map(\.name))
    switch self {
    case .register:
      return purpose == .register ? response.form("select-enroll-profile", asking: []) : nil
    case .unlock:
      return purpose == .unlock ? response.form("unlock-account", asking: []) : nil
    case .recover:
      // Beside a password that is asked for, not beside one that is being set.
      guard purpose == .recover, !names.isDisjoint(with: ["identify", "challenge-authenticator"])
      else { return nil }
      return response.actions.first { $0.name == "recover" }
    case .identify:
      return identifier == nil ? nil : response.form("identify-recovery", asking: ["identifier"])
    case .leaveProbe:
      guard names == ["device-challenge-poll"] else { return nil }
      return response.actions.first {
        ["cancel-polling", "cancel-polling-transaction"].contains($0.name)
      }
    case .leaveExtension:
      guard names.isSubset(of: ["device-apple-sso-extension", "cancel-transaction"]) else {
        return nil
      }
      return response.form("cancel-transaction", asking: [])
    }
  }
}

extension IDXResponse {
  /// The form of that name, where a person would be asked for just these fields.
  fileprivate func form(_ name: String, asking fields: [String]) -> Remediation? {
    remediations.first { remediation in
      remediation.name == name
        && Field.list(remediation.fields, in: self).map(\.name) == fields
    }
  }
}

extension Transaction {
  /// Takes the step that needs nobody; `nil` where there is none, or it was taken before.
  mutating func proceed(from step: Step) -> [Effect]? {
    for automatic in AutomaticStep.allCases where !stepsTaken.contains(automatic) {
      guard
        let remediation = automatic.remediation(
          in: step.response, for: purpose, knowing: identifier), !remediation.isLink
      else { continue }
      stepsTaken.insert(automatic)
      var answers: [String: AnsweredValue] = [:]
      if automatic == .identify, let identifier {
        answers["identifier"] = .value(.string(identifier))
      }
      return send(remediation, answers, step)
    }
    return nil
  }
}
