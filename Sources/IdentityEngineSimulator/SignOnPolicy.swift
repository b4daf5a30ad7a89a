// What a sign-in takes, and how the organisation behaves around it.

/// The steps from nobody to a signed-in person.
public struct SignOnPolicy: Codable, Sendable, Equatable {
  /// How the first page asks who it is.
  public enum Identification: String, Codable, Sendable {
    /// The identifier alone; what proves it comes afterwards.
    case identifierFirst = "identifier-first"
    /// Identifier and password on one form.
    case onePage = "one-page"
    /// Not at all: there are only links to providers.
    case providersOnly = "providers-only"
  }

  /// How a requirement is put to the person.
  public enum Presentation: String, Codable, Sendable {
    /// `select-authenticator-authenticate`, even where there is only one.
    case choose
    /// `authenticator-verification-data` for the first one, beside the choice.
    case verificationData = "verification-data"
    /// The challenge at once; what must be sent is sent.
    case straight
  }

  /// One factor that must be proven.
  public struct Requirement: Codable, Sendable, Equatable {
    /// Any one of these does.
    public var anyOf: [AuthenticatorKey]
    /// How it is put to the person.
    public var presentation: Presentation

    /// A requirement.
    public init(_ anyOf: [AuthenticatorKey], _ presentation: Presentation) {
      self.anyOf = anyOf
      self.presentation = presentation
    }

    private enum CodingKeys: String, CodingKey {
      case anyOf = "any_of"
      case presentation
    }

    /// Reads a requirement; several authenticators are offered as a choice unless said otherwise.
    public init(from decoder: any Decoder) throws {
      let file = try decoder.container(keyedBy: CodingKeys.self)
      let anyOf = try file.decode([AuthenticatorKey].self, forKey: .anyOf)
      self.anyOf = anyOf
      presentation = try file.value(.presentation, or: anyOf.count > 1 ? .choose : .straight)
    }
  }

  /// The first page.
  public var identification: Identification
  /// What must be proven, in order. With `onePage` the password is proven on the first page, and
  /// needs no entry here.
  public var requirements: [Requirement]
  /// What comes before anybody is known; what needs a person is passed over there.
  public var before: [Stage] = []
  /// What comes after the requirements; more factors may be among it.
  public var afterwards: [Stage] = []
  /// Providers that the first page links to. One that vouches for a person meets all requirements,
  /// or the first of them.
  public var providers: [IdentityProvider] = []
  /// How people register, where they may.
  public var registration: Registration?
  /// How people recover a password, where they may.
  public var recovery: Recovery?
  /// How people unlock their account, where they may.
  public var unlock: Unlock?
  /// What new passwords must be like.
  public var passwordRules = PasswordRules()

  private enum CodingKeys: String, CodingKey {
    case identification, requirements, before, afterwards, registration, recovery, unlock,
      providers
    case passwordRules = "password_rules"
  }

  /// A policy.
  public init(
    _ identification: Identification, _ requirements: [Requirement], afterwards: [Stage] = [],
    before: [Stage] = [], registration: Registration? = nil, recovery: Recovery? = nil,
    unlock: Unlock? = nil, providers: [IdentityProvider] = []
  ) {
    self.identification = identification
    self.requirements = requirements
    self.afterwards = afterwards
    self.before = before
    self.registration = registration
    self.recovery = recovery
    self.unlock = unlock
    self.providers = providers
  }

  /// Reads a policy; only `identification` and `requirements` are needed.
  public init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    identification = try file.decode(Identification.self, forKey: .identification)
    requirements = try file.decode([Requirement].self, forKey: .requirements)
    before = try file.value(.before, or: [])
    afterwards = try file.value(.afterwards, or: [])
    registration = try file.decodeIfPresent(Registration.self, forKey: .registration)
    recovery = try file.decodeIfPresent(Recovery.self, forKey: .recovery)
    unlock = try file.decodeIfPresent(Unlock.self, forKey: .unlock)
    providers = try file.value(.providers, or: [])
    passwordRules = try file.value(.passwordRules, or: PasswordRules())
  }

  /// Everything that a known person goes through, in order.
  var stages: [Stage] { requirements.map { .factor($0) } + afterwards }

  /// Identifier, then password.
  public static let password = SignOnPolicy(.identifierFirst, [Requirement([.password], .straight)])
}

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
