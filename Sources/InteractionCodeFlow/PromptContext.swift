// What helps to answer, out of the engine's `contextualData`, `settings` and `profile`, under names
// that do not change with the kind of authenticator; and what nobody here knows, as it came.

internal import IdentityEngine
internal import JSON

enum PromptContext {
  /// Members of `contextualData` that get a name of ours; the rest keeps its own.
  private static let renamed = [
    "correctAnswer": "number_challenge", "sharedSecret": "shared_secret",
  ]

  static func object(_ response: IDXResponse) -> JSONObject {
    var context = response.others
    for authenticator in [response.currentAuthenticator, response.currentEnrollment] {
      guard let authenticator else { continue }
      add(authenticator, to: &context)
    }
    let policies = [response.enrollmentAuthenticator, response.recoveryAuthenticator]
    if context["password_policy"] == nil,
      let settings = policies.lazy.compactMap({ $0?.settings }).first
    {
      context["password_policy"] = .object(settings)
    }
    if let redirect = response.browserRedirect { context["continue_url"] = .string(redirect) }
    return context
  }

  private static func add(_ authenticator: Authenticator, to context: inout JSONObject) {
    for member in authenticator.contextualData?.members ?? [] {
      switch member.name {
      case "qrcode":
        context["qr_code"] = member.value["href"] ?? member.value
      case "enrolledQuestion":
        context["question"] = member.value["question"] ?? member.value
      case "challengeData", "activationData":
        var webauthn = context["webauthn"]?.object ?? [:]
        webauthn[member.name] = member.value
        context["webauthn"] = .object(webauthn)
      default:
        context[renamed[member.name] ?? member.name] = member.value
      }
    }
    for (member, name) in [("phoneNumber", "phone"), ("email", "email"), ("question", "question")] {
      if context[name] == nil, let value = authenticator.profile?[member] { context[name] = value }
    }
    if let settings = authenticator.settings { context["password_policy"] = .object(settings) }
  }
}
