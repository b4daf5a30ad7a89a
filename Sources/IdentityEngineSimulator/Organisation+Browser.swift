// What only a browser sees: the page of a provider, and the way back to the client's redirect URI.
//
// 1. The link carries the state handle, or stands for the interaction: whoever has it can go on with
//    the sign-in. It leads somewhere only while the transaction offers it.
// 2. The way back goes to the redirect URI of the interaction, with its `state`, and says one of
//    three things: here is the interaction code, more is needed, or it failed.

import FoundationEssentials
import HTTPTypes

extension Organisation {
  /// Answers what a browser asks for; `nil` where nothing of the kind is there.
  mutating func browse(_ request: SimulatedRequest, now: Date) -> Answer? {
    let parts = request.path.split(separator: "/").map { String($0) }
    if parts.first == "oauth2", parts.last == "authorize", parts.count <= 4 {
      return authorize(request, now: now)
    }
    if request.path == "/idp/identity-verification" {
      return visit(IdentityProvider.proofing.identifier, request, now: now)
    }
    if request.path == "/signin/verify/enroll" {
      return enrolmentPage(token: request.query["t"])
    }
    if parts.count == 3, parts[0] == "sso", parts[1] == "idps" {
      return visit(parts[2], request, now: now)
    }
    if parts.count == 3, parts[0] == "email", parts[1] == "verify" {
      return openLink(request, now: now)
    }
    return nil
  }

  /// `/v1/authorize` with a pushed request leads on to the provider that it names.
  private func authorize(_ request: SimulatedRequest, now: Date) -> Answer {
    let query = request.query
    let prefix = "urn:okta:"
    guard let pushed = query["request_uri"], pushed.hasPrefix(prefix),
      let bytes = decodedBase64(String(pushed.dropFirst(prefix.count))),
      let separator = bytes.lastIndex(of: UInt8(ascii: ":"))
    else { return deadEnd("The request is missing, or it is not one of this organisation.") }
    let handle = String(decoding: bytes[..<separator], as: UTF8.self)
    let provider = String(decoding: bytes[(separator + 1)...], as: UTF8.self)
    guard let interaction = interactions[handle], let run = interaction.run,
      interaction.client.identifier == query["client_id"],
      request.path == context(of: run).authorizePath
    else { return deadEnd("The request has expired, or it is another client's.") }
    return .redirect(to: "\(origin)/sso/idps/\(provider)?stateToken=\(run.stateHandle)")
  }

  // MARK: The page of a provider

  private mutating func visit(
    _ identifier: String, _ request: SimulatedRequest, now: Date
  ) -> Answer {
    let given = request.method == .post ? request.form : request.query
    guard let handle = given["stateToken"] ?? given["stateTokenExternalId"],
      let interaction = interaction(ofRun: handle), let run = interaction.run,
      run.owns(handle), now < run.expiresAt,
      let provider = run.step.page(context(of: run)).forms.lazy
        .compactMap({ $0.link?.provider }).first(where: { $0.identifier == identifier })
    else { return deadEnd("The sign-in has expired, or it does not lead here.") }
    if provider.isSmartCard {
      return deadEnd("A smart card is needed here: this browser showed no client certificate.")
    }
    guard request.method == .post else {
      return providerPage(provider, interaction, run, path: request.path)
    }
    return comeBack(from: given, interaction, run, now: now)
  }

  private func providerPage(
    _ provider: IdentityProvider, _ interaction: Interaction, _ run: Run, path: String
  ) -> Answer {
    var who = ""
    if run.subject == nil {
      let options = members.map { member in
        let name = escaped(member.person.identifier)
        return "<option value=\"\(name)\">\(name)</option>"
      }
      who =
        "<p><label>Sign in as <select name=\"identifier\">\(options.joined())</select></label></p>"
    }
    var buttons = [("approve", "Approve")]
    if run.subject == nil {
      buttons.append(("more", "Approve, but more factors are needed"))
    }
    buttons.append(("deny", "Deny"))
    let list = buttons.map {
      "<button name=\"decision\" value=\"\($0.0)\">\(escaped($0.1))</button>"
    }
    return .html(
      htmlPage(
        provider.name,
        """
        <p>\(escaped(interaction.client.label)) wants to know who you are.</p>
        <form method="post" action="\(escaped(path))">
        <input type="hidden" name="stateToken" value="\(escaped(run.stateHandle))">
        \(who)\(list.joined(separator: " "))</form>
        """))
  }

  private mutating func comeBack(
    from form: FormBody, _ interaction: Interaction, _ run: Run, now: Date
  ) -> Answer {
    var interaction = interaction
    var run = run
    let decision = form["decision"]
    guard decision == "approve" || decision == "more" else {
      return back(
        to: interaction,
        [("error", "access_denied"), ("error_description", "The person said no.")])
    }
    let chosen: Int? =
      if case .member(let place)? = run.subject {
        place
      } else {
        form["identifier"].map { place(of: $0) } ?? members.indices.first
      }
    guard let chosen, members.indices.contains(chosen),
      members[chosen].person.status == .active
    else {
      return back(
        to: interaction,
        [("error", "access_denied"), ("error_description", "There is no such person here.")])
    }
    let outcome = run.step.returned(
      from: Return(member: chosen, isEnough: decision == "approve"), in: &self)
    advance(&run, by: outcome, in: interaction, now: now)
    interaction.run = run
    interactions[interaction.handle] = interaction
    if let success = run.step as? SuccessStep {
      return back(to: interaction, [("interaction_code", success.interactionCode)])
    }
    if run.step is RefusedStep {
      return back(
        to: interaction,
        [("error", "access_denied"), ("error_description", "The policy does not allow it.")])
    }
    return back(
      to: interaction,
      [
        ("error", "interaction_required"),
        ("error_description", "Your client must interact with the user to complete the request."),
      ])
  }

  /// The way back to the client.
  func back(to interaction: Interaction, _ values: [(name: String, value: String)]) -> Answer {
    let state = interaction.state.map { [(name: "state", value: $0)] } ?? []
    let query = (values + state).map { "\($0.name)=\(escapedForQuery($0.value))" }
    let uri = interaction.redirectURI
    return .redirect(to: uri + (uri.contains("?") ? "&" : "?") + query.joined(separator: "&"))
  }

  /// A page that says why it goes no further.
  func deadEnd(_ sentence: String, status: Int = 403) -> Answer {
    .html(htmlPage("It goes no further", "<p>\(escaped(sentence))</p>"), status: status)
  }
}

/// Percent-encodes everything but the unreserved characters (RFC 3986 §2.3).
func escapedForQuery(_ text: String) -> String {
  var result = ""
  for byte in text.utf8 {
    let character = Character(UnicodeScalar(byte))
    if character.isASCII && (character.isLetter || character.isNumber || "-._~".contains(character))
    {
      result.append(character)
    } else {
      let digits = String(byte, radix: 16, uppercase: true)
      result += "%" + (digits.count < 2 ? "0" : "") + digits
    }
  }
  return result
}

/// The bytes of a base64 text in either alphabet, padded or not; `nil` where it is neither.
func decodedBase64(_ text: String) -> [UInt8]? {
  var standard = text.replacing("-", with: "+").replacing("_", with: "/")
  while standard.hasSuffix("=") { standard.removeLast() }
  standard += String(repeating: "=", count: (4 - standard.count % 4) % 4)
  return Data(base64Encoded: standard).map { Array($0) }
}
