// A transaction on a stage: events go in, effects come out, and the tickets of what was sent are
// kept, so that a test reads as the run that it tests.

import IdentityEngine
import InteractionCodeFlow
import JSON
import Prompts
import Testing

struct Stage {
  private(set) var transaction: Transaction
  private(set) var tickets: [Transaction.Ticket] = []
  private(set) var requests: [IDXRequest] = []

  init(_ purpose: Purpose = .authenticate, loginHint: String? = nil) {
    transaction = Transaction(
      origin: "https://issuer.example", purpose: purpose, loginHint: loginHint)
  }

  /// What was said to be kept: on its own, since it stands beside whatever else is done.
  private(set) var kept: [Checkpoint] = []

  mutating func feed(
    _ event: Transaction.Event, at seconds: Double = 0
  ) -> [Transaction.Effect] {
    var effects = transaction.handle(event, now: .seconds(seconds))
    effects.removeAll { effect in
      guard case .keep(let checkpoint) = effect else { return false }
      kept.append(checkpoint)
      return true
    }
    for case .send(let request, let ticket) in effects {
      requests.append(request)
      tickets.append(ticket)
    }
    return effects
  }

  /// Answers the request that was sent last, or the one with this number.
  mutating func respond(
    _ response: IDXResponse, to number: Int? = nil, lifetime: Duration? = nil,
    at seconds: Double = 0
  ) throws -> [Transaction.Effect] {
    let ticket = try ticket(number)
    return feed(.responded(response, ticket, lifetime: lifetime), at: seconds)
  }

  mutating func fail(
    _ fault: Transaction.Fault, to number: Int? = nil, at seconds: Double = 0
  ) throws -> [Transaction.Effect] {
    feed(.failed(fault, try ticket(number)), at: seconds)
  }

  func ticket(_ number: Int? = nil) throws -> Transaction.Ticket {
    let index = number ?? tickets.count - 1
    return try #require(tickets.indices.contains(index) ? tickets[index] : nil)
  }

  /// A stage where `response` is the open prompt since second 0, with this lifetime.
  static func showing(
    _ response: IDXResponse, for purpose: Purpose = .authenticate, loginHint: String? = nil,
    lifetime: Duration? = nil
  ) throws -> Stage {
    var stage = Stage(purpose, loginHint: loginHint)
    _ = stage.feed(.resumed(Checkpoint(handle: InteractionHandle("handle"))))
    _ = try stage.respond(response, lifetime: lifetime)
    return stage
  }
}

/// Answers of an engine, as short as they can be.
enum Engine {
  static let root = "https://issuer.example/idp/idx/"

  static func answer(
    handle: String = "02.s", said: [JSONValue] = [], current: JSONValue? = nil,
    challenge: JSONValue? = nil, _ forms: JSONValue...
  ) throws -> IDXResponse {
    var object: JSONObject = [
      "version": "1.0.0", "stateHandle": .string(handle),
      "remediation": ["value": .array(forms)], "cancel": form("cancel", handle: handle),
    ]
    if !said.isEmpty { object["messages"] = ["value": .array(said)] }
    object.append("currentAuthenticatorEnrollment", current.map { ["value": $0] })
    object.append("authenticatorChallenge", challenge.map { ["value": $0] })
    return try IDXResponse(status: 200, body: JSONWriter.bytes(.object(object)))
  }

  static func form(
    _ name: String, handle: String = "02.s", refresh: Int? = nil, _ fields: JSONValue...
  ) -> JSONValue {
    let handle: JSONValue = [
      "name": "stateHandle", "value": .string(handle), "visible": false, "mutable": false,
    ]
    var object: JSONObject = [
      "name": .string(name), "rel": ["create-form"], "href": .string(root + name),
      "value": .array(fields + [handle]),
    ]
    object.append("refresh", refresh.map { .int($0) })
    return .object(object)
  }

  static func identify() throws -> IDXResponse {
    try answer(form("identify", ["name": "identifier", "label": "Username", "required": true]))
  }

  static func code(said: [JSONValue] = [], current: JSONValue? = nil) throws -> IDXResponse {
    try answer(
      current: current,
      form(
        "challenge-authenticator",
        [
          "name": "credentials",
          "form": [
            "value": [["name": "passcode", "label": "Code", "messages": ["value": .array(said)]]]
          ],
        ]))
  }

  static func push(
    id: String = "pfd1", refresh: Int? = 2000, number: JSONValue? = nil, handle: String = "02.s"
  ) throws -> IDXResponse {
    try answer(
      handle: handle,
      current: [
        "key": "okta_verify", "id": .string(id), "contextualData": ["correctAnswer": number ?? 12],
      ],
      form(
        "challenge-poll", handle: handle, refresh: refresh,
        ["name": "autoChallenge", "value": true]
      ),
      form("select-authenticator-authenticate", handle: handle, ["name": "x"]))
  }

  static func said(_ key: String, _ text: String, level: JSONValue? = "ERROR") -> JSONValue {
    var message: JSONObject = ["message": .string(text), "i18n": ["key": .string(key)]]
    message.append("class", level)
    return .object(message)
  }

  static func over(_ key: String, _ text: String = "Over.") throws -> IDXResponse {
    try answer(said: [said(key, text)])
  }

  static func success() throws -> IDXResponse {
    try IDXResponse(
      status: 200,
      body: JSONWriter.bytes([
        "version": "1.0.0",
        "successWithInteractionCode": [
          "href": "https://issuer.example/oauth2/v1/token",
          "value": [["name": "interaction_code", "value": "c0de"]],
        ],
      ]))
  }
}
