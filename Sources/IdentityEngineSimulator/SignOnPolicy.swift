// What a sign-in takes.

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
    /// Not at all, and whatever else the first page offers has to do.
    case nothing
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
  /// How the first page offers passkeys, where it does.
  public var passkeyFirst: PasskeyFirst?
  /// Whether the first page has a button that asks Okta Verify on the same machine.
  public var launchesAuthenticator = false
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
    case passkeyFirst = "passkey_first"
    case launchesAuthenticator = "launch_authenticator"
    case passwordRules = "password_rules"
  }

  /// A policy.
  public init(
    _ identification: Identification, _ requirements: [Requirement], afterwards: [Stage] = [],
    before: [Stage] = [], registration: Registration? = nil, recovery: Recovery? = nil,
    unlock: Unlock? = nil, providers: [IdentityProvider] = [], passkeyFirst: PasskeyFirst? = nil,
    launchesAuthenticator: Bool = false
  ) {
    self.identification = identification
    self.requirements = requirements
    self.afterwards = afterwards
    self.before = before
    self.registration = registration
    self.recovery = recovery
    self.unlock = unlock
    self.providers = providers
    self.passkeyFirst = passkeyFirst
    self.launchesAuthenticator = launchesAuthenticator
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
    passkeyFirst = try file.decodeIfPresent(PasskeyFirst.self, forKey: .passkeyFirst)
    launchesAuthenticator = try file.value(.launchesAuthenticator, or: false)
    passwordRules = try file.value(.passwordRules, or: PasswordRules())
  }

  /// Everything that a known person goes through, in order.
  var stages: [Stage] { requirements.map { .factor($0) } + afterwards }

  /// Identifier, then password.
  public static let password = SignOnPolicy(.identifierFirst, [Requirement([.password], .straight)])
}
