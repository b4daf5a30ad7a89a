// One answer of the Identity Engine, read so that nothing is lost: what has a name here is picked
// out, and the whole stays beside it (protocol reference §3, traps §11).
//
// 1. No single odd member fails the whole: what can't be read is passed over, and stays in `json`.
// 2. The body decides, not the status: the same body comes with 200, 400, 401 and 403.
// 3. What is nested deeper than any answer of IDX is kept as the text of it, so that whatever is made of
//    an answer fits the lines of our own interface, which go 64 deep.
// 4. What is not IDX becomes an `IDXFault` in the server's own words.

public import JSON

/// What the engine answered.
public struct IDXResponse: Sendable, Equatable {
  /// The answer as it came.
  public var json: JSONObject
  /// What names the authentication in the next request, where the form has none of its own.
  public var stateHandle: StateHandle?
  /// As sent, like `2026-11-23T06:00:00.000Z`.
  public var expiresAt: String?
  /// What the transaction is for, in the engine's word (`LOGIN`, `ENROLLMENT`, …): a hint, often
  /// absent.
  public var intent: String?
  /// In the engine's order of preference.
  public var remediations: [Remediation]
  /// Forms that hang on other objects, in the order of the answer; `cancel` at the top is not here.
  public var actions: [Remediation]
  /// The form that ends the transaction at the engine; `nil` where it offers none.
  public var cancel: Remediation?
  /// The messages at the top; those of fields are with the fields.
  public var messages: [IDXMessage]
  /// The end of the flow, where this answer is it (`successWithInteractionCode`).
  public var success: Success?
  /// What is being set up, or verified where it is no enrolment.
  public var currentAuthenticator: Authenticator?
  /// The enrolment that is being verified.
  public var currentEnrollment: Authenticator?

  /// The interaction code and where to redeem it.
  public struct Success: Sendable, Equatable {
    /// What is redeemed for tokens, once and within a minute.
    public var code: InteractionCode
    /// Where the engine says that it is redeemed. The broker goes by the issuer's metadata, not by
    /// this.
    public var href: String
  }

  /// What an answer means for the transaction (protocol reference §3.7).
  public enum Meaning: Sendable, Equatable {
    /// Redeem the code at once.
    case success(Success)
    /// Something can be answered.
    case alive
    /// Keep the answer before this one and come back later.
    case rateLimited
    /// The handle is dead.
    case expired
    /// Over, with these messages; they can be good news.
    case terminal
  }

  /// Decided by the body alone, never by the status (rule 2).
  public var meaning: Meaning {
    if let success { return .success(success) }
    if !remediations.isEmpty { return .alive }
    let keys = Set(messages.compactMap(\.key))
    if !keys.isDisjoint(with: Self.rateLimitKeys) { return .rateLimited }
    if !keys.isDisjoint(with: Self.expiryKeys) { return .expired }
    return .terminal
  }

  private static let rateLimitKeys: Set = ["tooManyRequests", "oie.tooManyRequests"]
  private static let expiryKeys: Set = ["idx.session.expired", "error.expired.session"]

  /// Top-level members that are read here or are of no use to a person.
  private static let known: Set = [
    "version", "stateHandle", "expiresAt", "intent", "step", "remediation", "messages", "cancel",
    "context", "successWithInteractionCode", "success", "failure", "currentAuthenticator",
    "currentAuthenticatorEnrollment", "enrollmentAuthenticator", "recoveryAuthenticator",
    "authenticators", "authenticatorEnrollments", "user", "app", "authentication", "scripts",
    "brand",
  ]

  /// Reads an answer.
  ///
  /// - Throws: `IDXFault` where the body is no IDX answer of a version that is known.
  public init(status: Int, body: [UInt8]) throws(IDXFault) {
    guard let json = try? JSONParser.parse(body, rules: .tolerant), let object = json.object else {
      throw .notIDX(status: status)
    }
    guard let version = object["version"]?.string else { throw IDXFault(object, status: status) }
    guard version == "1.0.0" else { throw .version(version) }
    self.init(JSONValue.object(object).flattened(below: Self.maximumDepth).object ?? object)
  }

  private static let maximumDepth = 48

  init(_ object: JSONObject) {
    json = object
    stateHandle = object["stateHandle"]?.string.map { StateHandle($0) }
    expiresAt = object["expiresAt"]?.string
    intent = object["intent"]?.string
    remediations = (object["remediation"]?["value"]?.array ?? []).compactMap { Remediation($0) }
    messages = IDXMessage.list(object["messages"])
    cancel = object["cancel"].flatMap { Remediation($0) }
    success = Success(object["successWithInteractionCode"])
    currentAuthenticator = Authenticator(object["currentAuthenticator"]?["value"])
    currentEnrollment = Authenticator(object["currentAuthenticatorEnrollment"]?["value"])
    actions = []
    for member in object.members where !Self.withoutActions.contains(member.name) {
      collectActions(in: member.value, path: member.name, depth: 0)
    }
  }

  private static let withoutActions: Set = [
    "remediation", "cancel", "context", "successWithInteractionCode", "success", "failure",
  ]

  private mutating func collectActions(in json: JSONValue, path: String, depth: Int) {
    guard depth < 12 else { return }
    if Authenticator.isAction(json) {
      if let action = Remediation(json, hangsOn: path) { actions.append(action) }
    } else if let object = json.object {
      for member in object.members {
        let step = member.name == "value" ? path : path + "." + member.name
        collectActions(in: member.value, path: step, depth: depth + 1)
      }
    } else if let array = json.array {
      for (index, element) in array.enumerated() {
        collectActions(in: element, path: path + "[\(index)]", depth: depth + 1)
      }
    }
  }

  /// What a reference leads to; `nil` where it dangles, which it may.
  ///
  /// References are a first-level member, with or without `$.`, and at most one `.value[n]`.
  public func resolve(_ reference: String) -> Authenticator? {
    let path = reference.hasPrefix("$.") ? String(reference.dropFirst(2)) : reference
    let parts = path.split(separator: ".", maxSplits: 1)
    guard let first = parts.first, let member = json[String(first)] else { return nil }
    let value = member["value"] ?? member
    guard parts.count == 2 else { return Authenticator(value) }
    guard parts[1].hasPrefix("value["), parts[1].hasSuffix("]"),
      let index = Int(parts[1].dropFirst(6).dropLast()), let array = value.array,
      array.indices.contains(index)
    else { return nil }
    return Authenticator(array[index])
  }

  /// The members at the top that nothing here knows, and those that are only for display.
  public var others: JSONObject {
    JSONObject(json.members.filter { !Self.known.contains($0.name) })
  }

  /// What the engine says of the user: `identifier`, and what else it sent.
  public var user: JSONObject? { json["user"]?["value"]?.object }
  /// What the engine says of the application that is signed in to: `label`, and what else it sent.
  public var app: JSONObject? { json["app"]?["value"]?.object }
  /// The authenticator that a password is recovered by.
  public var recoveryAuthenticator: Authenticator? {
    Authenticator(json["recoveryAuthenticator"]?["value"])
  }
  /// The authenticator that is being set up, perhaps again, with the policy in its `settings`.
  public var enrollmentAuthenticator: Authenticator? {
    Authenticator(json["enrollmentAuthenticator"]?["value"])
  }

  /// Where a browser would go on: the flow of the hosted page, which gives no interaction code.
  public var browserRedirect: String? {
    json["success"]?["href"]?.string ?? json["failure"]?["href"]?.string
  }
}

extension IDXResponse.Success {
  init?(_ json: JSONValue?) {
    guard let json, let href = json["href"]?.string else { return nil }
    let fields = IONField.list(json["value"])
    guard let code = fields.first(where: { $0.name == "interaction_code" })?.value?.string else {
      return nil
    }
    self.init(code: InteractionCode(code), href: href)
  }
}

/// Why a body is no IDX answer, in the words of whoever sent it.
public enum IDXFault: Error, Equatable, Sendable {
  /// An error object of Okta's API (`errorCode`, `errorSummary`).
  case api(status: Int, code: String, summary: String)
  /// An OAuth error.
  case oauth(status: Int, error: String, description: String?)
  /// What a proxy or a network zone in front of the engine says.
  case proxy(status: Int, message: String)
  /// An IDX answer of another version.
  case version(String)
  /// Empty, no JSON, or JSON of no known shape.
  case notIDX(status: Int)

  init(_ object: JSONObject, status: Int) {
    if let code = object["errorCode"]?.string {
      self = .api(status: status, code: code, summary: object["errorSummary"]?.string ?? code)
    } else if let message = object["message"]?.string {
      self = .proxy(status: status, message: message)
    } else if let error = object["error"]?.string {
      let description = object["error_description"]?.string ?? object["errorDescription"]?.string
      self = .oauth(status: status, error: error, description: description)
    } else {
      self = .notIDX(status: status)
    }
  }
}

extension JSONValue {
  /// The same, with the text of every array and object that has more than `depth` levels around it in
  /// its place.
  fileprivate func flattened(below depth: Int) -> JSONValue {
    switch self {
    case .array where depth == 0, .object where depth == 0: .string(JSONWriter.text(self))
    case .array(let elements): .array(elements.map { $0.flattened(below: depth - 1) })
    case .object(let object):
      .object(
        JSONObject(
          object.members.map {
            JSONObject.Member($0.name, $0.value.flattened(below: depth - 1))
          }))
    default: self
    }
  }
}
