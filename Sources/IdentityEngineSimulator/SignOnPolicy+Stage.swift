// What a run goes through, one thing after the other. A factor is one kind of it; the rest is what a
// policy puts before, between or after the factors: enrolment, a profile to complete, a password to
// change, consent, and ways to end without tokens. A scenario file may put them in any order.

extension SignOnPolicy {
  /// One thing that has to be got through.
  public enum Stage: Sendable, Equatable {
    /// A factor is proven.
    case factor(Requirement)
    /// Authenticators are set up; those that the person has are passed over.
    case enrol(Enrolling)
    /// Attributes that the profile lacks are asked for.
    case profile([ProfileAttribute])
    /// The account is opened, and, unless it ends there, the next page says so.
    case unlock
    /// The password is changed.
    case password(PasswordChange)
    /// The person agrees to scopes.
    case consent(ConsentRequest)
    /// The person is asked whether to stay signed in.
    case keepMeSignedIn
    /// The code that another device shows is typed.
    case userCode(String)
    /// The device is not as it should be, but may go on for a while.
    case deviceAssurance
    /// The organisation is busy and is asked again, after so many milliseconds each.
    case safeMode([Int])
    /// Okta Verify on the same machine is asked.
    case deviceProbe(DeviceProbe)
    /// Apple's extension is asked; whether there is another way beside it.
    case appleExtension(hasAnotherWay: Bool)
    /// A passkey is suggested to whoever has none.
    case promotePasskey
    /// The person's papers are looked at, in a browser.
    case identityProofing
    /// Something that no client knows is asked for.
    case unknown
    /// It ends here, without tokens.
    case end(Ending)
  }

  /// Which authenticators are to be set up.
  public struct Enrolling: Codable, Sendable, Equatable {
    /// Those without which it does not go on.
    public var required: [AuthenticatorKey]
    /// Those that are offered once the required ones are there, beside `skip`.
    public var optional: [AuthenticatorKey]
    /// For how many days the required ones may still be skipped; with `nil` they may not.
    public var graceDays: Int?
    /// How often they may still be skipped.
    public var graceSkips: Int?

    /// What is to be set up.
    public init(
      required: [AuthenticatorKey] = [], optional: [AuthenticatorKey] = [], graceDays: Int? = nil,
      graceSkips: Int? = nil
    ) {
      self.graceSkips = graceSkips
      self.required = required
      self.optional = optional
      self.graceDays = graceDays
    }

    private enum CodingKeys: String, CodingKey {
      case required, optional
      case graceDays = "grace_days"
      case graceSkips = "grace_skips"
    }

    /// Reads it; what is left out is empty.
    public init(from decoder: any Decoder) throws {
      let file = try decoder.container(keyedBy: CodingKeys.self)
      required = try file.value(.required, or: [])
      optional = try file.value(.optional, or: [])
      graceDays = try file.decodeIfPresent(Int.self, forKey: .graceDays)
      graceSkips = try file.decodeIfPresent(Int.self, forKey: .graceSkips)
    }
  }

  /// Why a password is changed.
  public struct PasswordChange: Codable, Sendable, Equatable {
    /// The ways in which it comes about.
    public enum Kind: String, Codable, Sendable, CaseIterable {
      /// It has expired: `reenroll-authenticator`.
      case expired
      /// It is about to: `reenroll-authenticator-warning`, beside `skip`.
      case expiring
      /// It is kept elsewhere, and has expired there: `reenroll-custom-password-expiry`.
      case customExpired = "custom-expired"
      /// It is kept elsewhere, and is about to expire there.
      case customExpiring = "custom-expiring"
      /// It was forgotten: `reset-authenticator`.
      case reset
    }

    /// Why.
    public var kind: Kind
    /// Days that are left, in a warning.
    public var days: Int
    /// Whether a reset offers to end the other sessions.
    public var offersRevokeSessions: Bool

    /// A change of the password.
    public init(_ kind: Kind, days: Int = 4, offersRevokeSessions: Bool = true) {
      self.kind = kind
      self.days = days
      self.offersRevokeSessions = offersRevokeSessions
    }

    private enum CodingKeys: String, CodingKey {
      case kind, days
      case offersRevokeSessions = "offer_revoke_sessions"
    }

    /// Reads it; only `kind` is needed.
    public init(from decoder: any Decoder) throws {
      let file = try decoder.container(keyedBy: CodingKeys.self)
      kind = try file.decode(Kind.self, forKey: .kind)
      days = try file.value(.days, or: 4)
      offersRevokeSessions = try file.value(.offersRevokeSessions, or: true)
    }
  }

  /// What a person is asked to agree to.
  public struct ConsentRequest: Codable, Sendable, Equatable {
    /// Who is asked, and how.
    public enum Kind: String, Codable, Sendable, CaseIterable {
      /// Everything or nothing: `consent`.
      case everything = "consent"
      /// The same for an administrator: `admin-consent`.
      case admin = "admin-consent"
      /// Scope by scope: `granular-consent`.
      case granular = "granular-consent"
    }

    /// One scope of it.
    public struct Scope: Codable, Sendable, Equatable {
      /// The scope, dots and all.
      public var name: String
      /// What it is called.
      public var label: String
      /// What it allows.
      public var description: String
      /// Whether it can be left out, where scopes are agreed to one by one.
      public var isOptional: Bool

      /// A scope.
      public init(
        _ name: String, label: String, description: String = "", isOptional: Bool = true
      ) {
        self.name = name
        self.label = label
        self.description = description
        self.isOptional = isOptional
      }

      private enum CodingKeys: String, CodingKey {
        case name, label, description
        case isOptional = "optional"
      }

      /// Reads a scope; only `name` is needed.
      public init(from decoder: any Decoder) throws {
        let file = try decoder.container(keyedBy: CodingKeys.self)
        let name = try file.decode(String.self, forKey: .name)
        self.name = name
        label = try file.value(.label, or: name)
        description = try file.value(.description, or: "")
        isOptional = try file.value(.isOptional, or: true)
      }
    }

    /// Who is asked, and how.
    public var kind: Kind
    /// The scopes.
    public var scopes: [Scope]

    /// A question.
    public init(_ kind: Kind, _ scopes: [Scope]) {
      self.kind = kind
      self.scopes = scopes
    }
  }

  /// How it can end without tokens.
  public enum Ending: String, Codable, Sendable, CaseIterable {
    /// Registered; the account is opened by the link that went out by mail.
    case emailVerificationRequired = "email-verification-required"
    /// The password is changed, and the person may sign in with it.
    case recoveryCompleted = "recovery-completed"
    /// The account is open again.
    case unlocked
    /// The policy forbids it.
    case accessDenied = "access-denied"
    /// The same, in an administrator's words, with links.
    case accessDeniedWithLinks = "access-denied-with-links"
    /// The person has not agreed.
    case consentDenied = "consent-denied"
  }
}

extension SignOnPolicy.Enrolling {
  /// How often this person may still skip what is required.
  func skipsLeft(_ member: Member) -> Int { max(0, (graceSkips ?? 0) - member.skips) }

  /// What this person can set up now.
  func pending(_ member: Member) -> (keys: [AuthenticatorKey], isRequired: Bool, maySkip: Bool) {
    let held = Set(member.enrolments.map(\.key))
    let missing = required.filter { !held.contains($0) }
    if !missing.isEmpty { return (missing, true, graceDays != nil || skipsLeft(member) > 0) }
    return (optional.filter { !held.contains($0) }, false, true)
  }
}

extension SignOnPolicy.Stage {
  /// The authenticators by which the stage can be met, where it is a factor.
  var factors: [AuthenticatorKey] {
    if case .factor(let requirement) = self { requirement.anyOf } else { [] }
  }
}
