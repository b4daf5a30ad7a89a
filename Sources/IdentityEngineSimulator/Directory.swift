// The people of the organisation with what it remembers of them: enrolments, failed attempts, codes
// that were used. A scenario's `Person` says how they start; a `Member` is where they stand.

import FoundationEssentials

/// One person's instance of an authenticator.
struct Enrolment: Sendable, Equatable {
  var identifier: String
  var key: AuthenticatorKey
  /// Masked address or number, or the question.
  var profile: [(name: String, value: String)] = []
  /// Where codes go, unmasked.
  var destination = ""

  static func == (left: Enrolment, right: Enrolment) -> Bool {
    left.identifier == right.identifier
  }
}

/// A person as the organisation knows them.
struct Member: Sendable {
  var person: Person
  /// `00u…`, the subject of tokens.
  let identifier: String
  var enrolments: [Enrolment]
  /// Played along with, but there is nobody: every proof fails.
  let isPhantom: Bool
  var wrongPasswords = 0
  /// Wrong codes by enrolment.
  var wrongCodes: [String: Int] = [:]
  /// The last step of each time-based code that was accepted, by enrolment.
  var usedSteps: [String: Int64] = [:]
  /// The last counter of each passkey, by credential id.
  var passkeyCounts: [String: UInt32] = [:]
  /// How often setting up was skipped.
  var skips = 0
  /// Whether a push goes out as soon as Okta Verify is up, without being asked for.
  var sendsPushByItself = false

  init(_ person: Person, isPhantom: Bool = false, random: inout SeededRandom) {
    self.person = person
    self.isPhantom = isPhantom
    identifier = random.identifier("00u")
    enrolments = Member.enrolments(of: person, isPhantom: isPhantom, random: &random)
  }

  private static func enrolments(
    of person: Person, isPhantom: Bool, random: inout SeededRandom
  ) -> [Enrolment] {
    func enrolment(
      _ key: AuthenticatorKey, _ profile: [(String, String)] = [], _ destination: String = ""
    ) -> Enrolment {
      Enrolment(
        identifier: random.identifier(key.enrolmentPrefix), key: key,
        profile: profile.map { (name: $0.0, value: $0.1) }, destination: destination)
    }
    // Who has only just registered has none.
    var enrolments: [Enrolment] = []
    if isPhantom || !person.password.isEmpty { enrolments.append(enrolment(.password)) }
    if person.email.contains("@") && person.isEmailEnrolled {
      enrolments.append(enrolment(.email, [("email", masked(email: person.email))], person.email))
    }
    for phone in person.phones {
      enrolments.append(enrolment(.phone, [("phoneNumber", masked(phone: phone))], phone))
    }
    if person.totpSeed != nil { enrolments.append(enrolment(.googleOTP)) }
    if let question = person.question {
      enrolments.append(
        enrolment(
          .securityQuestion,
          [("questionKey", question.key), ("question", question.question)]))
    }
    for (key, _) in person.passcodes.sorted(by: { $0.key < $1.key }) {
      guard let key = AuthenticatorKey(rawValue: key) else { continue }
      let profile = key == .onPremMFA ? [("provider", key.label)] : []
      enrolments.append(enrolment(key, profile))
    }
    if let device = person.oktaVerify {
      enrolments.append(
        enrolment(.oktaVerify, [("deviceName", device.deviceName)], device.deviceName))
    }
    for passkey in person.passkeys {
      enrolments.append(enrolment(.webAuthn, [], passkey.identifier))
    }
    for key in person.enrolled { enrolments.append(enrolment(key)) }
    return enrolments
  }

  /// `a***n@example.com`
  static func masked(email: String) -> String {
    let name = email.prefix { $0 != "@" }
    guard let first = name.first, let last = name.last else { return "***" + email }
    return "\(first)***\(last)" + email.drop { $0 != "@" }
  }

  /// `+1 XXX-XXX-4709`
  static func masked(phone: String) -> String { "\(phone.prefix(2)) XXX-XXX-\(phone.suffix(4))" }

  /// The codes that one of the person's apps shows.
  func timeBasedCode(of key: AuthenticatorKey) -> TimeBasedCode? {
    let seed = key == .oktaVerify ? person.oktaVerify?.totpSeed : person.totpSeed
    return seed.flatMap { TimeBasedCode(base32: $0) }
  }
}

/// Whom a transaction is about.
enum Subject: Sendable {
  /// Somebody in the directory, by place.
  case member(Int)
  /// Nobody, though it must not show.
  case phantom(Member)
}
