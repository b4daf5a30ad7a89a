// There is a new token.

public import JSON
public import Secrets

/// `token.changed`
public struct TokenChanged: NotificationParams {
  public static let name = "token.changed"
  public static let summary = "There is a new token for a subscription"
  public static let fields: [FieldDescription] = [
    FieldDescription("profile", .text, "The profile that was subscribed to", required: true),
    FieldDescription(
      "scopes", .list(.text, atLeast: 0), "The scopes that were subscribed to", required: true),
    FieldDescription(
      "token", TokenGet.Result.schema, "The token, as token.get answers it", required: true),
  ]

  /// The profile that was subscribed to.
  public var profile: String
  /// The scopes that were subscribed to.
  public var scopes: [String]
  /// As `token.get` answers it.
  public var token: TokenGet.Result

  /// Made of its parts.
  public init(profile: String, scopes: [String], token: TokenGet.Result) {
    self.profile = profile
    self.scopes = scopes
    self.token = token
  }

  public init(json: JSONValue) throws(WireFault) {
    let token = JSONWriter.bytes(try json.required("token") { $0 })
    self.init(
      profile: try json.required("profile", \.string), scopes: try Self.scopes(json),
      token: try TokenGet.Result(bytes: token.span))
  }

  /// Reads the JSON text of the wire form: the token goes from there into guarded memory.
  ///
  /// - Throws: `WireFault`.
  public init(bytes: Span<UInt8>) throws(WireFault) {
    var token: TokenGet.Result?
    var others = JSONObject()
    var scanner = try MemberScanner(bytes)
    while let member = try scanner.next() {
      if JSONPlace.holds("token", at: member.name, in: bytes) {
        token = try TokenGet.Result(bytes: bytes.extracting(member.value))
      } else if JSONPlace.holds("profile", at: member.name, in: bytes) {
        others["profile"] = try JSONPlace.value(at: member.value, in: bytes)
      } else if JSONPlace.holds("scopes", at: member.name, in: bytes) {
        others["scopes"] = try JSONPlace.value(at: member.value, in: bytes)
      }
    }
    guard let token else { throw .malformed(member: "token") }
    let json = JSONValue.object(others)
    self.init(
      profile: try json.required("profile", \.string), scopes: try Self.scopes(json), token: token)
  }

  /// The wire form in ordinary memory, for whoever has the token there anyway.
  public var json: JSONObject {
    let text = token.rendered()
    let token = text.withBytes { bytes in try? JSONParser.parse(bytes, rules: .tolerant) }
    return ["profile": .string(profile), "scopes": scopes.json, "token": token ?? .null]
  }

  /// The wire form as JSON text in guarded memory.
  ///
  /// - Parameter token: the answer of `token.get`, as it was rendered.
  public static func rendered(profile: String, scopes: [String], token: Secret) -> Secret {
    var head = #"{"profile":"#
    head += String(decoding: JSONWriter.bytes(.string(profile)), as: UTF8.self)
    head += #","scopes":"#
    head += String(decoding: JSONWriter.bytes(scopes.json), as: UTF8.self)
    head += #","token":"#
    let start = Array(head.utf8)
    return Secret(count: start.count + token.count + 1) { span in
      for index in start.indices { span[index] = start[index] }
      token.withBytes { bytes in
        for index in bytes.indices { span[start.count + index] = bytes[index] }
      }
      span[start.count + token.count] = UInt8(ascii: "}")
    }
  }

  static func scopes(_ json: JSONValue) throws(WireFault) -> [String] {
    try json.list("scopes") { (scope) throws(WireFault) in
      guard let scope = scope.string else { throw .malformed(member: "scopes") }
      return scope
    }
  }
}
