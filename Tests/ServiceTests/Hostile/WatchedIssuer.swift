// An issuer that keeps all that it is sent and all that it gives out, so that a test can say of every
// text that is between the broker and one issuer whether another issuer has ever seen it.

import Foundation
import JSON
import Synchronization

/// One issuer at an origin of its own: honest, unless a test has it answer otherwise.
final class WatchedIssuer: Sendable {
  /// What it answers to a call in place of the honest answer; `nil` for the honest one.
  typealias Twist = @Sendable (IssuerCall, JSONValue) -> [RawStep]?

  private struct Notes {
    var origin = ""
    var twist: Twist?
    var requests: [RawRequest] = []
    /// The newest honest answer to each call.
    var answers: [IssuerCall: JSONValue] = [:]
    /// What nobody but the broker and this issuer may know.
    var secrets: Set<String> = []
  }

  let mint: TokenMint
  private let issuer: PlainIssuer
  private let notes = Mutex(Notes())
  private let server = Mutex<RawServer?>(nil)

  init(_ mint: TokenMint) throws {
    self.mint = mint
    issuer = PlainIssuer(mint)
    let server = try RawServer { [self] request in answer(request) }
    notes.withLock { $0.origin = server.origin }
    self.server.withLock { $0 = server }
  }

  var origin: String { notes.withLock { $0.origin } }
  /// The requests that came, whatever came of them.
  var requests: [RawRequest] { notes.withLock { $0.requests } }
  var secrets: Set<String> { notes.withLock { $0.secrets } }
  /// The newest honest answer to a call, as somebody has it who listened there.
  func answer(_ call: IssuerCall) -> JSONValue { notes.withLock { $0.answers[call] ?? [:] } }
  func twist(_ twist: @escaping Twist) { notes.withLock { $0.twist = twist } }
  func stop() { server.withLock { $0?.stop() } }

  /// The newest value of a parameter that the broker sent.
  func sent(_ name: String) -> String? {
    notes.withLock { notes in notes.requests.reversed().lazy.compactMap { $0.form[name] }.first }
  }

  private func answer(_ request: RawRequest) -> [RawStep] {
    let origin = notes.withLock { notes in
      notes.requests.append(request)
      for name in Self.secretParameters {
        if let value = request.form[name] { notes.secrets.insert(value) }
      }
      notes.secrets.formUnion(Self.cookies(request))
      return notes.origin
    }
    guard let call = IssuerCall(request),
      var honest = issuer.answer(call, request, origin: origin)
    else { return [.json(["error": "not_found"], status: 404)] }
    if call == .identify { honest = Self.identified(origin: origin) }
    if call == .introspect { honest = Self.withProvider(honest, origin: origin) }
    if call == .discovery, case .object(var object) = honest {
      object["authorization_response_iss_parameter_supported"] = true
      honest = .object(object)
    }
    let twist = notes.withLock { notes in
      notes.answers[call] = honest
      notes.secrets.formUnion(Self.secrets(in: honest))
      return notes.twist
    }
    return twist?(call, honest) ?? [.json(honest)]
  }

  private static let secretParameters = [
    "client_secret", "code_challenge", "code_verifier", "interaction_code", "nonce",
    "refresh_token", "state",
  ]

  /// The device token, which is one for each profile.
  private static func cookies(_ request: RawRequest) -> [String] {
    request.head.components(separatedBy: "\r\n").compactMap { line in
      line.lowercased().hasPrefix("cookie: dt=") ? String(line.dropFirst("cookie: dt=".count)) : nil
    }
  }

  private static func secrets(in answer: JSONValue) -> [String] {
    let members = ["interaction_handle", "access_token", "refresh_token", "id_token"]
    let code = answer["successWithInteractionCode"]?["value"]?.array?.first?["value"]?.string
    return members.compactMap { answer[$0]?.string } + (code.map { [$0] } ?? [])
  }

  /// The end of the flow, with a code that no other run has.
  static func identified(origin: String) -> JSONValue {
    [
      "version": "1.0.0", "stateHandle": "02.plain",
      "successWithInteractionCode": [
        "name": "issue", "href": .string(origin + "/oauth2/v1/token"),
        "value": [
          ["name": "interaction_code", "value": .string("code-" + UUID().uuidString)]
        ],
      ],
    ]
  }

  /// The same step with a way through a browser beside it.
  private static func withProvider(_ step: JSONValue, origin: String) -> JSONValue {
    guard case .object(var object) = step, case .object(var remediation)? = object["remediation"],
      case .array(var forms)? = remediation["value"]
    else { return step }
    forms.append([
      "name": "redirect-idp", "type": "OIDC", "idp": ["id": "0oaidp", "name": "Provider"],
      "href": .string(origin + "/sso/idps/0oaidp?stateToken=02.plain"), "method": "GET",
    ])
    remediation["value"] = .array(forms)
    object["remediation"] = .object(remediation)
    return .object(object)
  }
}
