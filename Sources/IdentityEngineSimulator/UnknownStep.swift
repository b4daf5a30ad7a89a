// What an administrator, or Okta itself, thinks of tomorrow: a remediation with a name that nobody has
// heard of, with a field of a type that nobody has heard of. It describes itself as every form does,
// and a client that goes by that gets through.

import FoundationEssentials

/// A remediation of the future.
struct UnknownStep: Step {
  static let hand = "left"
  static let phrase = "blue heron"

  func page(_ context: StepContext) -> Page {
    var form = Form(
      name: "verify-liveness", path: "/idp/idx/liveness/verify",
      relatesTo: ["$.livenessChallenge"],
      fields: [
        FormField(
          name: "gesture", label: "Which hand do you raise?", type: "string", required: true,
          options: [
            FormOption(label: "The left one", content: .plain("left")),
            FormOption(label: "The right one", content: .plain("right")),
          ]),
        FormField(
          name: "phrase", label: "What do you say?", type: "utterance", required: true),
        FormField(
          name: "isAlone", label: "I am alone", type: "boolean", value: true, required: false,
          mutable: true),
      ])
    form.extra["livenessMetadata"] = ["version": 3, "sensors": ["camera", "microphone"]]
    var page = Page(forms: [form], messages: [.liveness])
    page.extra["livenessChallenge"] = [
      "type": "object", "value": ["phrase": .string(Self.phrase), "threshold": .number(0.75)],
    ]
    return page
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    guard submission.body["gesture"]?.text == Self.hand,
      submission.body["phrase"]?.text?.lowercased() == Self.phrase
    else {
      return .refused(
        status: context.switches.credentialStatus, at: ["phrase"], field: [.notAlive])
    }
    return .done
  }
}

extension Message {
  static let liveness = Message(
    "idx.liveness.instructions", "Raise your left hand and say: blue heron.", level: .info)
  /// Without a key, as some of the engine's messages are.
  static let notAlive = Message(nil, "That was not it. Try again.")
}

extension Organisation {
  /// Puts another policy in place of the one there is, while people are in the middle of signing in.
  /// The page that somebody looks at stays; what comes after it is the new policy's, without what
  /// was proven already.
  public mutating func change(policy: SignOnPolicy) {
    scenario.policy = policy
    for (handle, interaction) in interactions {
      guard var run = interaction.run, run.purpose == .signIn, run.subject != nil,
        !(run.step is any ClosingStep)
      else { continue }
      let proven = Set(run.proofs.map(\.key))
      let current = run.stage
      run.plan =
        (current.map { [$0] } ?? [])
        + policy.stages.filter { $0 != current && proven.isDisjoint(with: $0.factors) }
      run.met = 0
      interactions[handle]?.run = run
    }
  }
}
