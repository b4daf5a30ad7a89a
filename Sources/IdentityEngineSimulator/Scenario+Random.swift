// An organisation that nobody has thought of: a policy put together by chance out of every stage and
// switch that there is, from one seed. Tests walk through thousands of them; a person gets one by
// `--scenario random:SEED`.
//
// 1. It is valid: every stage has what it needs, and a list that a person chooses from is not empty.
// 2. It can be met: Ann has every authenticator that a factor asks for, or is made to set it up
//    before, unless her account is locked or the policy ends without tokens.
// 3. What differs beside the policy is what a real organisation may change without a word to its
//    clients: statuses, handles, limits, what is told of unknown people.

extension Scenario {
  /// What every policy put together by chance is called.
  public static let randomName = "random"

  /// The scenario of a seed: the same for the same seed.
  public static func random(seed: UInt64) -> Scenario {
    var draw = ScenarioDraw(seed: seed)
    return draw.scenario(named: "\(randomName):\(seed)")
  }
}

/// Chance, and what has been drawn so far.
struct ScenarioDraw {
  private var random: SeededRandom
  /// What Ann must have, since a factor asks for it.
  private var needed: Set<AuthenticatorKey> = [.password]

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// What proves who somebody is and works without a device that a test does not have.
  private static let factors: [AuthenticatorKey] = [
    .password, .email, .phone, .googleOTP, .securityQuestion, .oktaVerify, .webAuthn, .customApp,
    .identityProvider, .duo, .rsaToken, .onPremMFA, .symantecVIP, .yubiKey, .customOTP,
    .temporaryAccessCode,
  ]
  /// What can be set up by oneself.
  private static let enrollable: [AuthenticatorKey] = [
    .email, .phone, .googleOTP, .securityQuestion, .oktaVerify, .webAuthn, .duo, .rsaToken,
    .onPremMFA, .symantecVIP, .yubiKey,
  ]

  mutating func scenario(named name: String) -> Scenario {
    let policy = policy()
    var scenario = Scenario(
      name: name, sentence: "A policy put together by chance.", policy: policy,
      switches: switches())
    scenario.people = [ann(mayBeLocked: policy.identification != .providersOnly), .ben]
    return scenario
  }

  // MARK: Chance

  private mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &random) < percent
  }

  private mutating func one<Value>(of values: [Value], or fallback: Value) -> Value {
    values.randomElement(using: &random) ?? fallback
  }

  private mutating func some<Value>(of values: [Value], _ range: ClosedRange<Int>) -> [Value] {
    Array(values.shuffled(using: &random).prefix(Int.random(in: range, using: &random)))
  }

  // MARK: The policy

  private mutating func policy() -> SignOnPolicy {
    let identification: SignOnPolicy.Identification =
      switch Int.random(in: 0..<10, using: &random) {
      case 0: .providersOnly
      case 1...3: .onePage
      default: .identifierFirst
      }
    let fewest = identification == .identifierFirst ? 1 : 0
    let requirements = (0..<Int.random(in: fewest...3, using: &random)).map { _ in requirement() }
    var policy = SignOnPolicy(identification, requirements)
    policy.afterwards = some(of: Array(0..<14), 0...3).compactMap { stage($0) }
    if chance(10) { policy.before.append(.userCode("ABCD-XYWZ")) }
    if chance(10) { policy.before.append(.safeMode([1000, 500])) }
    if chance(8) { policy.before.append(.appleExtension(hasAnotherWay: chance(80))) }
    if chance(8) { policy.before.append(.deviceProbe(probe())) }
    if identification == .identifierFirst, chance(15) {
      policy.passkeyFirst = one(of: SignOnPolicy.PasskeyFirst.allCases, or: .autofill)
    }
    policy.launchesAuthenticator = identification == .identifierFirst && chance(8)
    if identification == .providersOnly || chance(25) { policy.providers = providers() }
    if chance(40) { policy.registration = registration() }
    if chance(50) { policy.recovery = recovery() }
    if chance(40) {
      policy.unlock = SignOnPolicy.Unlock(
        need(some(of: [.email, .phone, .googleOTP, .securityQuestion], 1...3)), goesOn: chance(50))
    }
    policy.passwordRules.minLength = Int.random(in: 4...12, using: &random)
    policy.passwordRules.minSymbol = chance(30) ? 1 : 0
    return policy
  }

  private mutating func requirement() -> SignOnPolicy.Requirement {
    let presentation = one(
      of: [SignOnPolicy.Presentation.choose, .verificationData, .straight], or: .choose)
    return SignOnPolicy.Requirement(need(some(of: Self.factors, 1...3)), presentation)
  }

  /// Has Ann have one of these at least: a person may lack what there is another way for.
  private mutating func need(_ keys: [AuthenticatorKey]) -> [AuthenticatorKey] {
    guard let first = keys.first else { return keys }
    needed.insert(first)
    for key in keys.dropFirst() where chance(60) { needed.insert(key) }
    return keys
  }

  /// One of the stages that come after the factors.
  private mutating func stage(_ kind: Int) -> SignOnPolicy.Stage? {
    switch kind {
    case 0: return .enrol(SignOnPolicy.Enrolling(required: some(of: Self.enrollable, 1...2)))
    case 1:
      // One of these is not set up by oneself, and the organisation says so.
      return .enrol(
        SignOnPolicy.Enrolling(optional: some(of: Self.enrollable + [.customOTP], 1...4)))
    case 2:
      return .enrol(
        SignOnPolicy.Enrolling(required: some(of: Self.enrollable, 1...2), graceDays: 7))
    case 3: return .profile(some(of: Self.attributes, 1...3))
    case 4: return .password(passwordChange())
    case 5: return .consent(consent())
    case 6: return .keepMeSignedIn
    case 7: return .deviceAssurance
    case 8: return .safeMode([1000, 500])
    case 9: return chance(50) ? .identityProofing : .userCode("ABCD-XYWZ")
    case 10: return .factor(requirement())
    case 11: return .promotePasskey
    case 12: return chance(40) ? .unknown : nil
    default:
      guard chance(30) else { return nil }
      return .end(one(of: [.accessDenied, .recoveryCompleted, .unlocked], or: .accessDenied))
    }
  }

  private mutating func probe() -> DeviceProbe {
    DeviceProbe(
      one(of: DeviceProbe.Method.allCases, or: .loopback),
      polls: Int.random(in: 1...4, using: &random), hasAnotherWay: chance(80))
  }

  private mutating func passwordChange() -> SignOnPolicy.PasswordChange {
    SignOnPolicy.PasswordChange(
      one(of: [.expired, .expiring, .customExpired, .customExpiring], or: .expired),
      days: Int.random(in: 0...14, using: &random))
  }

  private mutating func consent() -> SignOnPolicy.ConsentRequest {
    typealias Scope = SignOnPolicy.ConsentRequest.Scope
    let scopes = [
      Scope("openid", label: "Sign you in", isOptional: false),
      Scope("profile", label: "View your profile"),
      Scope("demo", label: "View your plan", description: "All of it."),
      Scope("demo.read", label: "View the details of your plan"),
    ]
    let kind = one(of: SignOnPolicy.ConsentRequest.Kind.allCases, or: .everything)
    return SignOnPolicy.ConsentRequest(kind, some(of: scopes, 1...4))
  }

  private mutating func providers() -> [IdentityProvider] {
    let pushed = IdentityProvider(
      "0oapushedsimulated0", type: "FACEBOOK", name: "Facebook IdP", isPushed: true)
    let card: [IdentityProvider] = chance(15) ? [.smartCard] : []
    return some(of: [.google, .saml, pushed], 1...3) + card
  }

  // MARK: What people do by themselves

  private static let attributes: [ProfileAttribute] = [
    ProfileAttribute("division", label: "Division", maxLength: 40),
    ProfileAttribute("nickName", label: "Nickname", isRequired: false, maxLength: 20),
    ProfileAttribute("costCentre", label: "Cost centre", minLength: 4, maxLength: 8),
    ProfileAttribute("remote", label: "Works remotely", .boolean),
    ProfileAttribute("newsletter", label: "Send me news", .boolean, isRequired: false),
    ProfileAttribute("age", label: "Age", .integer, minLength: 16, maxLength: 130),
    ProfileAttribute(
      "size", label: "T-shirt", .radio,
      choices: [ProfileAttribute.Choice("Small", "s"), ProfileAttribute.Choice("Large", "l")]),
    ProfileAttribute(
      "grade", label: "Grade", .level,
      choices: [ProfileAttribute.Choice("One", "1"), ProfileAttribute.Choice("Two", "2")]),
    ProfileAttribute(
      "department", label: "Department", .select,
      choices: [
        ProfileAttribute.Choice("Engineering", "eng"), ProfileAttribute.Choice("Sales", "sales"),
      ]),
  ]

  private mutating func registration() -> SignOnPolicy.Registration {
    let asksPassword = chance(50)
    let isByMail = chance(30)
    let required = some(of: Self.enrollable, 0...1)
    let first: [AuthenticatorKey] = asksPassword ? [] : [.password]
    return SignOnPolicy.Registration(
      attributes: ProfileAttribute.standard + some(of: Self.attributes, 0...3),
      asksPassword: asksPassword,
      stages: isByMail
        ? [.end(.emailVerificationRequired)]
        : [
          .enrol(
            SignOnPolicy.Enrolling(
              required: first + required, optional: some(of: Self.enrollable, 0...3)))
        ],
      activation: [.enrol(SignOnPolicy.Enrolling(required: [.password] + required))],
      isLate: chance(20))
  }

  private mutating func recovery() -> SignOnPolicy.Recovery {
    let kinds: [AuthenticatorKey] = [
      .email, .phone, .googleOTP, .securityQuestion, .oktaVerify,
    ]
    let factors = (0..<Int.random(in: 1...2, using: &random)).map { _ in
      SignOnPolicy.Requirement(
        need(some(of: kinds, 1...3)), chance(60) ? .choose : .verificationData)
    }
    return SignOnPolicy.Recovery(
      factors, offersRevokeSessions: chance(50), goesOn: chance(60))
  }

  // MARK: Ann, and how the organisation behaves

  /// With what she needs, and with some of what she does not.
  private mutating func ann(mayBeLocked: Bool) -> Person {
    for key in Self.factors where chance(30) { needed.insert(key) }
    let whole = Person.ann
    var ann = Person(
      identifier: whole.identifier, password: whole.password,
      status: mayBeLocked && chance(10) ? .lockedOut : .active, firstName: whole.firstName,
      lastName: whole.lastName, email: needed.contains(.email) ? nil : "",
      isAssigned: !chance(3))
    if needed.contains(.phone) {
      ann.phones = whole.phones + (chance(30) ? ["+442071838750"] : [])
    }
    if needed.contains(.googleOTP) { ann.totpSeed = whole.totpSeed }
    if needed.contains(.securityQuestion) { ann.question = whole.question }
    if needed.contains(.oktaVerify) { ann.oktaVerify = whole.oktaVerify }
    if needed.contains(.webAuthn) { ann.passkeys = whole.passkeys }
    ann.passcodes = whole.passcodes.filter { name, _ in needed.contains { $0.rawValue == name } }
    ann.enrolled = whole.enrolled.filter { needed.contains($0) }
    return ann
  }

  private mutating func switches() -> Switches {
    Switches {
      $0.enumerationProtection = chance(40)
      $0.passwordAttempts = Int.random(in: 3...10, using: &random)
      $0.factorAttempts = Int.random(in: 2...5, using: &random)
      $0.resendThrottle = chance(60)
      $0.pollMilliseconds = one(of: [1000, 4000, 5000], or: 4000)
      $0.userVerification = one(of: [.required, .preferred, .discouraged], or: .preferred)
      $0.asksPasskeyTransports = chance(40)
      $0.emailMagicLink = chance(50)
      $0.numberChallenge = chance(50)
      $0.numberChallengePolls = Int.random(in: 0...2, using: &random)
      $0.autoChallenge = chance(60)
      $0.fastPass = chance(15) ? .offered : .off
      $0.duoRedirects = chance(50)
      $0.credentialStatus = one(of: [200, 400, 401, 403], or: 401)
      $0.validationStatus = one(of: [200, 400, 401], or: 400)
      $0.policyStatus = one(of: [200, 400, 403], or: 403)
      $0.refusesUnknownMembers = chance(50)
      $0.stateHandle = chance(70) ? .counting : .constant
      // Quickest to sign with, and beside the point here.
      $0.signingAlgorithm = .es256
    }
  }
}
