// What is known of authenticators by key (protocol reference §5): what to call one that the engine
// gives no name, and what a person or a program does with it. docs/remediations.md is made from it.
//
// As with remediations, nothing depends on a key being here.

internal import IdentityEngine

/// What becomes of one kind of authenticator.
public struct AuthenticatorRole: Sendable, Equatable {
  /// The engine's key.
  public var key: String
  /// What it is called where the administrator has given it no name.
  public var name: String
  /// How it is verified, in a sentence.
  public var verifying: String
  /// How it is set up, in a sentence.
  public var enrolling: String

  init(_ key: String, _ name: String, verify: String, enroll: String) {
    self.key = key
    self.name = name
    verifying = verify
    enrolling = enroll
  }

  static func of(_ authenticator: Authenticator) -> AuthenticatorRole? {
    derivedKey(authenticator).flatMap { key in all.first { $0.key == key } }
  }

  /// The key; in answers of before 2021, which have none, by type and methods.
  static func derivedKey(_ authenticator: Authenticator) -> String? {
    if let key = authenticator.key { return key }
    let methods = Set(authenticator.methods)
    switch authenticator.type {
    case "password": return "okta_password"
    case "email": return "okta_email"
    case "phone": return "phone_number"
    case "security_question": return "security_question"
    case "security_key" where methods == ["webauthn"]: return "webauthn"
    case "app" where methods == ["otp"]: return "google_otp"
    case "app" where !methods.isDisjoint(with: ["push", "totp", "signed_nonce"]):
      return "okta_verify"
    default: return nil
    }
  }

  /// Every authenticator that has a role, in the order of the protocol reference §5.1.
  public static let all = [
    AuthenticatorRole(
      "okta_password", "Password", verify: "Typed; `recover` where it is forgotten.",
      enroll: "Typed; the policy is in `context.password_policy`."),
    AuthenticatorRole(
      "okta_email", "Email",
      verify: "The code is typed, or the mail's link opened anywhere: the broker polls for it.",
      enroll: "As when verified; the address is the profile's."),
    AuthenticatorRole(
      "phone_number", "Phone", verify: "SMS or call is chosen, and the code typed.",
      enroll: "Number and method are given, and the code typed."),
    AuthenticatorRole(
      "security_question", "Security question",
      verify: "The question is in `context.question`; the answer is typed.",
      enroll: "One question of a list, or one's own, and the answer."),
    AuthenticatorRole(
      "google_otp", "Google Authenticator", verify: "The code is typed.",
      enroll: "`context.qr_code` and `context.shared_secret`, then the code."),
    AuthenticatorRole(
      "okta_verify", "Okta Verify",
      verify: "Push, polled for, with `context.number_challenge`; or the code typed. FastPass "
        + "needs Okta Verify on this machine, and is not supported.",
      enroll: "By QR code, mail or SMS, polled for."),
    AuthenticatorRole(
      "webauthn", "Security key or passkey",
      verify: "A program signs `context.webauthn.challengeData`; it is checked before it is sent.",
      enroll: "A program signs `context.webauthn.activationData`; likewise."),
    AuthenticatorRole(
      "duo", "Duo",
      verify: "A program with a browser runs Duo's page with `host` and `signedToken` of the "
        + "context; newer organisations redirect to it.",
      enroll: "As when verified."),
    AuthenticatorRole(
      "rsa_token", "RSA SecurID", verify: "The code is typed.",
      enroll: "User name and code are typed."),
    AuthenticatorRole(
      "onprem_mfa", "On-premises MFA", verify: "The code is typed.",
      enroll: "User name and code are typed."),
    AuthenticatorRole(
      "symantec_vip", "Symantec VIP", verify: "The code is typed.",
      enroll: "The credential's id and two codes are typed."),
    AuthenticatorRole(
      "yubikey_token", "YubiKey", verify: "The key types its code.",
      enroll: "The key types its code."),
    AuthenticatorRole(
      "custom_otp", "One-time code", verify: "The code is typed.",
      enroll: "By an administrator only."),
    AuthenticatorRole(
      "custom_app", "The organisation's app", verify: "Push, polled for.",
      enroll: "In the app itself."),
    AuthenticatorRole(
      "custom_push", "The organisation's app", verify: "Push, polled for.",
      enroll: "In the app itself."),
    AuthenticatorRole(
      "external_idp", "Identity provider", verify: "In a browser.", enroll: "In a browser."),
    AuthenticatorRole(
      "smart_card_idp", "Smart card", verify: "In a browser that has the card's certificate.",
      enroll: "In a browser that has the card's certificate."),
    AuthenticatorRole(
      "tac", "Temporary access code", verify: "The code is typed.",
      enroll: "By an administrator only."),
    AuthenticatorRole(
      "nfc_pin", "Badge and PIN",
      verify: "Needs Okta's agent on a desktop; not supported. The PIN's form is relayed.",
      enroll: "Likewise."),
  ]
}
