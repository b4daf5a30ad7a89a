// What is sent to the engine (protocol reference §2): one path that a client builds itself, and
// hrefs that it follows.

public import HTTPTypes
public import JSON

/// One call of the engine.
public struct IDXRequest: Sendable, Equatable, CustomStringConvertible {
  /// Absolute. Whoever sends it first checks that it leads to the issuer's own origin.
  public var href: String
  /// The `Content-Type` of the request: what the form says that it accepts, or the engine's own.
  public var contentType: String
  /// The members that are sent. They hold what a person typed.
  public var body: JSONObject
  /// What is called, for logs: never the body, which holds what a person typed.
  public var name: String

  /// Where a transaction stands now; also how it is resumed. Safe to repeat.
  ///
  /// - Parameter origin: scheme, host and port of the issuer: the path is never below
  ///   `/oauth2/{id}` (protocol reference §1.1).
  public static func introspect(_ handle: InteractionHandle, origin: String) -> IDXRequest {
    IDXRequest(
      href: origin + "/idp/idx/introspect", contentType: ion,
      body: ["interactionHandle": .string(handle.text)], name: "introspect")
  }

  /// The same by the state handle, which the engine calls a state token here (reference, trap 6).
  public static func introspect(_ handle: StateHandle, origin: String) -> IDXRequest {
    IDXRequest(
      href: origin + "/idp/idx/introspect", contentType: ion,
      body: ["stateToken": .string(handle.text)], name: "introspect")
  }

  /// Submits a form or an action.
  public static func submit(_ remediation: Remediation, body: JSONObject) -> IDXRequest {
    IDXRequest(
      href: remediation.href, contentType: remediation.accepts ?? "application/json", body: body,
      name: remediation.name)
  }

  private static let ion = "application/ion+json; okta-version=1.0.0"

  /// The headers of the call; `Origin` is what the engine checks a WebAuthn origin against.
  public func headers(origin: String) -> HTTPFields {
    [.contentType: contentType, .accept: Self.ion, .origin: origin]
  }

  /// The body as it is sent: JSON in UTF-8.
  public var bodyBytes: [UInt8] { JSONWriter.bytes(.object(body)) }

  public var description: String { "<\(name) request>" }
}
