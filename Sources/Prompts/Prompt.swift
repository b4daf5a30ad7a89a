// What a person is asked, as it travels from the broker to whoever answers (contract §2, PROMPT).
//
// Two parts with two authors: `Content` is the Identity Engine's answer made presentable, with
// nothing on offer dropped; the rest says whose sign-in it is and who asked for it, which only the
// broker knows, from the kernel.

public import JSON

/// Names one prompt; unguessable, and of no meaning but equality.
public struct PromptID: Sendable, Hashable, RawRepresentable {
  /// As it stands on the wire.
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
}

/// Names one run of the Interaction Code flow, over all its prompts and over restarts.
public struct TransactionID: Sendable, Hashable, RawRepresentable {
  /// As it stands on the wire.
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
}

/// One Identity Engine response of a transaction, as a person can answer it.
public struct Prompt: Sendable, Equatable {
  /// Who caused the sign-in, as the kernel names them.
  public struct Requester: Sendable, Equatable {
    /// The process that asked, as it was when it connected; it may have ended since.
    public var pid: Int
    /// The account that it ran as.
    public var uid: Int
    /// The path of the program, where the kernel lets the broker see it.
    public var exe: String?
    /// The systemd unit, where there is one.
    public var unit: String?

    /// Made of its parts; what is left out has the value that stands here.
    public init(pid: Int, uid: Int, exe: String? = nil, unit: String? = nil) {
      self.pid = pid
      self.uid = uid
      self.exe = exe
      self.unit = unit
    }
  }

  /// What the Identity Engine asks.
  public struct Content: Sendable, Equatable {
    /// What the transaction is for, in the engine's word, lower case: a hint.
    public var intent: String?
    /// What is asked, in one line.
    public var title: String
    /// What the engine says of the whole step, in its order.
    public var messages: [Message]
    /// What the engine says of the user: `identifier` and what else it sent.
    public var user: JSONObject?
    /// What the engine says of the application: `label` and what else it sent.
    public var app: JSONObject?
    /// The authenticator that is verified or set up now.
    public var authenticator: AuthenticatorSummary?
    /// Every remediation in the engine's order, then every action.
    public var forms: [Form]
    /// What helps to answer: number challenge, QR code, question, masked address, password policy,
    /// and whatever else the engine attached.
    public var context: JSONObject
    /// When the engine forgets the transaction, RFC 3339, UTC.
    public var expiresAt: String?

    /// Made of its parts; what is left out has the value that stands here.
    public init(
      intent: String? = nil, title: String, messages: [Message] = [], user: JSONObject? = nil,
      app: JSONObject? = nil, authenticator: AuthenticatorSummary? = nil, forms: [Form],
      context: JSONObject = [:], expiresAt: String? = nil
    ) {
      self.intent = intent
      self.title = title
      self.messages = messages
      self.user = user
      self.app = app
      self.authenticator = authenticator
      self.forms = forms
      self.context = context
      self.expiresAt = expiresAt
    }

    /// The form of that id.
    public func form(_ id: String) -> Form? {
      forms.first { $0.id == id }
    }
  }

  /// What an answer names. Another with every step; the same over updates.
  public var id: PromptID
  /// Which sign-in it is a step of.
  public var transaction: TransactionID
  /// Which profile is signed in to, by its name in the configuration.
  public var profile: String
  /// The uid whose session it will be; `nil` for a session that the service itself owns.
  public var owner: Int?
  /// The issuer's address, so that a person sees who asks for the password.
  public var issuer: String
  /// Who caused the sign-in; `nil` where the broker does not say.
  public var requestedBy: Requester?
  /// Why, in the caller's own words: shown as theirs, never as ours.
  public var reason: String?
  /// What the engine asks.
  public var content: Content

  /// Made of its parts.
  public init(
    id: PromptID, transaction: TransactionID, profile: String, owner: Int?, issuer: String,
    requestedBy: Requester?, reason: String?, content: Content
  ) {
    self.id = id
    self.transaction = transaction
    self.profile = profile
    self.owner = owner
    self.issuer = issuer
    self.requestedBy = requestedBy
    self.reason = reason
    self.content = content
  }
}

/// What the engine says of one authenticator or of one user's enrolment of it.
public struct AuthenticatorSummary: Sendable, Equatable {
  /// The engine's key, like `okta_email`; old answers have none.
  public var key: String?
  /// What kind of thing it is, in the engine's word: `password`, `email`, `phone`, `app`, …
  public var type: String?
  /// The label that the administrator gave it.
  public var name: String?
  /// The method, where there is only one.
  public var method: String?
  /// Whether it is being set up rather than verified.
  public var isEnrollment: Bool
  /// Whatever else was sent of it: id, profile (masked address), settings, …
  public var details: JSONObject

  /// Made of its parts; what is left out has the value that stands here.
  public init(
    key: String? = nil, type: String? = nil, name: String? = nil, method: String? = nil,
    isEnrollment: Bool = false, details: JSONObject = [:]
  ) {
    self.key = key
    self.type = type
    self.name = name
    self.method = method
    self.isEnrollment = isEnrollment
    self.details = details
  }
}

/// What the engine says in words.
public struct Message: Sendable, Equatable {
  /// How bad it is. A level that the engine leaves out is `info`.
  public enum Level: String, Sendable {
    case error, warning, info
  }

  /// How serious it is.
  public var level: Level
  /// The engine's key, which does not change with the language; some messages have none.
  public var key: String?
  /// The engine's own words, unchanged.
  public var text: String
  /// `{label, url}` of each link that goes with it.
  public var links: [JSONValue]

  /// Made of its parts; what is left out has the value that stands here.
  public init(level: Level, key: String? = nil, text: String, links: [JSONValue] = []) {
    self.level = level
    self.key = key
    self.text = text
    self.links = links
  }
}

// MARK: JSON

extension Prompt {
  /// The wire form (contract §2).
  public var json: JSONValue {
    var object: JSONObject = [
      "id": .string(id.rawValue), "transaction": .string(transaction.rawValue),
      "profile": .string(profile),
      "owner": owner.map { .int($0) } ?? "service",
      "issuer": .string(issuer),
    ]
    object.append("requested_by", requestedBy?.json)
    object.append("reason", reason.map { .string($0) })
    for member in content.json.members { object.append(member.name, member.value) }
    return .object(object)
  }

  /// Reads the wire form. Members that this version does not know are passed over.
  ///
  /// - Throws: `PromptFault.malformed` with the member that is missing or of another type.
  public init(json: JSONValue) throws(PromptFault) {
    id = PromptID(rawValue: try json.text("id"))
    transaction = TransactionID(rawValue: try json.text("transaction"))
    profile = try json.text("profile")
    owner = json["owner"]?.int
    issuer = json["issuer"]?.string ?? ""
    requestedBy = json["requested_by"].flatMap { Requester(json: $0) }
    reason = json["reason"]?.string
    content = try Content(json: json)
  }
}

extension Prompt.Requester {
  var json: JSONValue {
    var object: JSONObject = ["pid": .int(pid), "uid": .int(uid)]
    object.append("exe", exe.map { .string($0) })
    object.append("unit", unit.map { .string($0) })
    return .object(object)
  }

  init?(json: JSONValue) {
    guard let pid = json["pid"]?.int, let uid = json["uid"]?.int else { return nil }
    self.init(pid: pid, uid: uid, exe: json["exe"]?.string, unit: json["unit"]?.string)
  }
}

extension Prompt.Content {
  /// The engine's part of the wire form; also what is compared in golden files.
  public var json: JSONObject {
    var object = JSONObject()
    object.append("intent", intent.map { .string($0) })
    object.append("title", .string(title))
    object.append("messages", .array(messages.map(\.json)))
    object.append("user", user.map { .object($0) })
    object.append("app", app.map { .object($0) })
    object.append("authenticator", authenticator?.json)
    object.append("forms", .array(forms.map(\.json)))
    if !context.isEmpty { object.append("context", .object(context)) }
    object.append("expires_at", expiresAt.map { .string($0) })
    return object
  }

  init(json: JSONValue) throws(PromptFault) {
    var forms: [Form] = []
    for form in json["forms"]?.array ?? [] { forms.append(try Form(json: form)) }
    self.init(
      intent: json["intent"]?.string, title: try json.text("title"),
      messages: json.messages, user: json["user"]?.object, app: json["app"]?.object,
      authenticator: json["authenticator"].map { AuthenticatorSummary(json: $0) }, forms: forms,
      context: json["context"]?.object ?? [:], expiresAt: json["expires_at"]?.string)
  }
}

extension AuthenticatorSummary {
  /// The members that have a name of their own here; the rest is `details`.
  private static let named: Set = ["key", "type", "name", "method", "enrollment"]

  public var json: JSONValue {
    var object = JSONObject()
    object.append("key", key.map { .string($0) })
    object.append("type", type.map { .string($0) })
    object.append("name", name.map { .string($0) })
    object.append("method", method.map { .string($0) })
    object.append("enrollment", .bool(isEnrollment))
    for member in details.members where !Self.named.contains(member.name) {
      object.append(member.name, member.value)
    }
    return .object(object)
  }

  init(json: JSONValue) {
    let others = json.object?.members.filter { !Self.named.contains($0.name) } ?? []
    self.init(
      key: json["key"]?.string, type: json["type"]?.string, name: json["name"]?.string,
      method: json["method"]?.string, isEnrollment: json["enrollment"]?.bool ?? false,
      details: JSONObject(others))
  }
}

extension Message {
  /// The wire form: `{level, key?, text, links?}`.
  public var json: JSONValue {
    var object: JSONObject = ["level": .string(level.rawValue)]
    object.append("key", key.map { .string($0) })
    object.append("text", .string(text))
    if !links.isEmpty { object.append("links", .array(links)) }
    return .object(object)
  }

  /// Reads the wire form; `nil` where there are no words.
  public init?(json: JSONValue) {
    guard let text = json["text"]?.string else { return nil }
    self.init(
      level: json["level"]?.string.flatMap { Level(rawValue: $0) } ?? .info,
      key: json["key"]?.string, text: text, links: json["links"]?.array ?? [])
  }
}

/// What is wrong with a prompt that somebody sent.
public enum PromptFault: Error, Equatable, Sendable {
  /// This member is missing, or is not of the type it must have.
  case malformed(member: String)
}

extension JSONValue {
  func text(_ name: String) throws(PromptFault) -> String {
    guard let text = self[name]?.string else { throw .malformed(member: name) }
    return text
  }

  /// The `messages` member of a prompt, form or error.
  public var messages: [Message] {
    (self["messages"]?.array ?? []).compactMap { Message(json: $0) }
  }
}
