// Setting up a security question: one of the organisation's, or one's own.

import FoundationEssentials

/// A question and its answer.
struct EnrolQuestionStep: Step {
  private static let questions = [
    ("disliked_food", "What is the food you least liked as a child?"),
    ("name_of_first_plush_toy", "What is the name of your first stuffed animal?"),
    ("first_award", "What did you earn your first medal or award for?"),
    ("favorite_toy", "What is the toy/stuffed animal you liked the most as a kid?"),
    ("first_computer_game", "What was the first computer game you played?"),
    ("first_thing_cooked", "What was the first thing you learned to cook?"),
  ]

  func page(_ context: StepContext) -> Page {
    let answer = FormField(name: "answer", label: "Answer", required: true, secret: true)
    let listed: [FormField] = [
      FormField(
        name: "questionKey", label: "Choose a security question", type: "string", required: true,
        options: Self.questions.map { FormOption(label: $0.1, content: .plain(.string($0.0))) }),
      answer,
    ]
    let own: [FormField] = [
      .fixed("questionKey", "custom"),
      FormField(name: "question", label: "Create a security question", required: true), answer,
    ]
    return context.enrolmentPage(
      .securityQuestion,
      FormField(
        name: "credentials", type: "object", required: true,
        options: [
          FormOption(label: "Choose a security question", content: .form(listed)),
          FormOption(label: "Create my own security question", content: .form(own)),
        ]),
      adding: [
        (
          "contextualData",
          [
            "questions": .array(
              Self.questions.map {
                ["questionKey": .string($0.0), "question": .string($0.1)]
              }),
            "questionKeys": .array(Self.questions.map { .string($0.0) } + ["custom"]),
          ]
        )
      ])
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    guard submission.form == "enroll-authenticator" else {
      return organisation.chooseEnrolment(submission, context, now: now)
    }
    let key = submission.credential("questionKey")
    let answer = submission.credential("answer")
    let question =
      key == "custom"
      ? submission.credential("question")
      : Self.questions.first { $0.0 == key }?.1 ?? ""
    let status = context.switches.validationStatus
    if answer.count < 4 {
      return .refused(status: status, at: ["credentials", "answer"], field: [.answerTooShort])
    }
    if (answer + question).contains(where: { $0 == "<" || $0 == ">" }) {
      return .refused(status: status, at: ["credentials", "answer"], field: [.tagsNotAllowed])
    }
    organisation.enrol(
      .securityQuestion, context.subject, profile: [("questionKey", key), ("question", question)]
    ) { $0.question = Person.SecurityQuestion(key: key, question: question, answer: answer) }
    return .enrolled(Proof(key: .securityQuestion, amr: "kba"))
  }
}
