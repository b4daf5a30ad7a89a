// The kinds of credential that there are, and how each is spelled on the wire (§5.1 of the protocol).

/// The kinds of credential that the organisation offers, by Okta's keys.
public enum AuthenticatorKey: String, Codable, Sendable, CaseIterable {
  case password = "okta_password"
  case email = "okta_email"
  case phone = "phone_number"
  case googleOTP = "google_otp"
  case securityQuestion = "security_question"
  case oktaVerify = "okta_verify"
  case webAuthn = "webauthn"
  case customApp = "custom_app"
  case duo = "duo"
  case identityProvider = "external_idp"
  case smartCard = "smart_card_idp"
  case nfcPIN = "nfc_pin"
  case rsaToken = "rsa_token"
  case onPremMFA = "onprem_mfa"
  case symantecVIP = "symantec_vip"
  case yubiKey = "yubikey_token"
  case customOTP = "custom_otp"
  case temporaryAccessCode = "tac"
  /// One that no client knows.
  case unknown = "quantum_badge"
}

extension AuthenticatorKey {
  /// `type` on the wire.
  var type: String {
    switch self {
    case .password: "password"
    case .email: "email"
    case .phone: "phone"
    case .securityQuestion: "security_question"
    case .googleOTP, .oktaVerify, .customApp, .duo, .symantecVIP: "app"
    case .webAuthn, .rsaToken, .onPremMFA, .yubiKey: "security_key"
    case .customOTP: "otp"
    case .temporaryAccessCode: "tac"
    case .identityProvider, .smartCard: "federated"
    case .nfcPIN: "proximity"
    case .unknown: "badge"
    }
  }

  /// The label of the option; one shipped client matches it literally.
  var label: String {
    switch self {
    case .password: "Password"
    case .email: "Email"
    case .phone: "Phone"
    case .googleOTP: "Google Authenticator"
    case .securityQuestion: "Security Question"
    case .oktaVerify: "Okta Verify"
    case .webAuthn: "Security Key or Biometric"
    case .customApp: "Custom Push"
    case .duo: "Duo Security"
    case .identityProvider: "IDP Authenticator"
    case .smartCard: "Smart Card IdP"
    case .nfcPIN: "NFC"
    case .rsaToken: "RSA SecurID"
    case .onPremMFA: "On-prem MFA"
    case .symantecVIP: "Symantec VIP"
    case .yubiKey: "YubiKey Authenticator"
    case .customOTP: "Custom OTP"
    case .temporaryAccessCode: "Temporary Access Code"
    case .unknown: "Quantum Badge"
    }
  }

  /// The methods on the wire.
  var methods: [String] {
    switch self {
    case .password: ["password"]
    case .email: ["email"]
    case .phone: ["sms", "voice"]
    case .googleOTP: ["otp"]
    case .securityQuestion: ["security_question"]
    case .oktaVerify: ["push", "totp"]
    case .webAuthn: ["webauthn"]
    case .customApp: ["push"]
    case .duo: ["duo"]
    case .identityProvider: ["idp"]
    case .smartCard: ["cert"]
    case .nfcPIN: ["nfc_pin"]
    case .rsaToken, .onPremMFA, .symantecVIP, .yubiKey: ["otp"]
    case .customOTP: ["security_key"]
    case .temporaryAccessCode: ["tac"]
    case .unknown: ["quantum"]
    }
  }

  /// The member that names it while it is being verified; for several captures show the one that is
  /// otherwise for enrolling.
  var currentMember: String {
    switch self {
    case .password, .email, .phone, .securityQuestion, .rsaToken, .onPremMFA, .yubiKey,
      .customOTP, .temporaryAccessCode, .nfcPIN:
      "currentAuthenticatorEnrollment"
    default: "currentAuthenticator"
    }
  }

  /// Whether `authenticator-verification-data` has something to ask about it.
  var asksForMethod: Bool { self == .email || self == .phone || self == .oktaVerify }

  /// Whether all enrolments of it are one choice.
  var isChosenAsOne: Bool { self == .oktaVerify || self == .webAuthn || self == .customApp }

  /// What the ids of its enrolments begin with.
  var enrolmentPrefix: String {
    switch self {
    case .password: "lae"
    case .email: "eae"
    case .phone: "pae"
    case .googleOTP: "uft"
    case .securityQuestion: "qae"
    case .oktaVerify, .customApp: "pfd"
    case .webAuthn: "fwf"
    case .duo: "dsf"
    case .identityProvider, .smartCard: "fid"
    case .nfcPIN: "npc"
    case .rsaToken: "rsa"
    case .onPremMFA: "opm"
    case .symantecVIP: "vip"
    case .yubiKey: "ykf"
    case .customOTP: "hot"
    case .temporaryAccessCode: "tac"
    case .unknown: "qbe"
    }
  }
}
