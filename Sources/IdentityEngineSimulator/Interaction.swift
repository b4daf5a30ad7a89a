// What the organisation remembers between two requests of one sign-in.
//
// 1. An interaction begins at `/v1/interact`, and its handle never changes.
// 2. Within it runs one authentication at a time. Cancelling ends the run and begins another, with
//    a new state handle; the handles of the run before are dead (`idx.session.expired`).
// 3. Within a run every state handle that was ever given out works, because shipped clients go back
//    to an older one after a refused answer.
// 4. A run lives two hours until the person is known, five minutes from each good step after that,
//    and a minute once it has its interaction code. Refused answers and polls add nothing.

import FoundationEssentials

/// One OAuth request that is being authenticated.
struct Interaction: Sendable {
  let handle: String
  let client: OAuthClient
  /// The custom authorization server, or `nil` for the organisation's own.
  let server: AuthorizationServer?
  let scopes: [String]
  let codeChallenge: String
  let redirectURI: String
  let state: String?
  let nonce: String?
  let loginHint: String?
  let maxAge: String?
  var run: Run?
}

/// One authentication.
struct Run: Sendable {
  static let untilIdentified: TimeInterval = 2 * 3600
  static let betweenSteps: TimeInterval = 5 * 60
  static let untilExchanged: TimeInterval = 60

  /// What all its state handles have in common.
  let identifier: String
  let style: Switches.StateHandle
  /// Which handle is the newest.
  var count = 1
  var step: any Step
  var subject: Subject?
  var proofs: [Proof] = []
  /// What it goes through, and how much of that it has got through.
  var plan: [SignOnPolicy.Stage] = []
  var met = 0
  /// What it is for.
  var purpose = Purpose.signIn
  /// Good news for the next page.
  var notices: [Message] = []
  /// What a person did not agree to.
  var deniedScopes: Set<String> = []
  var expiresAt: Date

  /// What a run is for. It begins as a sign-in, and may end as one.
  enum Purpose: Sendable { case signIn, registration, recovery, unlock }

  /// What has to be got through next.
  var stage: SignOnPolicy.Stage? { plan.indices.contains(met) ? plan[met] : nil }

  /// The factor that has to be proven next.
  var requirement: SignOnPolicy.Requirement? {
    if case .factor(let requirement)? = stage { requirement } else { nil }
  }

  /// The newest state handle.
  var stateHandle: String {
    switch style {
    case .constant: "02" + identifier
    case .counting: "02.id.\(identifier)~c.\(count)"
    }
  }

  /// Whether the handle is one that this run has given out.
  func owns(_ handle: String) -> Bool {
    switch style {
    case .constant:
      return handle == stateHandle
    case .counting:
      guard Run.identifier(in: handle) == identifier,
        let number = Int(handle.dropFirst("02.id.\(identifier)~c.".count))
      else { return false }
      return (1...count).contains(number)
    }
  }

  /// The common part of a state handle.
  static func identifier(in handle: String) -> String? {
    if handle.hasPrefix("02.id.") {
      return String(handle.dropFirst(6).prefix { $0 != "~" })
    }
    return handle.hasPrefix("02") ? String(handle.dropFirst(2)) : nil
  }
}

/// An interaction code that was given out.
struct IssuedCode: Sendable {
  let interaction: String
  let member: Int
  let scopes: [String]
  let amr: [String]
  let authenticatedAt: Date
  let expiresAt: Date
}
