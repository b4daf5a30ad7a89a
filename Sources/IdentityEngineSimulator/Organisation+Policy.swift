// Which step comes when: the sign-on policy, read.

import FoundationEssentials

extension Organisation {
  func firstStep(hint: String? = nil, messages: [Message] = []) -> any Step {
    IdentifyStep(
      withPassword: scenario.policy.identification == .onePage, hint: hint, messages: messages)
  }

  /// The step that the first unmet requirement asks for, or the end.
  mutating func nextStep(_ run: inout Run, in interaction: Interaction, now: Date) -> any Step {
    let requirements = scenario.policy.requirements
    guard requirements.indices.contains(run.met) else {
      return lastStep(&run, in: interaction, now: now)
    }
    let context = context(of: run)
    guard let first = context.eligible.first else {
      let label = interaction.client.label
      run.subject = nil
      run.proofs = []
      run.met = 0
      return firstStep(messages: [.unsatisfiable(label)])
    }
    switch requirements[run.met].presentation {
    case .choose:
      return SelectStep()
    case .verificationData where first.key == .email || first.key == .phone:
      return VerificationDataStep(enrolment: first)
    case .verificationData, .straight:
      let outcome = challenge(first, method: first.key.methods.first, context, now: now)
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
    let policy = scenario.policy
    var named = Set(policy.requirements.flatMap(\.anyOf))
    if policy.identification == .onePage { named.insert(.password) }
    let shown = (member?.enrolments ?? []).filter { named.contains($0.key) }
    var context = StepContext(
      subject: run.subject, member: member, shown: shown, authenticators: authenticators,
      switches: scenario.switches)
    if policy.requirements.indices.contains(run.met) {
      let requirement = policy.requirements[run.met]
      let proven = Set(run.proofs.map(\.key))
      context.eligible = shown.filter {
        requirement.anyOf.contains($0.key) && !proven.contains($0.key)
      }
      context.offersChoice =
        context.eligible.count > 1 || requirement.presentation == .verificationData
    }
    return context
  }
}
