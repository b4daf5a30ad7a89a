// A request to one of the issuer's OAuth endpoints, ready to send, and the form in its body.

public import HTTPTypes
internal import Secrets

/// An HTTP request with its whole body. It carries credentials: it describes itself by method and
/// address only.
public struct OAuthRequest: Sendable, Equatable {
  /// Method, absolute URL (scheme, authority, path) and header fields. Redirects of the answer must
  /// not be followed: a 307 would carry the credentials along (RFC 9700 §4.12).
  public var head: HTTPRequest
  /// The bytes of the body; empty for `GET`.
  public var body: [UInt8]

  /// A `GET` that asks for JSON.
  static func get(_ endpoint: Endpoint) -> OAuthRequest {
    OAuthRequest(head: head(.get, endpoint), body: [])
  }

  /// A `POST` of a form that asks for JSON.
  static func post(_ form: Form, to endpoint: Endpoint) -> OAuthRequest {
    var head = head(.post, endpoint)
    head.headerFields[.contentType] = "application/x-www-form-urlencoded"
    return OAuthRequest(head: head, body: form.bytes)
  }

  private static func head(_ method: HTTPRequest.Method, _ endpoint: Endpoint) -> HTTPRequest {
    HTTPRequest(
      method: method, scheme: endpoint.origin.scheme, authority: endpoint.origin.authority,
      path: endpoint.path, headerFields: [.accept: "application/json"])
  }
}

extension OAuthRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Method and address, without the query: neither header nor body, which carry credentials.
  public var description: String {
    let path = (head.path ?? "").prefix { $0 != "?" }
    return "\(head.method) \(head.scheme ?? "")://\(head.authority ?? "")\(path)"
  }

  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// A body of `application/x-www-form-urlencoded`.
struct Form {
  private(set) var bytes: [UInt8] = []

  init() {
    // Enough for all but the longest tokens, so that growing leaves no copies behind.
    bytes.reserveCapacity(8192)
  }

  /// Appends one parameter; `nil` and the empty text are left out, since parameters that are
  /// present but empty count as omitted at best (RFC 6749 §3.1) and as an error at worst.
  mutating func add(_ name: String, _ value: String?) {
    guard let value, !value.isEmpty else { return }
    begin(name)
    Self.append(value.utf8, to: &bytes)
  }

  /// Appends one parameter whose value passes through no text of its own.
  mutating func add(_ name: String, _ value: Secret?) {
    guard let value, value.count > 0 else { return }
    begin(name)
    value.withBytes { span in
      for index in span.indices { Self.append(CollectionOfOne(span[index]), to: &bytes) }
    }
  }

  private mutating func begin(_ name: String) {
    if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
    Self.append(name.utf8, to: &bytes)
    bytes.append(UInt8(ascii: "="))
  }

  /// Appends the bytes percent-encoded, all but RFC 3986's unreserved ones. A space becomes `%20`,
  /// which a reader of forms and a reader of URLs take alike.
  static func append(_ raw: some Sequence<UInt8>, to bytes: inout [UInt8]) {
    let digits = "0123456789ABCDEF".utf8.span
    for byte in raw {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        bytes.append(byte)
      default:
        bytes.append(UInt8(ascii: "%"))
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
      }
    }
  }
}
