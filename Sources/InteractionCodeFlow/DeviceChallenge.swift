// A challenge that is answered by a program of the issuer's on the person's own machine, found at a
// port of loopback or by an address of its own scheme (protocol reference §5.3): Okta Verify for
// FastPass, an agent for badges. A broker has neither, and what such a challenge signs is that very
// machine, so that nobody can stand in for it. It is asked after all the same, for the engine gives up
// in the end and says what comes next.

internal import IdentityEngine
internal import JSON

enum DeviceChallenge {
  /// What an administrator can do where nothing but FastPass is accepted.
  static let fastPassAdvice =
    "Okta FastPass needs Okta Verify on this machine; let the sign-on policy accept another "
    + "authenticator, such as a push to a phone, for this application"
  /// The same for badges.
  static let badgeAdvice =
    "a badge needs Okta's agent on a desktop; let the sign-on policy accept another "
    + "authenticator for this application"

  /// Whether this poll waits for such a program.
  static func isAwaited(by remediation: Remediation, in response: IDXResponse) -> Bool {
    guard remediation.isPoll, remediation.isForm else { return false }
    if remediation.name == "device-challenge-poll" { return true }
    guard remediation.name == "challenge-poll" else { return false }
    let posed = [response.currentAuthenticator, response.currentEnrollment].compactMap { $0 }
    return posed.contains { authenticator in
      let challenge = authenticator.contextualData?["challenge"]
      return authenticator.methods == ["signed_nonce"]
        || (challenge?["value"] ?? challenge)?["challengeMethod"]?.string != nil
    }
  }

  /// The remediation that would have begun it, for its name: what waits for it is named after any
  /// device.
  static func button(for remediation: Remediation, in response: IDXResponse) -> String? {
    guard remediation.name == "challenge-poll", isAwaited(by: remediation, in: response) else {
      return nil
    }
    let current = response.currentAuthenticator ?? response.currentEnrollment
    return current?.key == "nfc_pin" ? "launch-nfc-authenticator" : "launch-authenticator"
  }

  /// What an administrator can do, by the authenticator in question.
  static func advice(_ authenticator: String?) -> String {
    authenticator == "nfc_pin" ? badgeAdvice : fastPassAdvice
  }
}
