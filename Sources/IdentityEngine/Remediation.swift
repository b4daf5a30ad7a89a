// One step that is on offer: a member of the `remediation` array, or an action that hangs on
// another object (protocol reference §3.2, §4). Both are the same thing on the wire.

public import JSON

/// A form to submit or a link to open.
public struct Remediation: Sendable, Equatable {
  /// The engine's name; not unique (several `redirect-idp`), not always known.
  public var name: String
  /// The path of the object that an action hangs on, like `currentAuthenticator.recover`; `nil` for
  /// a member of the `remediation` array.
  public var hangsOn: String?
  /// Absolute, as sent. Nothing here has checked where it leads.
  public var href: String
  /// The HTTP method, `POST` where the engine names none.
  public var method: String
  /// The content type that the engine wants for the request.
  public var accepts: String?
  /// Whether it is a form (`create-form`); a link is for a browser, never for an HTTP client.
  public var isForm: Bool
  /// Milliseconds between two polls.
  public var refresh: Int?
  /// References to what it is about, as sent; they may dangle.
  public var relatesTo: [String]
  /// What the form asks for, in the engine's order; empty for a link.
  public var fields: [IONField]
  /// Every other member, as it came: `type`, `idp`, `scopes`, …
  public var others: JSONObject

  private static let known: Set = [
    "name", "href", "method", "accepts", "produces", "rel", "refresh", "relatesTo", "value",
  ]

  /// - Parameter hangsOn: where an action was found; `nil` in the `remediation` array.
  init?(_ json: JSONValue, hangsOn: String? = nil) {
    guard let object = json.object, let name = object["name"]?.string else { return nil }
    self.name = name
    self.hangsOn = hangsOn
    href = object["href"]?.string ?? ""
    method = object["method"]?.string ?? "POST"
    accepts = object["accepts"]?.string
    let rel = object["rel"]?.array?.compactMap(\.string) ?? object["rel"]?.string.map { [$0] } ?? []
    isForm = rel.contains("create-form")
    refresh = object["refresh"]?.int
    relatesTo =
      object["relatesTo"]?.array?.compactMap(\.string)
      ?? object["relatesTo"]?.string.map { [$0] } ?? []
    fields = IONField.list(object["value"])
    others = JSONObject(object.members.filter { !Self.known.contains($0.name) })
  }

  /// Whether the engine expects this again and again without anybody answering.
  public var isPoll: Bool {
    refresh != nil || name == "poll" || name.hasSuffix("-poll")
  }

  /// Whether it is a link for a browser.
  public var isLink: Bool {
    !isForm || method == "GET"
  }

  /// The state handle in the form itself: the one to send with it.
  public var stateHandle: StateHandle? {
    fields.first { $0.name == "stateHandle" }?.value?.string.map { StateHandle($0) }
  }
}
