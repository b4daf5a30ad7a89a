// One thing that a person can do now: fill in, press, wait, open in a browser.

public import JSON

/// One remediation, or one action that the engine hangs on another object.
public struct Form: Sendable, Equatable {
  /// How it is answered.
  public enum Kind: String, Sendable {
    /// Fields to fill in.
    case form
    /// Nothing to fill in: answering is doing it.
    case action
    /// The broker asks again by itself; there is nothing to answer.
    case poll
    /// An address to open; the outcome comes by the redirect.
    case browser
    /// Not for a process without a browser or device: shown with what it is, answerable by name.
    case unsupported
  }

  /// Unique in its prompt, stable over its updates.
  public var id: String
  /// The engine's name of the remediation, or where the action hangs.
  public var remediation: String
  /// What it is called for people; `nil` where nothing is known to call it.
  public var label: String?
  /// How it is answered.
  public var kind: Kind
  /// What there is to fill in, in the engine's order.
  public var fields: [Field]
  /// The address to open (`browser`).
  public var url: String?
  /// Seconds between two questions (`poll`).
  public var interval: Double?
  /// The authenticator that the form is about.
  public var authenticator: AuthenticatorSummary?
  /// Whatever else the engine attached: scopes to consent to, the identity provider, …
  public var details: JSONObject

  /// Made of its parts; what is left out has the value that stands here.
  public init(
    id: String, remediation: String, label: String? = nil, kind: Kind, fields: [Field] = [],
    url: String? = nil, interval: Double? = nil, authenticator: AuthenticatorSummary? = nil,
    details: JSONObject = [:]
  ) {
    self.id = id
    self.remediation = remediation
    self.label = label
    self.kind = kind
    self.fields = fields
    self.url = url
    self.interval = interval
    self.authenticator = authenticator
    self.details = details
  }

  /// The form as it stands in a PROMPT (contract §2).
  public var json: JSONValue {
    var object: JSONObject = ["id": .string(id), "remediation": .string(remediation)]
    object.append("label", label.map { .string($0) })
    object.append("kind", .string(kind.rawValue))
    object.append("url", url.map { .string($0) })
    object.append("interval", interval.map { .double($0) })
    object.append("fields", .array(fields.map(\.json)))
    object.append("authenticator", authenticator?.json)
    if !details.isEmpty { object.append("details", .object(details)) }
    return .object(object)
  }

  init(json: JSONValue) throws(PromptFault) {
    var fields: [Field] = []
    for field in json["fields"]?.array ?? [] { fields.append(try Field(json: field)) }
    self.init(
      id: try json.text("id"), remediation: try json.text("remediation"),
      label: json["label"]?.string,
      kind: Kind(rawValue: try json.text("kind")) ?? .unsupported, fields: fields,
      url: json["url"]?.string, interval: json["interval"]?.double,
      authenticator: json["authenticator"].map { AuthenticatorSummary(json: $0) },
      details: json["details"]?.object ?? [:])
  }
}
