// The links in mails that begin something: an activation, a recovery. What stands in them goes to
// `/interact` as `activation_token` or `recovery_token`, works once, and belongs to one person.

public import FoundationEssentials

/// What a link in a mail is good for.
public enum LinkPurpose: String, Sendable {
  /// Opening the account of somebody who has registered.
  case activation
  /// A new password for somebody who cannot sign in.
  case recovery

  /// The parameter of `/interact` that takes the token.
  public var parameter: String { rawValue + "_token" }
}

/// A token that went out in a link.
struct LinkToken: Sendable {
  static let life: TimeInterval = 3600

  let purpose: LinkPurpose
  let member: Int
  let expiresAt: Date
}

extension Organisation {
  /// Sends a person a mail with a link, and returns the token in it; `nil` where there is no such
  /// person.
  @discardableResult
  public mutating func sendLink(
    _ purpose: LinkPurpose, to identifier: String, now: Date
  ) -> String? {
    guard let place = place(of: identifier) else { return nil }
    return sendLink(purpose, toMember: place, now: now + clockOffset)
  }

  mutating func sendLink(
    _ purpose: LinkPurpose, toMember place: Int, isAgain: Bool = false, now: Date
  ) -> String {
    let token = random.handle(32)
    let isShort = purpose == .activation && !isAgain && scenario.policy.registration?.isLate == true
    linkTokens[token] = LinkToken(
      purpose: purpose, member: place, expiresAt: now + (isShort ? 0 : LinkToken.life))
    let person = members[place].person
    let page = purpose == .activation ? "register" : "reset-password"
    deliver(
      .email, code: "", link: "\(origin)/signin/\(page)?token=\(token)", to: person.email,
      of: person.identifier, now: now)
    outbox[outbox.count - 1].token = token
    return token
  }

  /// Begins a run with the token of a link in place of a name; `nil` where the token is no good.
  mutating func begin(
    with token: String, _ purpose: LinkPurpose, in interaction: inout Interaction, now: Date
  ) -> Bool {
    guard let link = linkTokens[token], link.purpose == purpose else { return false }
    let isExpired = now >= link.expiresAt
    guard !isExpired || purpose == .activation && scenario.policy.registration?.isLate == true
    else { return false }
    if !isExpired { linkTokens[token] = nil }
    begin(in: &interaction, now: now)
    guard var run = interaction.run else { return false }
    if isExpired {
      run.step = RequestActivationStep(member: link.member)
      interaction.run = run
      return true
    }
    let course: Course
    switch purpose {
    case .activation:
      members[link.member].person.status = .active
      course = Course(
        purpose: .registration, subject: .member(link.member),
        proofs: [Proof(key: .email, amr: "otp")],
        plan: scenario.policy.registration?.activation ?? [])
    case .recovery:
      let recovery = scenario.policy.recovery ?? SignOnPolicy.Recovery([])
      course = Course(
        purpose: .recovery, subject: .member(link.member),
        proofs: [Proof(key: .email, amr: "otp")], plan: afterRecovery(recovery))
    }
    turn(&run, to: course, in: interaction, now: now)
    interaction.run = run
    return true
  }
}
