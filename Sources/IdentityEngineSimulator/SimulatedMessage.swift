// What goes in and out of the organisation. It owns no socket: whoever holds it hands it a request
// with the time, and delivers the answer in the way the answer asks for.

public import HTTPTypes

/// A request as the organisation sees it.
public struct SimulatedRequest: Sendable {
  /// `GET`, `POST`, …
  public var method: HTTPRequest.Method
  /// Path with query, as on the request line.
  public var target: String
  /// Header fields.
  public var headers: HTTPFields
  /// The body, already put together where it came in chunks.
  public var body: [UInt8]

  /// A request.
  public init(
    method: HTTPRequest.Method, target: String, headers: HTTPFields = [:], body: [UInt8] = []
  ) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
  }

  /// The target without its query.
  public var path: String { String(target.prefix { $0 != "?" }) }

  var query: FormBody { FormBody(String(target.drop { $0 != "?" }.dropFirst())) }

  var form: FormBody { FormBody(String(decoding: body, as: UTF8.self)) }

  /// The media type without its parameters, in lower case.
  var contentType: String? {
    headers[.contentType].map { value in
      String(value.prefix { $0 != ";" }).filter { !$0.isWhitespace }.lowercased()
    }
  }
}

/// What the organisation answers.
public struct SimulatedResponse: Sendable, Equatable {
  /// How the answer gets to the client.
  public enum Delivery: Sendable, Equatable {
    /// At once.
    case now
    /// After this long; others must not have to wait meanwhile.
    case after(Duration)
    /// Never: the connection stays open and silent until the client leaves.
    case never
    /// The connection is reset, without one byte of an answer.
    case reset
  }

  /// The HTTP status.
  public var status: Int
  /// Header fields, `Date` among them.
  public var headers: HTTPFields
  /// The body.
  public var body: [UInt8]
  /// How it is to be delivered; anything but `.now` comes from a fault.
  public var delivery: Delivery

  /// An answer.
  public init(
    status: Int, headers: HTTPFields = [:], body: [UInt8] = [], delivery: Delivery = .now
  ) {
    self.status = status
    self.headers = headers
    self.body = body
    self.delivery = delivery
  }

  /// The wait that a slow answer asks for.
  public var delay: Duration? {
    if case .after(let duration) = delivery { duration } else { nil }
  }

  /// The body read as JSON.
  public var json: WireValue? { WireValue.parse(body) }
}

/// An answer before it is put into bytes, while faults can still be worked into it.
struct Answer: Sendable {
  enum Body: Sendable {
    case none
    case json(WireValue)
    case bytes([UInt8], type: String)
  }

  var status: Int
  var body: Body
  var contentType = "application/json"
  var headers: HTTPFields = [:]
  var delivery = SimulatedResponse.Delivery.now

  static let ion = "application/ion+json; okta-version=1.0.0"

  static func json(_ value: WireValue, status: Int = 200) -> Answer {
    Answer(status: status, body: .json(value))
  }

  static func ion(_ value: WireValue, status: Int = 200) -> Answer {
    Answer(status: status, body: .json(value), contentType: Answer.ion)
  }

  /// An OAuth error (RFC 6749 §5.2).
  static func oauth(_ error: String, _ description: String, status: Int = 400) -> Answer {
    json(["error": .string(error), "error_description": .string(description)], status: status)
  }

  /// Okta's API error, which any path may answer with.
  static func api(_ code: String, _ summary: String, status: Int, id: String = "") -> Answer {
    json(
      [
        "errorCode": .string(code), "errorSummary": .string(summary), "errorLink": .string(code),
        "errorId": .string("oae" + id), "errorCauses": [],
      ], status: status)
  }

  /// IDX that is over: messages and nothing to go on with.
  static func dead(_ message: Message, status: Int = 401) -> Answer {
    ion(["version": "1.0.0", "messages": Message.list([message])], status: status)
  }

  static var sessionExpired: Answer { dead(.sessionExpired) }

  static var badRequest: Answer { dead(.badRequest, status: 400) }
}
