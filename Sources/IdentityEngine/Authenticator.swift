// What the engine says of an authenticator or of a user's enrolment of it (protocol reference
// §3.8).

public import JSON

/// An authenticator, an enrolment, or whatever object a `relatesTo` leads to.
public struct Authenticator: Sendable, Equatable {
  /// The reliable discriminator, like `okta_email`; old answers have none.
  public var key: String?
  /// The kind of thing it is, in the engine's word: `password`, `email`, `phone`, `app`,
  /// `security_key`, …
  public var type: String?
  /// What it is called for people (`displayName`, `label`).
  public var name: String?
  /// The authenticator's or the enrolment's id: opaque.
  public var id: String?
  /// The method types, as sent.
  public var methods: [String]
  /// What tells one enrolment from another, masked by the engine: an address, a number, a device's
  /// name.
  public var profile: JSONObject?
  /// What is particular to a kind: number challenge, QR code, question, WebAuthn challenge, …
  public var contextualData: JSONObject?
  /// What the organisation demands of it, such as the complexity of a password.
  public var settings: JSONObject?
  /// Everything as it came, actions aside.
  public var json: JSONObject

  init?(_ json: JSONValue?) {
    guard let object = json?.object else { return nil }
    key = object["key"]?.string ?? object["catalogKey"]?.string
    type = object["type"]?.string
    name = object["displayName"]?.string ?? object["label"]?.string
    id = object["id"]?.string ?? object["authenticatorInstanceId"]?.string
    methods = Self.methods(object["methods"])
    profile = object["profile"]?.object
    contextualData = object["contextualData"]?.object
    settings = object["settings"]?.object
    self.json = JSONObject(object.members.filter { !Self.isAction($0.value) })
  }

  private static func methods(_ json: JSONValue?) -> [String] {
    let list = json?["value"]?.array ?? json?.array ?? json?["value"].map { [$0] } ?? []
    return list.compactMap { $0["type"]?.string ?? $0["methodType"]?.string ?? $0.string }
  }

  static func isAction(_ json: JSONValue) -> Bool {
    json["href"]?.string != nil && json["name"]?.string != nil
      && (json["rel"] != nil || json["method"] != nil)
  }
}
