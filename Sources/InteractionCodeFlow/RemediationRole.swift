// What is known of remediations by name: how they are answered and what to call them.
//
// This is the only table of names in the flow, and nothing depends on a name being in it: one that
// nobody knows is a form like any other, built from what it carries (protocol reference §4.1).

internal import IdentityEngine
internal import Prompts

/// How a remediation is presented.
struct RemediationRole {
  var label: String
  /// `nil`: what the form itself says (fields, `refresh`, link).
  var kind: Form.Kind?

  init(_ label: String, _ kind: Form.Kind? = nil) {
    self.label = label
    self.kind = kind
  }

  /// The role of a known name.
  static func named(_ name: String) -> RemediationRole? { table[name] }

  private static let table: [String: RemediationRole] = [
    // Identify and begin
    "identify": RemediationRole("Sign in"),
    "identify-recovery": RemediationRole("Find your account"),
    "select-identify": RemediationRole("Back to sign in"),
    "select-enroll-profile": RemediationRole("Sign up"),
    "unlock-account": RemediationRole("Unlock account"),
    "user-code": RemediationRole("Enter the code of the device"),
    "request-activation-email": RemediationRole("Send a new activation email"),
    // Choose
    "select-authenticator-authenticate": RemediationRole("Verify with something else"),
    "select-authenticator-enroll": RemediationRole("Set up an authenticator"),
    "select-authenticator-unlock-account": RemediationRole("Unlock with"),
    "authenticator-verification-data": RemediationRole("Send"),
    "authenticator-enrollment-data": RemediationRole("Set up"),
    "select-enrollment-channel": RemediationRole("Choose how to set up"),
    "enrollment-channel-data": RemediationRole("Where to send the link"),
    // Verify
    "challenge-authenticator": RemediationRole("Verify"),
    "challenge-poll": RemediationRole("Waiting for your device", .poll),
    "challenge-webauthn-autofillui-authenticator": RemediationRole("Sign in with a passkey"),
    "resend": RemediationRole("Send again"),
    "poll": RemediationRole("Waiting for the server", .poll),
    "device-challenge-poll": RemediationRole("Looking for Okta Verify", .poll),
    "launch-authenticator": RemediationRole("Sign in with Okta FastPass", .unsupported),
    "launch-nfc-authenticator": RemediationRole("Sign in with a badge", .unsupported),
    "launch-webauthn-authenticator": RemediationRole("Sign in with a passkey"),
    "launch-passkeys-authenticator": RemediationRole("Sign in with a passkey"),
    "device-apple-sso-extension": RemediationRole("Sign in with the Apple extension", .unsupported),
    "cancel-transaction": RemediationRole("Leave the extension"),
    "device-assurance-grace-period": RemediationRole("Continue"),
    // Enrol and change
    "enroll-profile": RemediationRole("Register"),
    "profile-update": RemediationRole("Complete your profile"),
    "enroll-authenticator": RemediationRole("Set up"),
    "enroll-authenticator-promotion": RemediationRole("Add a passkey"),
    "enroll-webauthn-residentkey": RemediationRole("Add a passkey"),
    "enroll-poll": RemediationRole("Waiting for your device", .poll),
    "reset-authenticator": RemediationRole("Reset"),
    "reenroll-authenticator": RemediationRole("Change"),
    "reenroll-authenticator-warning": RemediationRole("Change"),
    "reenroll-custom-password-expiry": RemediationRole("Change"),
    "reenroll-custom-password-expiry-warning": RemediationRole("Change"),
    "skip": RemediationRole("Skip"),
    // Consent and session
    "consent": RemediationRole("Allow access"),
    "admin-consent": RemediationRole("Allow access"),
    "granular-consent": RemediationRole("Allow access"),
    "email-challenge-consent": RemediationRole("Was this you?"),
    "keep-me-signed-in": RemediationRole("Stay signed in"),
    // Redirects
    "redirect-idp": RemediationRole("Sign in with another provider", .browser),
    "piv-idp": RemediationRole("Sign in with a smart card", .unsupported),
    "redirect-idverify": RemediationRole("Prove your identity", .browser),
    "success-redirect": RemediationRole("Continue in a browser", .browser),
    "failure-redirect": RemediationRole("Back to the application", .browser),
    // Actions
    "recover": RemediationRole("Forgot it"),
    "send": RemediationRole("Send"),
    "cancel-polling": RemediationRole("Go on without it"),
    "cancel-polling-transaction": RemediationRole("Go on without it"),
  ]
}
