// Apple's single sign-on extension, which only macOS and iOS have. Whoever answers the challenge
// without one gets a 401 that belongs to Apple's protocol: it is a step of it, not the end.

import FoundationEssentials

/// The challenge of the extension, before anybody is known.
struct AppleExtensionStep: Step {
  var transaction: String
  var challengeRequest: String
  /// Whether it may be left for another way.
  var hasAnotherWay: Bool
  private var isRefused = false

  init(transaction: String, challengeRequest: String, hasAnotherWay: Bool) {
    self.transaction = transaction
    self.challengeRequest = challengeRequest
    self.hasAnotherWay = hasAnotherWay
  }

  private var path: String {
    "/idp/idx/authenticators/sso_extension/transactions/\(transaction)/verify"
  }

  func page(_ context: StepContext) -> Page {
    let verify = Form(
      name: "device-apple-sso-extension", path: path,
      fields: [
        FormField(
          name: "challengeRequest", value: .string(challengeRequest), required: true,
          visible: false)
      ])
    let cancel = Form(name: "cancel-transaction", path: path + "/cancel")
    var page = Page(forms: (isRefused ? [] : [verify]) + (hasAnotherWay ? [cancel] : []))
    if isRefused {
      page.status = 401
      page.deviceChallenge = "Oktadevicejwt realm=\"Okta Device\""
      if !hasAnotherWay { page.messages = [.invalidDevice] }
    }
    return page
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    if submission.form == "cancel-transaction" { return .done }
    isRefused = true
    return .again
  }
}
