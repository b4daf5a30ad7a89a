// The way out to an issuer. Two implementations: the HTTP client of `remedyd`, and a simulated
// issuer in the same process.

public import HTTPTypes

/// Sends one request and brings one whole answer.
public protocol HTTPExchange: Sendable {
  /// - Parameters:
  ///   - caFile: a PEM file with trust roots beside the system's.
  ///   - timeout: from the call to the last byte of the answer.
  /// - Throws: `ExchangeFault`. Redirects are not followed: they are answers.
  func send(
    _ request: HTTPRequest, body: [UInt8], caFile: String?, timeout: Duration
  ) async throws(ExchangeFault) -> ExchangeAnswer
}

/// What an issuer answered.
public struct ExchangeAnswer: Sendable {
  /// The status of the answer.
  public var status: Int
  /// Its header fields.
  public var headers: HTTPFields
  /// At most `ExchangeAnswer.maximumBody` bytes, after decompression.
  public var body: [UInt8]

  /// The most bytes that a body may have.
  public static let maximumBody = 1 << 20

  /// Made of its parts.
  public init(status: Int, headers: HTTPFields, body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// Why there is no answer. The words say what and where, without anything secret.
public enum ExchangeFault: Error, Sendable, Equatable {
  case noConnection(String)
  case tls(String)
  case timedOut
  case tooLarge
  case broken(String)

  /// Whether the request may have had its effect.
  var mayHaveArrived: Bool {
    switch self {
    case .noConnection, .tls: false
    case .timedOut, .tooLarge, .broken: true
    }
  }

  var words: String {
    switch self {
    case .noConnection(let why): "no connection: \(why)"
    case .tls(let why): "TLS failed: \(why)"
    case .timedOut: "no answer in time"
    case .tooLarge: "an answer of more than \(ExchangeAnswer.maximumBody) bytes"
    case .broken(let why): "the connection broke: \(why)"
    }
  }
}
