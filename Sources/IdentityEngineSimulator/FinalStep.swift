// Where a transaction ends.

import FoundationEssentials

/// All was proven: here is the interaction code.
struct SuccessStep: Step {
  var interactionCode: String

  func page(_ context: StepContext) -> Page { Page(interactionCode: interactionCode) }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome { .again }
}

/// It goes no further, for the reason that the messages give.
struct RefusedStep: Step {
  var messages: [Message]
  /// The status, where it is not that of what policy forbids.
  var status: Int?

  func page(_ context: StepContext) -> Page {
    Page(messages: messages, status: status ?? context.switches.policyStatus)
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome { .again }
}
