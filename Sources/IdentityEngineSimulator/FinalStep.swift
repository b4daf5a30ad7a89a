// Where a transaction ends.

import FoundationEssentials

/// A step after which nothing comes.
protocol ClosingStep: Step {}

/// It is over, and has gone as it should: no tokens come of it, but what it was for is done.
struct EndStep: ClosingStep {
  var message: Message

  func page(_ context: StepContext) -> Page {
    Page(
      messages: [message],
      status: message.level == .error ? context.switches.policyStatus : 200)
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome { .again }
}

/// All was proven: here is the interaction code.
struct SuccessStep: ClosingStep {
  var interactionCode: String

  func page(_ context: StepContext) -> Page { Page(interactionCode: interactionCode) }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome { .again }
}

/// It goes no further, for the reason that the messages give.
struct RefusedStep: ClosingStep {
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
