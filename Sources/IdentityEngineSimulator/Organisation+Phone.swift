// The phone and the mail reader, for whoever has none: `/simulator/phone` for a person, and the same
// as JSON for tests. What a person's page posts comes as a form and is answered by the page again.

import FoundationEssentials
import HTTPTypes

extension Organisation {
  /// Answers what is under `/simulator` and belongs to phones; `nil` where nothing is there.
  mutating func controlPhone(_ request: SimulatedRequest, now: Date) -> Answer? {
    let parts = request.path.split(separator: "/").dropFirst().map { String($0) }
    switch (request.method, parts.first, parts.count) {
    case (.get, "phone", 1):
      return .html(phonePage(now: now))
    case (.get, "pushes", 1):
      return .json(.array(phone.filter { $0.kind == .push }.map(\.wire)))
    case (.get, "enrolments", 1):
      return .json(.array(phone.filter { $0.kind == .enrolment }.map(\.wire)))
    case (.get, "devices", 1):
      return .json(.array(phone.filter { $0.kind == .device }.map(\.wire)))
    case (.post, "pushes", 2), (.post, "enrolments", 2), (.post, "devices", 2):
      return decide(request, number: parts.last.flatMap { Int($0) })
    case (.post, "links", 2):
      guard let approve = Controls(request).flag("approve"),
        decide(link: parts.last ?? "", approve: approve)
      else { return .json(["error": "no such link waits"], status: 400) }
      return .json([:])
    default:
      return nil
    }
  }

  private mutating func decide(_ request: SimulatedRequest, number: Int?) -> Answer {
    let given = Controls(request)
    guard let number, let approve = given.flag("approve"),
      decide(phoneRequest: number, approve: approve, choosing: given.text("number"))
    else {
      return .json(
        ["error": "nothing of that number waits, or it wants a number of its own"], status: 400)
    }
    return given.isForm
      ? .redirect(to: "/simulator/phone", status: 303)
      : .json(["state": .string(decision(of: number).rawValue)])
  }

  // MARK: The page

  private func phonePage(now: Date) -> String {
    let rows = phone.reversed().map { request in
      "<tr><td>\(escaped(request.person))</td><td>\(escaped(request.authenticator.label))</td>"
        + "<td>\(request.kind.rawValue)</td><td>\(timestamp(request.sentAt))</td>"
        + "<td>\(decision(on: request))</td></tr>"
    }
    let codes = members.compactMap { member in
      member.timeBasedCode(of: .oktaVerify).map { code in
        "<tr><td>\(escaped(member.person.identifier))</td>"
          + "<td><b>\(code.code(at: now))</b></td></tr>"
      }
    }
    let mails = outbox.reversed().compactMap { message in
      message.link.map { link in
        "<tr><td>\(escaped(message.recipient))</td>"
          + "<td><a href=\"\(escaped(link))\">\(escaped(link))</a></td>"
          + "<td>\(timestamp(message.sentAt))</td></tr>"
      }
    }
    return htmlPage(
      "The phones", refreshing: 5,
      """
      <p><a href="/simulator">Messages and people</a></p>
      <h2>What waits</h2><table>
      <tr><th>whose</th><th>app</th><th>what</th><th>since</th><th>decision</th></tr>
      \(rows.joined(separator: "\n"))</table>
      <h2>Links in mails</h2><table><tr><th>to</th><th>link</th><th>since</th></tr>
      \(mails.joined(separator: "\n"))</table>
      <h2>Codes of Okta Verify</h2><table><tr><th>whose</th><th>code now</th></tr>
      \(codes.joined(separator: "\n"))</table>
      """)
  }

  /// Buttons while it waits; then what was decided, and what Duo's page would give back.
  private func decision(on request: PhoneRequest) -> String {
    if request.state == .waiting { return buttons(request) }
    guard request.state == .approved, let response = request.response else {
      return request.state.rawValue
    }
    return "approved; Duo's page gives back <code>\(escaped(response))</code>"
  }

  private func buttons(_ request: PhoneRequest) -> String {
    let action = request.address
    let deny = htmlButton(request.kind.no, to: action, [("approve", "false")])
    let approve =
      request.choices.isEmpty
      ? [htmlButton(request.kind.yes, to: action, [("approve", "true")])]
      : request.choices.map {
        htmlButton($0, to: action, [("approve", "true"), ("number", $0)])
      }
    return (approve + [deny]).joined(separator: " ")
  }

  /// The page that the link of an enrolment opens on a phone.
  func enrolmentPage(token: String?) -> Answer {
    let waiting = phone.first { $0.state == .waiting && $0.token != nil && $0.token == token }
    guard let waiting else { return deadEnd("This link has expired, or has been used.") }
    return .html(
      htmlPage(
        waiting.authenticator.label,
        "<p>Add the account of \(escaped(waiting.person)) to this phone?</p>" + buttons(waiting)))
  }
}

extension PhoneRequest {
  /// Where a decision about it is posted.
  fileprivate var address: String {
    "/simulator/\(kind.plural)/\(number)"
  }
}

extension PhoneRequest.Kind {
  fileprivate var plural: String {
    switch self {
    case .push: "pushes"
    case .enrolment: "enrolments"
    case .device: "devices"
    }
  }

  /// What is written on the buttons.
  fileprivate var yes: String {
    switch self {
    case .push: "Yes, it's me"
    case .enrolment: "Scan it and add the account"
    case .device: "Okta Verify is here, and signs"
    }
  }
  fileprivate var no: String {
    switch self {
    case .push: "No, it's not me"
    case .enrolment: "This phone has no biometrics"
    case .device: "It is not here"
    }
  }
}

/// What a control request says, in JSON or as a form.
struct Controls {
  /// Whether it came from a page, which wants a page back.
  let isForm: Bool
  private let form: FormBody
  private let json: WireValue?

  init(_ request: SimulatedRequest) {
    isForm = request.contentType == "application/x-www-form-urlencoded"
    form = isForm ? request.form : FormBody("")
    json = isForm ? nil : WireValue.parse(request.body)
  }

  func text(_ name: String) -> String? { isForm ? form[name] : json?[name]?.text }

  func flag(_ name: String) -> Bool? {
    if case .bool(let value)? = json?[name] { return value }
    return form[name].flatMap { Bool($0) }
  }
}

extension PhoneRequest {
  fileprivate var wire: WireValue {
    var object = WireObject([
      ("number", .integer(number)), ("kind", .string(kind.rawValue)), ("person", .string(person)),
      ("authenticator", .string(authenticator.rawValue)), ("state", .string(state.rawValue)),
      ("choices", .array(choices.map { .string($0) })), ("sent_at", .string(timestamp(sentAt))),
    ])
    if state == .approved { object["response"] = response.map { .string($0) } }
    return .object(object)
  }
}
