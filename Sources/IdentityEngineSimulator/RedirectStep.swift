// What is done in a browser, at another provider: proving a factor, or who one is.

import FoundationEssentials

/// A factor that another provider proves.
struct RedirectStep: Step {
  var enrolment: Enrolment
  var provider: IdentityProvider

  func page(_ context: StepContext) -> Page {
    var current = context.current(enrolment)
    current.object["methods"] = .array(
      context.methods(of: enrolment.key).map { ["type": .string($0)] })
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

  func returned(from browser: Return, in organisation: inout Organisation) -> Outcome {
    .proven(Proof(key: enrolment.key, amr: enrolment.key.amrOfRedirect))
  }
}

/// An authenticator that is set up at another provider.
struct EnrolRedirectStep: Step {
  var key: AuthenticatorKey

  private var provider: IdentityProvider {
    switch key {
    case .smartCard: .smartCard
    case .duo: .duo
    default: .authenticator
    }
  }

  func page(_ context: StepContext) -> Page {
    var page = context.enrolmentPage(key, .credentials([]))
    page.forms =
      [context.link(to: provider, relatesTo: ["$.currentAuthenticator"])]
      + context.enrolmentChoice
    return page
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    organisation.chooseEnrolment(submission, context, now: now)
  }

  func returned(from browser: Return, in organisation: inout Organisation) -> Outcome {
    let key = key
    organisation.enrol(key, .member(browser.member)) { $0.enrolled.append(key) }
    return .enrolled(Proof(key: key, amr: key.amrOfRedirect))
  }
}

extension AuthenticatorKey {
  /// How the ID token names what another provider proved.
  fileprivate var amrOfRedirect: String {
    switch self {
    case .smartCard: "sc"
    case .duo: "swk"
    default: "fed"
    }
  }
}

/// A look at the person's papers.
struct ProofingStep: Step {
  func page(_ context: StepContext) -> Page { Page(forms: [context.link(to: .proofing)]) }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome { .again }

  func returned(from browser: Return, in organisation: inout Organisation) -> Outcome { .done }
}

/// What a provider said of the person at the browser.
struct Return: Sendable {
  /// The person, by place in the directory.
  var member: Int
  /// Whether that is enough, or the policy wants the factors that are left.
  var isEnough: Bool
}
