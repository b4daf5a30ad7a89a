// Which step comes when: the sign-on policy, read.

import FoundationEssentials

extension Organisation {
  mutating func firstStep(hint: String? = nil, messages: [Message] = []) -> any Step {
    IdentifyStep(
      identification: scenario.policy.identification, hint: hint,
      passkeys: scenario.policy.passkeyFirst, passkeyChallenge: random.handle(32),
      messages: messages)
  }

  /// The step that the next stage of the plan asks for, or the end. A stage that asks nothing of
  /// this person is passed over.
  mutating func nextStep(_ run: inout Run, in interaction: Interaction, now: Date) -> any Step {
    while let stage = run.stage {
      if let step = step(for: stage, &run, in: interaction, now: now) { return step }
      run.met += 1
    }
    return run.subject == nil && run.purpose == .signIn
      ? firstStep(hint: interaction.loginHint) : lastStep(&run, in: interaction, now: now)
  }

  /// Sends a run another way.
  mutating func turn(_ run: inout Run, to course: Course, in interaction: Interaction, now: Date) {
    run.purpose = course.purpose
    run.subject = course.subject
    run.proofs = course.proofs
    run.plan = course.plan
    run.met = 0
    run.step = course.step ?? nextStep(&run, in: interaction, now: now)
  }

  private mutating func step(
    for stage: SignOnPolicy.Stage, _ run: inout Run, in interaction: Interaction, now: Date
  ) -> (any Step)? {
    switch stage {
    case .factor(let requirement):
      // What was proven on the way here counts, where there is nothing else left to prove.
      let isProven = run.proofs.contains { requirement.anyOf.contains($0.key) }
      if run.subject == nil || isProven && context(of: run).eligible.isEmpty { return nil }
      return factorStep(requirement, &run, in: interaction, now: now)
    case .identityProofing:
      return ProofingStep()
    case .enrol(let enrolling):
      guard let member = context(of: run).member, !member.isPhantom else { return nil }
      return enrolling.pending(member).keys.isEmpty ? nil : SelectEnrolmentStep()
    case .profile(let attributes):
      let known = context(of: run).member?.person.attributes ?? [:]
      let missing = attributes.filter { known[$0.name] == nil }
      return run.subject == nil || missing.isEmpty ? nil : ProfileUpdateStep(attributes: missing)
    case .unlock:
      open(&run)
      return nil
    case .password(let change):
      return run.subject == nil ? nil : PasswordChangeStep(change: change)
    case .consent(let request):
      return run.subject == nil ? nil : ConsentStep(request: request)
    case .keepMeSignedIn:
      return run.subject == nil ? nil : KeepMeSignedInStep()
    case .userCode(let code):
      return UserCodeStep(code: code)
    case .deviceAssurance:
      return DeviceAssuranceStep(until: timestamp(now + 14 * 86400))
    case .unknown:
      return UnknownStep()
    case .deviceProbe(let wanted):
      return probe(wanted, now: now)
    case .appleExtension(let hasAnotherWay):
      return AppleExtensionStep(
        transaction: random.identifier("ft2"), challengeRequest: random.handle(42),
        hasAnotherWay: hasAnotherWay)
    case .promotePasskey:
      guard let member = context(of: run).member, member.person.passkeys.isEmpty else {
        return nil
      }
      return EnrolPasskeyStep(challenge: random.handle(32), isPromotion: true)
    case .safeMode(let milliseconds):
      return SafeModeStep(milliseconds: milliseconds)
    case .end(let ending):
      if ending == .emailVerificationRequired, case .member(let place) = run.subject {
        _ = sendLink(.activation, toMember: place, now: now)
      }
      return EndStep(message: ending.message)
    }
  }

  /// Opens an account, whatever it was closed for but by an administrator.
  private mutating func open(_ run: inout Run) {
    guard case .member(let place) = run.subject, members.indices.contains(place) else { return }
    if members[place].person.status == .lockedOut { members[place].person.status = .active }
    members[place].wrongPasswords = 0
    let rest = run.plan.dropFirst(run.met + 1)
    if rest.first != .end(.unlocked) { run.notices = [.unlockedGoOn] }
  }

  private mutating func factorStep(
    _ requirement: SignOnPolicy.Requirement, _ run: inout Run, in interaction: Interaction,
    now: Date
  ) -> any Step {
    let context = context(of: run)
    guard let first = context.preferred else {
      let label = interaction.client.label
      run.subject = nil
      run.proofs = []
      run.met = 0
      run.plan = []
      run.purpose = .signIn
      return firstStep(messages: [.unsatisfiable(label)])
    }
    switch requirement.presentation {
    case .choose:
      return SelectStep()
    case .verificationData where first.key.asksForMethod && !context.sendsPush(to: first):
      return VerificationDataStep(enrolment: first)
    case .verificationData, .straight:
      let outcome = challenge(
        first, method: context.methods(of: first.key).first, context, now: now)
      if case .next(let step) = outcome { return step }
      return SelectStep()
    }
  }

  private mutating func lastStep(
    _ run: inout Run, in interaction: Interaction, now: Date
  ) -> any Step {
    guard case .member(let place) = run.subject, members.indices.contains(place),
      members[place].person.isAssigned
    else { return RefusedStep(messages: [.notAssigned]) }
    let code = random.handle(43)
    let methods = run.proofs.map(\.amr)
    codes[code] = IssuedCode(
      interaction: interaction.handle, member: place,
      scopes: interaction.scopes.filter { !run.deniedScopes.contains($0) },
      amr: methods.count > 1 ? ["mfa"] + methods : methods, authenticatedAt: now,
      expiresAt: now + Run.untilExchanged)
    run.expiresAt = now + Run.untilExchanged
    return SuccessStep(interactionCode: code)
  }

  /// What the step of a run may know.
  func context(of run: Run) -> StepContext {
    let member: Member? =
      switch run.subject {
      case .member(let place): members.indices.contains(place) ? members[place] : nil
      case .phantom(let member): member
      case nil: nil
      }
    var named = Set(run.plan.flatMap(\.factors))
    if run.purpose == .signIn && scenario.policy.identification == .onePage {
      named.insert(.password)
    }
    let shown = (member?.enrolments ?? []).filter { named.contains($0.key) }
    var context = StepContext(
      subject: run.subject, member: member, shown: shown, authenticators: authenticators,
      switches: scenario.switches)
    context.purpose = run.purpose
    context.providers = scenario.policy.providers
    context.stateHandle = run.stateHandle
    context.origin = origin
    if let interaction = runs[run.identifier].flatMap({ interactions[$0] }) {
      context.interaction = interaction.handle
      context.clientIdentifier = interaction.client.identifier
      context.authorizePath =
        String(oauthBase(of: interaction.server).dropFirst(origin.count)) + "/authorize"
    }
    if let requirement = run.requirement {
      let proven = Set(run.proofs.map(\.key))
      context.eligible = shown.filter {
        requirement.anyOf.contains($0.key) && !proven.contains($0.key)
      }
      context.offersChoice =
        context.eligible.count > 1 || requirement.presentation == .verificationData
        || context.eligible.contains {
          $0.key == .oktaVerify && context.methods(of: .oktaVerify).count > 1
        }
      context.preferred =
        requirement.anyOf.lazy.compactMap { key in
          context.eligible.first { $0.key == key }
        }.first
    }
    context.passwordRules = scenario.policy.passwordRules
    if scenario.policy.registration != nil {
      context.offers.append(Form(name: "select-enroll-profile", path: "/idp/idx/enroll"))
    }
    if scenario.policy.launchesAuthenticator { context.offers.append(.launchAuthenticator) }
    if scenario.policy.unlock != nil {
      context.offers.append(Form(name: "unlock-account", path: "/idp/idx/unlock-account"))
    }
    if case .enrol(let enrolling)? = run.stage, let member, !member.isPhantom {
      let pending = enrolling.pending(member)
      context.enrollable = pending.keys
      context.maySkip = pending.maySkip
      context.shown = member.enrolments
      if pending.isRequired, let days = enrolling.graceDays {
        context.gracePeriod = [
          "type": "BY_DATE_TIME",
          "expiry": .string(timestamp(run.expiresAt + Double(days) * 86400)),
        ]
      } else if pending.isRequired, enrolling.graceSkips != nil {
        context.gracePeriod = [
          "type": "BY_SKIP_COUNT", "remainingSkips": .integer(enrolling.skipsLeft(member)),
        ]
      }
    }
    return context
  }
}
