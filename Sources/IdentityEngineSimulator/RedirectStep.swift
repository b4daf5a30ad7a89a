// What is done in a browser, at another provider: proving a factor, or who one is.

import FoundationEssentials

/// A factor that another provider proves.
struct RedirectStep: Step {
  var enrolment: Enrolment
  var provider: IdentityProvider

  func page(_ context: StepContext) -> Page {
    var current = context.current(enrolment)
    current.object["methods"] = [["type": "idp"]]
    return Page(
      forms: [context.link(to: provider, relatesTo: ["$.currentAuthenticator"])]
        + context.choiceBeside,
      current: current)
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    organisation.choose(submission.body, context, now: now)
  }

  func returned(from browser: Return, in organisation: Organisation) -> Outcome {
    .proven(Proof(key: enrolment.key, amr: "fed"))
  }
}

/// A look at the person's papers.
struct ProofingStep: Step {
  func page(_ context: StepContext) -> Page { Page(forms: [context.link(to: .proofing)]) }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome { .again }

  func returned(from browser: Return, in organisation: Organisation) -> Outcome { .done }
}

/// What a provider said of the person at the browser.
struct Return: Sendable {
  /// The person, by place in the directory.
  var member: Int
  /// Whether that is enough, or the policy wants the factors that are left.
  var isEnough: Bool
}
