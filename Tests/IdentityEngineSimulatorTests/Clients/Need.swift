// What a shipped client was seen not to do without: each of these was changed alone in a server's
// answers, and the run of some client failed. The cases are asked of an IDX answer, one at a time.

import Testing

@testable import IdentityEngineSimulator

/// Something that an answer must have, or must not.
enum Need: String, CaseIterable {
  /// `version` is 1.0.0.
  case version
  /// `expiresAt` has milliseconds and a Z.
  case expiry
  /// The answer has a state handle.
  case stateHandle
  /// Every form leads to an absolute address.
  case addresses
  /// Every form has a name.
  case names
  /// Every form is posted, and says so.
  case methods
  /// Every form says that it is one.
  case rels
  /// Every form says what it accepts.
  case accepts
  /// Every form has the state handle of the answer in it.
  case handlesInForms
  /// A link to a provider has neither `rel` nor `value`, but its own `type` and `idp`.
  case links
  /// `identify` comes before any link.
  case identifyFirst
  /// A remediation relates to a list of texts, an option to one.
  case relations
  /// What is related to is there.
  case related
  /// Every authenticator has a type.
  case types
  /// Every authenticator has a key.
  case keys
  /// Methods and profiles hold texts only.
  case texts
  /// The options have the labels that go by the authenticator's key.
  case labels
  /// No member of any object is null.
  case noNulls
  /// A good step says nothing at the top.
  case silence
  /// Every message of a refusal is an error, with words and a key.
  case errors
  /// A refusal has all that the page before it had.
  case wholeRefusals
  /// E-mail can be sent again, and a password recovered.
  case actions
  /// At the end it is said who has signed in, with an address.
  case user
  /// The last form is `issue`, with the code in it and an empty place for the verifier.
  case issue
}

extension Need {
  /// What every page meets that is no error, whatever the policy asks for on it.
  static let everywhere: [Need] = [
    .version, .expiry, .stateHandle, .addresses, .names, .methods, .rels, .accepts,
    .handlesInForms, .links, .identifyFirst, .relations, .related, .types, .keys, .texts, .labels,
    .noNulls, .user, .issue,
  ]

  /// Whether an answer has it, or is of a kind that need not.
  func isMet(by page: WireValue, isRefusal: Bool = false) -> Bool {
    switch self {
    case .version: page["version"] == "1.0.0"
    case .expiry:
      page["expiresAt"]?.text?.wholeMatch(
        of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil
    case .stateHandle: page["stateHandle"]?.text?.isEmpty == false
    case .addresses:
      (page.forms + page.links).allSatisfy { $0["href"]?.text?.contains("://") == true }
    case .names: page.forms.allSatisfy { $0["name"]?.text?.isEmpty == false }
    case .methods: page.forms.allSatisfy { $0["method"] == "POST" }
    case .rels: page.forms.allSatisfy { $0["rel"] == ["create-form"] }
    case .accepts: page.forms.allSatisfy { $0["accepts"]?.text?.isEmpty == false }
    case .handlesInForms: page.forms.allSatisfy { $0.isIssue || $0.carries(page["stateHandle"]) }
    case .links:
      page.links.allSatisfy {
        $0["rel"] == nil && $0["value"] == nil && $0["type"]?.text != nil
          && $0["idp"]?["id"]?.text != nil
      }
    case .identifyFirst: (page.remediations.firstIndex { $0["name"] == "identify" } ?? 0) == 0
    case .relations: page.remediations.allSatisfy(\.relatesInLists)
    case .related: page.relatesWell()
    case .types: page.authenticators.allSatisfy { $0["type"]?.text != nil }
    case .keys: page.authenticators.allSatisfy { $0["key"]?.text != nil }
    case .texts: page.authenticators.allSatisfy(\.hasOnlyTexts)
    case .labels: page.options.allSatisfy { hasLabelOfKey($0, in: page) }
    case .noNulls: !page.hasNulls
    case .silence: isRefusal || page["messages"] == nil
    case .errors: !isRefusal || !page.words.isEmpty && page.words.allSatisfy(\.isError)
    case .wholeRefusals: !isRefusal || page.isWhole
    case .actions: hasActions(page["currentAuthenticatorEnrollment"]?["value"])
    case .user:
      page["successWithInteractionCode"] == nil || page["user"]?["value"].map(isUser) == true
    case .issue: page["successWithInteractionCode"].map(isIssue) ?? true
    }
  }

  private func hasLabelOfKey(_ option: WireValue, in page: WireValue) -> Bool {
    let labels: [String: WireValue] = [
      "okta_email": "Email", "okta_password": "Password", "phone_number": "Phone",
      "okta_verify": "Okta Verify", "google_otp": "Google Authenticator",
    ]
    let key = option["relatesTo"]?.text.flatMap { page.related(by: $0) }?["key"]?.text ?? ""
    return labels[key].map { $0 == option["label"] } ?? true
  }

  private func hasActions(_ current: WireValue?) -> Bool {
    switch current?["type"] {
    case "email": current?["resend"]?["href"] != nil
    case "password": current?["recover"]?["href"] != nil
    default: true
    }
  }

  private func isUser(_ user: WireValue) -> Bool {
    user["id"]?.text != nil && user["identifier"]?.text?.contains("@") == true
      && user["profile"]?.members != nil
  }

  private func isIssue(_ form: WireValue) -> Bool {
    let fields = form["value"]?.elements ?? []
    let given = fields.filter { $0["value"]?.text != nil }.compactMap { $0["name"]?.text }
    let open = fields.filter { $0["value"] == nil }.compactMap { $0["name"]?.text }
    return form["name"] == "issue" && open == ["code_verifier"]
      && Set(given) == ["grant_type", "interaction_code", "client_id"]
  }
}

extension WireValue {
  /// The forms and links of an answer, in order.
  var remediations: [WireValue] { self["remediation"]?["value"]?.elements ?? [] }

  /// What an answer leads a browser to.
  fileprivate var links: [WireValue] { remediations.filter(\.isLink) }

  fileprivate var isLink: Bool {
    ["redirect-idp", "redirect-idverify", "piv-idp"].contains(self["name"]?.text)
  }

  /// Every form of an answer: remediations, actions, and the last one.
  fileprivate var forms: [WireValue] {
    let current = ["currentAuthenticator", "currentAuthenticatorEnrollment"]
      .compactMap { self[$0]?["value"] }
    let actions = ["recover", "resend", "poll", "send"].flatMap { name in
      current.compactMap { $0[name] }
    }
    return remediations.filter { !$0.isLink } + actions
      + [self["cancel"], self["successWithInteractionCode"]].compactMap(\.self)
  }

  fileprivate var isIssue: Bool { self["accepts"] == "application/x-www-form-urlencoded" }

  fileprivate func carries(_ handle: WireValue?) -> Bool {
    let field = self["value"]?.elements?.first { $0["name"] == "stateHandle" }
    return handle != nil && field?["value"] == handle
  }

  /// The options of the choice of an authenticator.
  fileprivate var options: [WireValue] {
    let form = remediations.first { $0["name"] == "select-authenticator-authenticate" }
    return form?["value"]?.elements?.first { $0["name"] == "authenticator" }?["options"]?
      .elements ?? []
  }

  fileprivate var relatesInLists: Bool {
    let options = (self["value"]?.elements ?? []).flatMap { $0["options"]?.elements ?? [] }
    let own = self["relatesTo"].map { $0.elements?.allSatisfy { $0.text != nil } == true } ?? true
    return own && options.allSatisfy { $0["relatesTo"].map { $0.text != nil } ?? true }
  }

  /// Every authenticator and enrolment of an answer.
  fileprivate var authenticators: [WireValue] {
    let lists = ["authenticators", "authenticatorEnrollments"]
      .flatMap { self[$0]?["value"]?.elements ?? [] }
    return lists
      + ["currentAuthenticator", "currentAuthenticatorEnrollment"]
      .compactMap { self[$0]?["value"] }
  }

  fileprivate var hasOnlyTexts: Bool {
    let maps = (self["methods"]?.elements ?? []) + [self["profile"]].compactMap(\.self)
    return maps.allSatisfy { $0.members?.members.allSatisfy { $0.value.text != nil } == true }
  }

  fileprivate var hasNulls: Bool {
    if let elements { return elements.contains(where: \.hasNulls) }
    return self == .null || members?.members.contains { $0.value.hasNulls } == true
  }

  /// Every message of an answer, at the top or at a field.
  var words: [WireValue] {
    if let elements { return elements.flatMap(\.words) }
    return (members?.members ?? []).flatMap { member in
      member.name == "messages" ? member.value["value"]?.elements ?? [] : member.value.words
    }
  }

  fileprivate var isError: Bool {
    self["class"] == "ERROR" && self["message"]?.text != nil && self["i18n"]?["key"]?.text != nil
  }

  fileprivate var isWhole: Bool {
    !remediations.isEmpty && self["stateHandle"] != nil
      && self["currentAuthenticatorEnrollment"] != nil
  }
}
