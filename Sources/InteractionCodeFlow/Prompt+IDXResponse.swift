// The faithful rendering: one answer of the engine as something that a person can answer.
//
// 1. Every remediation becomes a form, in the engine's order, and every action one after them,
//    whether its name is known or not.
// 2. Every field is asked or kept (`FieldPlan`); every option, message and authenticator is there.
//    A message at something that is not shown stands at the top.
// 3. The forms stand in the engine's order, whatever can be done with them; the title is of the first
//    that can be done here.
// 4. What the engine attached and nobody here knows goes along: of a form in its `details`, of the
//    answer in the prompt's `context`.

internal import IdentityEngine
internal import JSON
internal import Prompts

extension Prompt.Content {
  /// Renders an answer that is alive.
  ///
  /// - Parameter origin: scheme, host and port of the issuer.
  init(_ response: IDXResponse, origin: String) {
    let entries = FormEntry.all(of: response)
    let current = response.currentAuthenticator ?? response.currentEnrollment
    let isEnrollment = entries.contains { $0.remediation.enrolls }
    let unshown = entries.flatMap { $0.remediation.fields.flatMap(\.unshownMessages) }
    let forms = entries.map { Form($0, in: response) }
    self.init(
      intent: response.intent?.lowercased(),
      title: Self.title(entries, forms, current),
      messages: (response.messages + unshown).map { Message($0) }
        + Message.advice(on: forms, current),
      user: response.user, app: response.app,
      authenticator: current.map { AuthenticatorSummary($0, isEnrollment: isEnrollment) },
      forms: forms, context: PromptContext.object(response, origin: origin),
      expiresAt: response.expiresAt)
  }

  /// By the first form that can be done here.
  private static func title(
    _ entries: [FormEntry], _ forms: [Form], _ current: Authenticator?
  ) -> String {
    let index = forms.firstIndex { $0.kind != .unsupported } ?? forms.startIndex
    guard entries.indices.contains(index) else { return "Sign in" }
    let name = entries[index].remediation.name
    let authenticator = current.flatMap {
      $0.name ?? AuthenticatorRole.of($0)?.name ?? $0.key
    }
    return RemediationRole.named(name)?.title.text(authenticator) ?? name
  }
}

/// A remediation with the id of its form.
struct FormEntry {
  var id: String
  var remediation: Remediation

  /// Remediations in the engine's order, then actions, each with an id that is unique in the prompt
  /// and the same in the next answer of the same shape.
  static func all(of response: IDXResponse) -> [FormEntry] {
    var taken: [String: Int] = [:]
    return (response.remediations + response.actions).map { remediation in
      var id = remediation.name
      if let provider = remediation.others["idp"]?["id"]?.string { id += ":" + provider }
      let count = taken[id, default: 0] + 1
      taken[id] = count
      return FormEntry(id: count == 1 ? id : "\(id):\(count)", remediation: remediation)
    }
  }
}

extension Remediation {
  /// Whether it sets something up rather than verifies it.
  fileprivate var enrolls: Bool {
    name.hasPrefix("enroll-") || name == "select-enrollment-channel"
      || name == "authenticator-enrollment-data"
  }
}

extension Form {
  init(_ entry: FormEntry, in response: IDXResponse) {
    let remediation = entry.remediation
    let related = remediation.relatesTo.lazy.compactMap { response.resolve($0) }.first
    var fields = Field.list(
      remediation.fields, in: response,
      about: related ?? response.currentAuthenticator ?? response.currentEnrollment)
    let kind = Self.kind(remediation, hasFields: !fields.isEmpty, in: response)
    if kind == .browser { fields.append(.callbackURL) }
    self.init(
      id: entry.id, remediation: remediation.hangsOn ?? remediation.name,
      label: Self.label(remediation, kind, in: response), kind: kind, fields: fields,
      url: kind == .browser || kind == .unsupported && remediation.isLink ? remediation.href : nil,
      interval: kind == .poll ? Double(remediation.refresh ?? 4000) / 1000 : nil,
      authenticator: related.map {
        AuthenticatorSummary($0, isEnrollment: remediation.enrolls)
      },
      details: Self.details(remediation))
  }

  /// What the engine attached. Of a consent that is given scope by scope also those that it leaves no
  /// choice about: they are granted with the rest, and are no fields, since nothing can be answered.
  private static func details(_ remediation: Remediation) -> JSONObject {
    var details = remediation.others
    let certain = remediation.fields.flatMap(\.grantedForCertain)
    if remediation.name.hasSuffix("consent"), details["scopes"] == nil, !certain.isEmpty {
      details["scopes"] = .array(certain)
    }
    return details
  }

  private static func kind(
    _ remediation: Remediation, hasFields: Bool, in response: IDXResponse
  ) -> Kind {
    if DeviceChallenge.isAwaited(by: remediation, in: response) { return .unsupported }
    if let known = RemediationRole.named(remediation.name)?.kind { return known }
    if remediation.isPoll { return .poll }
    if remediation.isLink { return .browser }
    return hasFields ? .form : .action
  }

  private static func label(
    _ remediation: Remediation, _ kind: Kind, in response: IDXResponse
  ) -> String? {
    if kind == .unsupported, let name = DeviceChallenge.button(for: remediation, in: response) {
      return RemediationRole.named(name)?.label
    }
    if let provider = remediation.others["idp"]?["name"]?.string {
      return "Sign in with \(provider)"
    }
    return RemediationRole.named(remediation.name)?.label
  }
}

extension Field {
  /// Ours: where the browser ended, for a person whose browser cannot reach the broker. It carries
  /// the code, so that it is as secret as a password.
  static let callbackURL = Field(
    name: "callback_url", label: "Address at which the browser ended", isSecret: true)

  /// - Parameter authenticator: what the form is about.
  static func list(
    _ fields: [IONField], in response: IDXResponse, about authenticator: Authenticator? = nil
  ) -> [Field] {
    FieldPlan.plan(fields, in: response).compactMap {
      Field($0, in: response, about: authenticator)
    }
  }

  /// `nil` for what the broker sends by itself.
  private init?(
    _ plan: FieldPlan, in response: IDXResponse, about authenticator: Authenticator?
  ) {
    let source = plan.source
    let kind: Kind
    let name: String
    var choices: [Choice] = []
    switch plan.role {
    case .fixed:
      return nil
    case .asked(let askedName):
      name = askedName
      kind = Self.kind(source.type)
    case .choice(let askedName, let ids):
      name = askedName
      kind = .choice
      choices = zip(ids, source.options ?? []).map {
        Choice(id: $0, $1, in: response, about: authenticator)
      }
    }
    self.init(
      name: name, kind: kind, label: source.label,
      isRequired: source.isRequired || Self.mustChoose(source),
      isSecret: source.isSecret || kind == .string && Self.isSecret(source.name, authenticator),
      isComputed: !source.isVisible && source.value == nil && kind == .string,
      value: source.value.flatMap { Self.preset($0, choices: choices, options: source.options) },
      minimumLength: source.minimumLength, maximumLength: source.maximumLength,
      pattern: source.others["pattern"]?.string, choices: choices,
      messages: source.messages.map { Message($0) }, details: Self.details(source))
  }

  /// What is secret whether the engine marks it or not: it leaves the mark off most answers to
  /// security questions, and off some passwords. Codes are good once, and are seen as they are typed.
  private static func isSecret(_ name: String, _ authenticator: Authenticator?) -> Bool {
    switch name {
    case "answer": true
    case "passcode":
      authenticator.flatMap { AuthenticatorRole.derivedKey($0) } == "okta_password"
    default: false
    }
  }

  /// A choice among forms is the point of its form (`select-authenticator-…`), though the engine
  /// does not mark it: without it there is nothing to send.
  private static func mustChoose(_ source: IONField) -> Bool {
    source.value == nil && (source.options?.contains { $0.fields != nil } ?? false)
  }

  private static func kind(_ type: String?) -> Kind {
    switch type {
    case "boolean": .boolean
    case "integer", "number": .integer
    default: .string
    }
  }

  /// The preset value; of a choice the id of the option that it stands for.
  private static func preset(
    _ value: JSONValue, choices: [Choice], options: [IONOption]?
  ) -> JSONValue? {
    guard let options else { return value }
    guard let index = options.firstIndex(where: { $0.value == value }) else { return nil }
    return .string(choices[index].id)
  }

  private static func details(_ source: IONField) -> JSONObject {
    var details = source.others
    details["pattern"] = nil
    return details
  }
}

extension Choice {
  init(
    id: String, _ option: IONOption, in response: IDXResponse, about authenticator: Authenticator?
  ) {
    let related = option.relatesTo.flatMap { response.resolve($0) }
    self.init(
      id: id, label: option.label,
      fields: option.fields.map { Field.list($0, in: response, about: authenticator) } ?? [],
      authenticator: related.map { AuthenticatorSummary($0, isEnrollment: false) })
  }
}

extension AuthenticatorSummary {
  init(_ authenticator: Authenticator, isEnrollment: Bool) {
    var details = authenticator.json
    for name in ["key", "catalogKey", "type", "displayName", "contextualData", "settings"] {
      details[name] = nil
    }
    self.init(
      key: authenticator.key, type: authenticator.type, name: authenticator.name,
      method: authenticator.methods.count == 1 ? authenticator.methods.first : nil,
      isEnrollment: isEnrollment, details: details)
  }
}

extension Message {
  /// The key of the words that are ours, so that nobody takes them for the engine's.
  static let adviceKey = "remedy.unsupported"

  /// What an administrator can do, where nothing on offer signs in here: to make an account or to
  /// unlock one is no way to sign in.
  fileprivate static func advice(on forms: [Form], _ current: Authenticator?) -> [Message] {
    let others: Set = ["select-enroll-profile", "unlock-account"]
    let ways = forms.filter { !others.contains($0.remediation) }
    guard ways.allSatisfy({ $0.kind == .unsupported }) else { return [] }
    return ways.compactMap { form in
      guard let role = RemediationRole.named(form.remediation) else { return nil }
      let advice = role.advice ?? DeviceChallenge.advice(current?.key)
      return cannot(form.label ?? role.label, advice)
    }
  }

  private static func cannot(_ what: String, _ advice: String) -> Message {
    Message(level: .warning, key: adviceKey, text: "Remedy cannot do “\(what)”: \(advice).")
  }

  /// What an administrator can do where the engine wants the device under management first, and
  /// where it says that this is set up.
  private static func deviceEnrollment(of response: IDXResponse) -> Message? {
    guard let member = response.others["deviceEnrollment"],
      let role = RemediationRole.named(RemediationRole.deviceEnrollment), let advice = role.advice
    else { return nil }
    let enrollment = member["value"] ?? member
    var message = cannot(role.label, advice)
    let places = [
      ("Set it up", enrollment["enrollmentLink"]),
      ("Sign in on the device", enrollment["signInUrl"]),
    ]
    message.links = places.compactMap { label, url in
      url?.string.map { ["label": .string(label), "url": .string($0)] }
    }
    return message
  }

  /// What the engine says as it ends the transaction. Where it goes on in a browser, that is said
  /// too; an answer without messages speaks by the members that it is made of.
  static func lastWords(of response: IDXResponse) -> [Message] {
    var words = response.messages.map { Message($0) }
    if let redirect = response.browserRedirect {
      words.append(Message(level: .info, text: "It goes on in a browser, at \(redirect)"))
    }
    if let advice = deviceEnrollment(of: response) { words.append(advice) }
    if words.isEmpty, !response.others.isEmpty {
      let members = JSONWriter.text(.object(response.others))
      words.append(Message(level: .info, text: "The issuer only said: \(members)"))
    }
    return words
  }

  init(_ message: IDXMessage) {
    let level = message.level.flatMap { Level(rawValue: $0.lowercased()) } ?? .info
    self.init(level: level, key: message.key, text: message.text, links: message.links)
  }
}
