// The security question.

import FoundationEssentials

/// The challenge of the enrolled question.
struct SecurityQuestionStep: Step {
  var enrolment: Enrolment

  func page(_ context: StepContext) -> Page {
    let question = context.member?.person.question
    var current = context.current(enrolment)
    current.object["contextualData"] = [
      "enrolledQuestion": [
        "questionKey": .string(question?.key ?? ""),
        "question": .string(question?.question ?? ""),
      ]
    ]
    let form = Form.challenge(
      .securityQuestion,
      FormField(
        name: "questionKey", label: question?.question, value: .string(question?.key ?? ""),
        required: true, mutable: false, visible: false),
      FormField(name: "answer", label: "Answer", required: true))
    return Page(forms: [form] + context.choiceBeside, current: current)
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    guard submission.form == "challenge-authenticator" else {
      return organisation.choose(submission.body, context, now: now)
    }
    let answer = context.member?.person.question?.answer.lowercased()
    let isRight = submission.credential("answer").lowercased() == answer
    return organisation.judge(
      isRight, of: enrolment, amr: "kba", context, refusal: .wrongAnswer, at: "answer")
  }
}
