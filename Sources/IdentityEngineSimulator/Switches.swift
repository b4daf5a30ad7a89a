// How the organisation behaves beside its policy. Each switch has the value that a real organisation
// has unless somebody changes it.

/// How strict the organisation is, and what it says when it is not pleased.
public struct Switches: Codable, Sendable, Equatable {
  /// The form of state handles.
  public enum StateHandle: String, Codable, Sendable {
    /// `02.id.X~c.Y`, where Y grows with each step and older ones stay valid, as production has it.
    case counting
    /// `02` and forty characters, the same from the first page to the last.
    case constant
  }

  /// How well a security key must know its owner.
  public enum UserVerification: String, Codable, Sendable {
    case required, preferred, discouraged
  }

  /// Whether an unknown identifier is played along with. Without it the organisation says
  /// `idx.unknown.user`, and `incorrectPassword` instead of `E0000004`.
  public var enumerationProtection = false
  /// Wrong passwords until the account locks.
  public var passwordAttempts = 10
  /// Wrong codes until a factor is suspended.
  public var factorAttempts = 5
  /// Whether a second code is refused for 5 seconds (mail) or 30 (SMS, call) after the first.
  public var resendThrottle = true
  /// What polls ask for, in milliseconds.
  public var pollMilliseconds = 4000
  /// Whether a security key must know its owner, or only feel a touch.
  public var userVerification = UserVerification.preferred
  /// Whether Okta Verify on the same machine is a method of it (FastPass, `signed_nonce`).
  public enum FastPass: String, Codable, Sendable {
    /// It is not.
    case off
    /// It comes first, beside push and code.
    case offered
    /// There is nothing else.
    case only
  }

  /// Whether the first page has a riddle that only a browser can put.
  public var captcha = false
  /// Whether codes by mail have letters in them.
  public var alphanumericCodes = false
  /// How Okta Verify is set up.
  public var enrolmentChannels = EnrolmentChannel.standard
  /// Whether Okta Verify on the same machine is a method of it.
  public var fastPass = FastPass.off
  /// Whether Duo is a redirect rather than a frame, as newer organisations have it.
  public var duoRedirects = false
  /// The relying party of security keys, where it is said; otherwise it is the host.
  public var relyingParty: String?
  /// Whether setting up a security key asks for its transports and extensions too, as newer
  /// organisations do.
  public var asksPasskeyTransports = false
  /// Whether an e-mail has a link in it, beside the code.
  public var emailMagicLink = false
  /// Whether a push has to be answered with a number.
  public var numberChallenge = false
  /// How many polls go by before the number to choose is shown.
  public var numberChallengePolls = 0
  /// Whether Okta Verify is sent its push without being asked. Where it is not, a person can ask
  /// for that on the form.
  public var autoChallenge = true
  /// How long a sent code works, in seconds.
  public var codeSeconds = 300
  /// Status of a refused password or code.
  public var credentialStatus = 401
  /// Status of a form that is filled in wrongly.
  public var validationStatus = 400
  /// Status of what policy forbids.
  public var policyStatus = 403
  /// Whether members that the form does not have are refused.
  public var refusesUnknownMembers = false
  /// The form of state handles.
  public var stateHandle = StateHandle.counting
  /// How ID tokens are signed.
  public var signingAlgorithm = SigningKey.Algorithm.rs256
  /// Whether proofs of possession must carry a nonce of ours (RFC 9449 §8).
  public var requiresProofNonce = true
  /// Whether the metadata demands pushed authorization requests (RFC 9126 §5).
  public var requiresPushedRequests = false

  /// The defaults.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case enumerationProtection = "enumeration_protection"
    case passwordAttempts = "password_attempts"
    case factorAttempts = "factor_attempts"
    case resendThrottle = "resend_throttle"
    case pollMilliseconds = "poll_milliseconds"
    case codeSeconds = "code_seconds"
    case userVerification = "user_verification"
    case captcha
    case alphanumericCodes = "alphanumeric_codes"
    case enrolmentChannels = "enrolment_channels"
    case fastPass = "fast_pass"
    case duoRedirects = "duo_redirects"
    case relyingParty = "relying_party"
    case asksPasskeyTransports = "ask_passkey_transports"
    case emailMagicLink = "email_magic_link"
    case numberChallenge = "number_challenge"
    case numberChallengePolls = "number_challenge_polls"
    case autoChallenge = "auto_challenge"
    case credentialStatus = "credential_status"
    case validationStatus = "validation_status"
    case policyStatus = "policy_status"
    case refusesUnknownMembers = "refuse_unknown_members"
    case stateHandle = "state_handle"
    case signingAlgorithm = "signing_algorithm"
    case requiresProofNonce = "require_dpop_nonce"
    case requiresPushedRequests = "require_pushed_requests"
  }

  /// Reads switches; what is left out stays at its default.
  public init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    let standard = Switches()
    enumerationProtection = try file.value(
      .enumerationProtection, or: standard.enumerationProtection)
    passwordAttempts = try file.value(.passwordAttempts, or: standard.passwordAttempts)
    factorAttempts = try file.value(.factorAttempts, or: standard.factorAttempts)
    resendThrottle = try file.value(.resendThrottle, or: standard.resendThrottle)
    pollMilliseconds = try file.value(.pollMilliseconds, or: standard.pollMilliseconds)
    codeSeconds = try file.value(.codeSeconds, or: standard.codeSeconds)
    userVerification = try file.value(.userVerification, or: standard.userVerification)
    captcha = try file.value(.captcha, or: standard.captcha)
    alphanumericCodes = try file.value(.alphanumericCodes, or: standard.alphanumericCodes)
    enrolmentChannels = try file.value(.enrolmentChannels, or: standard.enrolmentChannels)
    fastPass = try file.value(.fastPass, or: standard.fastPass)
    duoRedirects = try file.value(.duoRedirects, or: standard.duoRedirects)
    relyingParty = try file.decodeIfPresent(String.self, forKey: .relyingParty)
    asksPasskeyTransports = try file.value(
      .asksPasskeyTransports, or: standard.asksPasskeyTransports)
    emailMagicLink = try file.value(.emailMagicLink, or: standard.emailMagicLink)
    numberChallenge = try file.value(.numberChallenge, or: standard.numberChallenge)
    numberChallengePolls = try file.value(
      .numberChallengePolls, or: standard.numberChallengePolls)
    autoChallenge = try file.value(.autoChallenge, or: standard.autoChallenge)
    credentialStatus = try file.value(.credentialStatus, or: standard.credentialStatus)
    validationStatus = try file.value(.validationStatus, or: standard.validationStatus)
    policyStatus = try file.value(.policyStatus, or: standard.policyStatus)
    refusesUnknownMembers = try file.value(
      .refusesUnknownMembers, or: standard.refusesUnknownMembers)
    stateHandle = try file.value(.stateHandle, or: standard.stateHandle)
    signingAlgorithm = try file.value(.signingAlgorithm, or: standard.signingAlgorithm)
    requiresProofNonce = try file.value(.requiresProofNonce, or: standard.requiresProofNonce)
    requiresPushedRequests = try file.value(
      .requiresPushedRequests, or: standard.requiresPushedRequests)
  }
}
