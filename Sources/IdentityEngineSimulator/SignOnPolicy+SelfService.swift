// What people may do for themselves before they have signed in: register, recover a password, and
// unlock an account. Each is a way of its own through stages, begun on the first page.

extension SignOnPolicy {
  /// Self-service registration.
  public struct Registration: Codable, Sendable, Equatable {
    /// What the form asks for.
    public var attributes: [ProfileAttribute]
    /// Whether the password stands on the same form.
    public var asksPassword: Bool
    /// What comes after the form.
    public var stages: [Stage]
    /// What comes after the link that a mail brings, where `stages` ends with one being sent.
    public var activation: [Stage]
    /// Whether the first link has always expired when it is used, and another can be asked for.
    public var isLate: Bool

    /// A way to register.
    public init(
      attributes: [ProfileAttribute] = ProfileAttribute.standard, asksPassword: Bool = false,
      stages: [Stage], activation: [Stage] = [], isLate: Bool = false
    ) {
      self.isLate = isLate
      self.attributes = attributes
      self.asksPassword = asksPassword
      self.stages = stages
      self.activation = activation
    }

    private enum CodingKeys: String, CodingKey {
      case attributes, stages, activation
      case asksPassword = "asks_password"
      case isLate = "late"
    }

    /// Reads it; what is left out is a password and an e-mail address to set up.
    public init(from decoder: any Decoder) throws {
      let file = try decoder.container(keyedBy: CodingKeys.self)
      attributes = try file.value(.attributes, or: ProfileAttribute.standard)
      asksPassword = try file.value(.asksPassword, or: false)
      stages = try file.value(
        .stages, or: [.enrol(Enrolling(required: [.password, .email]))])
      activation = try file.value(.activation, or: [])
      isLate = try file.value(.isLate, or: false)
    }
  }

  /// Recovery of a forgotten password.
  public struct Recovery: Codable, Sendable, Equatable {
    /// What proves who it is.
    public var factors: [Requirement]
    /// Whether the form offers to end the other sessions.
    public var offersRevokeSessions: Bool
    /// Whether the sign-in goes on from there; otherwise it has to be begun anew.
    public var goesOn: Bool

    /// A way to recover.
    public init(
      _ factors: [Requirement], offersRevokeSessions: Bool = true, goesOn: Bool = true
    ) {
      self.factors = factors
      self.offersRevokeSessions = offersRevokeSessions
      self.goesOn = goesOn
    }

    private enum CodingKeys: String, CodingKey {
      case factors
      case offersRevokeSessions = "offer_revoke_sessions"
      case goesOn = "goes_on"
    }

    /// Reads it; what is left out is an e-mail and a sign-in that goes on.
    public init(from decoder: any Decoder) throws {
      let file = try decoder.container(keyedBy: CodingKeys.self)
      factors = try file.value(.factors, or: [Requirement([.email], .choose)])
      offersRevokeSessions = try file.value(.offersRevokeSessions, or: true)
      goesOn = try file.value(.goesOn, or: true)
    }
  }

  /// Unlocking an account.
  public struct Unlock: Codable, Sendable, Equatable {
    /// Any one of these proves who it is.
    public var anyOf: [AuthenticatorKey]
    /// Whether the sign-in goes on from there, with the rest of its factors.
    public var goesOn: Bool

    /// A way to unlock.
    public init(_ anyOf: [AuthenticatorKey], goesOn: Bool = false) {
      self.anyOf = anyOf
      self.goesOn = goesOn
    }

    private enum CodingKeys: String, CodingKey {
      case anyOf = "any_of"
      case goesOn = "goes_on"
    }

    /// Reads it; what is left out is e-mail or phone, and an end once the account is open.
    public init(from decoder: any Decoder) throws {
      let file = try decoder.container(keyedBy: CodingKeys.self)
      anyOf = try file.value(.anyOf, or: [.email, .phone])
      goesOn = try file.value(.goesOn, or: false)
    }
  }
}
