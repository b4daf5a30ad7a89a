// May the app have these scopes? Saying no is an answer too, and ends the transaction.

import FoundationEssentials

/// The question for consent, for all scopes or one by one.
struct ConsentStep: Step {
  var request: SignOnPolicy.ConsentRequest

  func page(_ context: StepContext) -> Page {
    var form = Form(name: request.kind.rawValue, path: "/idp/idx/consent")
    if request.kind == .granular {
      form.fields = [
        FormField(name: "consent", type: "boolean", required: true, visible: false),
        FormField(
          name: "optedScopes", type: "object", required: true, form: request.scopes.map(field)),
      ]
    } else {
      form.extra["scopes"] = .array(
        request.scopes.map { scope in
          [
            "name": .string(scope.name), "label": .string(scope.label),
            "value": .string(scope.name), "desc": .string(scope.description),
          ]
        })
      form.fields = [
        FormField(
          name: "consent", type: "boolean", required: true,
          options: [
            FormOption(label: "Allow Access", content: .plain(true)),
            FormOption(label: "Don't Allow", content: .plain(false)),
          ])
      ]
    }
    return Page(forms: [form])
  }

  private func field(_ scope: SignOnPolicy.ConsentRequest.Scope) -> FormField {
    var field = FormField(
      name: scope.name, label: scope.label, type: "boolean", value: true, required: true,
      mutable: scope.isOptional, visible: true)
    if !scope.description.isEmpty { field.description = scope.description }
    return field
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    guard submission.body["consent"] == .bool(true) else {
      return .turned(
        Course(purpose: context.purpose, subject: context.subject, plan: [.end(.consentDenied)]))
    }
    guard request.kind == .granular else { return .done }
    let opted = submission.body["optedScopes"]
    let denied = request.scopes.filter { $0.isOptional && opted?[$0.name] != .bool(true) }
    return .granted(without: Set(denied.map(\.name)))
  }
}
