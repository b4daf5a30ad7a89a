// Who can sign in, and with what: how a person of a scenario starts. Where they stand later is kept in a
// `Member`.

/// A person of the directory.
public struct Person: Codable, Sendable, Equatable {
  /// Where an account stands. All but `active` look like a wrong password from outside.
  public enum Status: String, Codable, Sendable {
    case active = "ACTIVE"
    case lockedOut = "LOCKED_OUT"
    case suspended = "SUSPENDED"
    case deprovisioned = "DEPROVISIONED"
  }

  /// The security question of a person.
  public struct SecurityQuestion: Codable, Sendable, Equatable {
    /// Okta's name of the question.
    public var key: String
    /// Its words.
    public var question: String
    /// The answer, compared without regard to case.
    public var answer: String

    /// A question with its answer.
    public init(key: String, question: String, answer: String) {
      self.key = key
      self.question = question
      self.answer = answer
    }
  }

  /// Okta Verify on somebody's phone.
  public struct OktaVerify: Codable, Sendable, Equatable {
    /// What the phone is called.
    public var deviceName: String
    /// The seed of its codes in base32.
    public var totpSeed: String

    /// The app on a phone.
    public init(deviceName: String, totpSeed: String) {
      self.deviceName = deviceName
      self.totpSeed = totpSeed
    }

    private enum CodingKeys: String, CodingKey {
      case deviceName = "device_name"
      case totpSeed = "totp_seed"
    }
  }

  /// What is typed as user name; compared without regard to case.
  public var identifier: String
  /// The password.
  public var password: String
  /// Whether the account is open.
  public var status: Status
  /// First name of the profile.
  public var firstName: String
  /// Last name of the profile.
  public var lastName: String
  /// Where mail goes; also the `email` claim. Left out in a file, it is the identifier.
  public var email: String
  /// Whether the address is set up as an authenticator.
  public var isEmailEnrolled = true
  /// Numbers for SMS and calls, each an enrolment of its own.
  public var phones: [String]
  /// The seed of Google Authenticator in base32.
  public var totpSeed: String?
  /// The security question, where one is enrolled.
  public var question: SecurityQuestion?
  /// What the tokens of other makers give, by the authenticator's key. Several passcodes with a
  /// space between them are asked for one after the other.
  public var passcodes: [String: String]
  /// Okta Verify, where it is enrolled.
  public var oktaVerify: OktaVerify?
  /// Security keys and passkeys, each an enrolment of its own.
  public var passkeys: [Passkey]
  /// Authenticators that are enrolled, and of which there is nothing to know.
  public var enrolled: [AuthenticatorKey]
  /// Further attributes of the profile.
  public var attributes: [String: String] = [:]
  /// Whether the person may use the app.
  public var isAssigned: Bool

  /// A person.
  public init(
    identifier: String, password: String, status: Status = .active, firstName: String,
    lastName: String, email: String? = nil, phones: [String] = [], totpSeed: String? = nil,
    question: SecurityQuestion? = nil, passcodes: [String: String] = [:],
    oktaVerify: OktaVerify? = nil, passkeys: [Passkey] = [], enrolled: [AuthenticatorKey] = [],
    isAssigned: Bool = true
  ) {
    self.identifier = identifier
    self.password = password
    self.status = status
    self.firstName = firstName
    self.lastName = lastName
    self.email = email ?? identifier
    self.phones = phones
    self.totpSeed = totpSeed
    self.question = question
    self.passcodes = passcodes
    self.oktaVerify = oktaVerify
    self.passkeys = passkeys
    self.enrolled = enrolled
    self.isAssigned = isAssigned
  }

  private enum CodingKeys: String, CodingKey {
    case identifier, password, status, email, phones, question, passcodes, enrolled
    case passkeys, attributes
    case oktaVerify = "okta_verify"
    case firstName = "first_name"
    case lastName = "last_name"
    case totpSeed = "totp_seed"
    case isEmailEnrolled = "email_enrolled"
    case isAssigned = "assigned"
  }

  /// Reads a person; only identifier and password are needed.
  public init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    let identifier = try file.decode(String.self, forKey: .identifier)
    self.identifier = identifier
    password = try file.decode(String.self, forKey: .password)
    status = try file.value(.status, or: .active)
    firstName = try file.value(.firstName, or: "Ann")
    lastName = try file.value(.lastName, or: "Example")
    email = try file.value(.email, or: identifier)
    isEmailEnrolled = try file.value(.isEmailEnrolled, or: true)
    phones = try file.value(.phones, or: [])
    totpSeed = try file.decodeIfPresent(String.self, forKey: .totpSeed)
    question = try file.decodeIfPresent(SecurityQuestion.self, forKey: .question)
    passcodes = try file.value(.passcodes, or: [:])
    oktaVerify = try file.decodeIfPresent(OktaVerify.self, forKey: .oktaVerify)
    passkeys = try file.value(.passkeys, or: [])
    enrolled = try file.value(.enrolled, or: [])
    attributes = try file.value(.attributes, or: [:])
    isAssigned = try file.value(.isAssigned, or: true)
  }
}
