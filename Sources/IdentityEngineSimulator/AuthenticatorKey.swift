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
}

extension AuthenticatorKey {
  /// `type` on the wire.
  var type: String {
    switch self {
    case .password: "password"
    case .email: "email"
    case .phone: "phone"
    case .securityQuestion: "security_question"
    case .googleOTP, .oktaVerify, .customApp, .duo: "app"
    case .webAuthn: "security_key"
    case .identityProvider, .smartCard: "federated"
    case .nfcPIN: "proximity"
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
    }
  }

  /// The member that names it while it is being verified; for several captures show the one that is
  /// otherwise for enrolling.
  var currentMember: String {
    switch self {
    case .password, .email, .phone, .securityQuestion: "currentAuthenticatorEnrollment"
    default: "currentAuthenticator"
    }
  }

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
    }
  }
}
