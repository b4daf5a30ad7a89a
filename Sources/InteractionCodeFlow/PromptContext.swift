// What helps to answer, out of the engine's `contextualData`, `settings` and `profile`, under names
// that do not change with the kind of authenticator; and what nobody here knows, as it came.

internal import IdentityEngine
internal import JSON

enum PromptContext {
  /// Members of `contextualData` that get a name of ours; the rest keeps its own.
  private static let renamed = [
    "correctAnswer": "number_challenge", "phoneNumber": "phone", "sharedSecret": "shared_secret",
  ]

  /// - Parameter origin: scheme, host and port of the issuer, which security keys sign for.
  static func object(_ response: IDXResponse, origin: String) -> JSONObject {
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
    addExpiry(response, to: &context)
    context.append("webauthn", WebAuthnContext.object(response, origin: origin).map { .object($0) })
    if let redirect = response.browserRedirect { context["continue_url"] = .string(redirect) }
    return context
  }

  /// How long a password still holds, and where one is changed that the engine does not keep.
  private static func addExpiry(_ response: IDXResponse, to context: inout JSONObject) {
    if let days = context["password_policy"]?["daysToExpiry"], !days.isNull {
      context["days_to_expiry"] = days
    }
    let elsewhere = response.remediations.lazy.compactMap { remediation -> JSONObject? in
      guard let url = remediation.others["customExpiredPasswordURL"] else { return nil }
      var place: JSONObject = ["url": url]
      place.append("name", remediation.others["customExpiredPasswordName"])
      return place
    }.first
    if let elsewhere { context["change_password_at"] = .object(elsewhere) }
  }

  private static func add(_ authenticator: Authenticator, to context: inout JSONObject) {
    for member in authenticator.contextualData?.members ?? [] {
      switch member.name {
      case "qrcode":
        context["qr_code"] = member.value["href"] ?? member.value
      case "enrolledQuestion":
        context["question"] = member.value["question"] ?? member.value
      case "challengeData", "activationData":
        continue  // `WebAuthnContext`'s
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
