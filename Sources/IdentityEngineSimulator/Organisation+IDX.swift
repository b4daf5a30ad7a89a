// The Identity Engine's own endpoints: find the transaction, see that the answer fits a form of its
// page, let the step judge it, and show where that led.

import FoundationEssentials

extension Organisation {
  private static let jsonTypes: Set<String> = [
    "application/json", "application/ion+json", "application/vnd.okta.v1+json",
  ]

  mutating func idx(_ name: String, _ request: SimulatedRequest, now: Date) -> Answer {
    guard let type = request.contentType, Organisation.jsonTypes.contains(type) else {
      return .api(
        "E0000021",
        "Bad request. Accept and/or Content-Type headers likely do not match "
          + "supported values.", status: 415, id: random.handle(20))
    }
    guard let body = WireValue.parse(request.body)?.members else {
      return .api(
        "E0000003", "The request body was not well-formed.", status: 400, id: random.handle(20))
    }
    if name == "introspect" { return introspect(body, now: now) }
    guard let handle = body["stateHandle"]?.text,
      var interaction = interaction(ofRun: handle), let run = interaction.run,
      run.owns(handle), now < run.expiresAt
    else { return .sessionExpired }
    if name == "cancel" {
      begin(in: &interaction, now: now)
      interactions[interaction.handle] = interaction
      return page(of: interaction, now: now)
    }
    return submit(body, to: "/idp/idx/" + name, in: interaction, now: now)
  }

  func interaction(ofRun handle: String) -> Interaction? {
    Run.identifier(in: handle).flatMap { runs[$0] }.flatMap { interactions[$0] }
  }

  /// The step that a transaction is at: by its interaction handle, or by a state handle, which is
  /// called `stateToken` here.
  private mutating func introspect(_ body: WireObject, now: Date) -> Answer {
    let found: Interaction?
    if let handle = body["interactionHandle"]?.text {
      found = interactions[handle]
    } else if let handle = (body["stateToken"] ?? body["stateHandle"])?.text {
      found = interaction(ofRun: handle).flatMap { $0.run?.owns(handle) == true ? $0 : nil }
    } else {
      return .badRequest
    }
    guard let interaction = found, let run = interaction.run, now < run.expiresAt else {
      return .sessionExpired
    }
    if interaction.server?.allowsInteractionCode == false {
      return .dead(.noMatchingPolicy, status: scenario.switches.policyStatus)
    }
    return page(of: hearing(interaction, now: now), now: now)
  }

  /// The interaction after whatever has happened elsewhere since it was asked last.
  private mutating func hearing(_ interaction: Interaction, now: Date) -> Interaction {
    var interaction = interaction
    guard var run = interaction.run,
      let outcome = run.step.news(context(of: run), in: &self, now: now)
    else { return interaction }
    advance(&run, by: outcome, in: interaction, now: now)
    interaction.run = run
    interactions[interaction.handle] = interaction
    return interaction
  }

  // MARK: Answers to forms

  private mutating func submit(
    _ body: WireObject, to path: String, in interaction: Interaction, now: Date
  ) -> Answer {
    guard let run = interaction.run else { return .sessionExpired }
    let context = context(of: run)
    let page = run.step.page(context)
    let offered = page.answerable.filter { $0.path == path }
    guard !offered.isEmpty else { return .badRequest }

    var fault = FormFault.notThisForm
    for form in offered {
      do throws(FormFault) {
        try form.check(body, refusingUnknown: scenario.switches.refusesUnknownMembers)
        return take(
          Submission(form: form.name, body: body), of: page, context, in: interaction, now: now)
      } catch {
        if case .blank = error { fault = error }
      }
    }
    guard case .blank(let field) = fault else { return .badRequest }
    return self.page(
      of: interaction, now: now,
      refusal: (
        path,
        .refused(
          status: scenario.switches.validationStatus, at: field, field: [.fieldBlank])
      ))
  }

  private mutating func take(
    _ submission: Submission, of page: Page, _ context: StepContext,
    in interaction: Interaction, now: Date
  ) -> Answer {
    var interaction = interaction
    guard var run = interaction.run else { return .sessionExpired }
    let outcome = run.step.take(submission, context, in: &self, now: now)
    advance(&run, by: outcome, in: interaction, now: now)
    interaction.run = run
    interactions[interaction.handle] = interaction
    if case .refused = outcome {
      let path = page.answerable.first { $0.name == submission.form }?.path ?? ""
      return self.page(of: interaction, now: now, refusal: (path, outcome))
    }
    return self.page(of: interaction, now: now)
  }

  /// Moves a run on to where an outcome leads.
  mutating func advance(
    _ run: inout Run, by outcome: Outcome, in interaction: Interaction, now: Date
  ) {
    guard outcome.leadsOn else { return }
    run.step.left(&self)
    run.notices = []
    switch outcome {
    case .again, .refused:
      break
    case .next(let step):
      run.step = step
    case .identified(let subject, let proofs):
      run.subject = subject
      run.proofs = proofs
      run.plan = scenario.policy.stages
      run.met = 0
      run.step = nextStep(&run, in: interaction, now: now)
    case .proven(let proof):
      run.proofs.append(proof)
      run.met += 1
      run.step = nextStep(&run, in: interaction, now: now)
    case .enrolled(let proof):
      run.proofs.append(proof)
      run.step = nextStep(&run, in: interaction, now: now)
    case .done:
      run.met += 1
      run.step = nextStep(&run, in: interaction, now: now)
    case .granted(let denied):
      run.deniedScopes.formUnion(denied)
      run.met += 1
      run.step = nextStep(&run, in: interaction, now: now)
    case .turned(let course):
      turn(&run, to: course, in: interaction, now: now)
    }
    run.count += 1
    if !(run.step is SuccessStep) {
      run.expiresAt = now + (run.subject == nil ? Run.untilIdentified : Run.betweenSteps)
    }
  }

  /// A fresh first page, under the same interaction handle.
  mutating func begin(in interaction: inout Interaction, now: Date) {
    if var old = interaction.run {
      old.step.left(&self)
      runs[old.identifier] = nil
    }
    let style = scenario.switches.stateHandle
    var run = Run(
      identifier: random.handle(style == .constant ? 40 : 32), style: style,
      step: firstStep(hint: interaction.loginHint), plan: scenario.policy.before,
      expiresAt: now + Run.untilIdentified)
    run.step = nextStep(&run, in: interaction, now: now)
    runs[run.identifier] = interaction.handle
    interaction.run = run
  }
}
