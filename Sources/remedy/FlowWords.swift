// What `--flow` asks for, in words: above the prompts, where the policy does not offer it, and where it
// was not begun at all. The broker asks the engine for it and takes what it gets; a person has to be
// told when that is only a sign-in.

internal import BrokerInterface
internal import Prompts

/// The words of one flow, and whether its first step has come.
struct FlowWords: Sendable, Equatable {
  private let flow: SessionLogin.Flow
  /// Whether the engine may still offer it.
  private var isAwaited = true

  init(_ flow: SessionLogin.Flow = .authenticate) {
    self.flow = flow
  }

  /// What was not done.
  var undone: String? {
    switch flow {
    case .authenticate: nil
    case .register: "no account was made"
    case .recover: "nothing was recovered"
    case .unlock: "nothing was unlocked"
    }
  }

  /// What stands before the profile at the head of each prompt.
  func task(_ content: Prompt.Content) -> TerminalText {
    if content.asks("identify") { return "Sign in to" }
    return switch flow {
    case .authenticate: "Sign in to"
    case .register: "Make an account for"
    case .recover: "Regain the account for"
    case .unlock: "Unlock the account for"
    }
  }

  /// Said once, where the prompt shows that the engine does not offer it.
  mutating func refusal(_ content: Prompt.Content) -> TerminalText? {
    guard isAwaited, flow != .authenticate else { return nil }
    // To recover is offered beside the password, which may come after the name.
    let isEarly = flow == .recover && content.asks("identify") && !content.asksPassword
    if isEarly { return nil }
    isAwaited = false
    let what: TerminalText
    switch flow {
    case .authenticate: return nil
    case .register where content.asks("identify"): what = "Making an account"
    case .recover where content.asksPassword: what = "Recovering an account"
    case .unlock where content.asks("identify"): what = "Unlocking an account"
    default: return nil
    }
    return what + " is not on offer here: this is a plain sign-in."
  }

  /// Said where a sign-in that somebody else began is gone on with.
  func joined(_ profile: String) -> TerminalText? {
    guard flow != .authenticate else { return nil }
    let what: TerminalText =
      switch flow {
      case .authenticate, .register: "no account is made"
      case .recover: "nothing is recovered"
      case .unlock: "nothing is unlocked"
      }
    return "a sign-in to \(profile) is under way and goes on here; " + what
      + "\nhint: Control-C cancels it; then call again\n"
  }
}

extension Prompt.Content {
  fileprivate func asks(_ remediation: String) -> Bool {
    forms.contains { $0.remediation == remediation }
  }

  /// Whether a password is to be given, not set.
  fileprivate var asksPassword: Bool {
    forms.contains { form in
      switch form.remediation {
      case "identify": form.fields.contains { $0.name == "credentials.passcode" }
      case "challenge-authenticator":
        (form.authenticator ?? authenticator)?.key == "okta_password"
      default: false
      }
    }
  }
}
