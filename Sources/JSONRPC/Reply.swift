// What goes back, and how it is spelled. A token is the reason for `rendered`: its JSON lies in
// guarded memory and goes from there into the outgoing bytes, with no value, string or array
// between.

public import JSON
public import Secrets

/// The answer to a request.
public enum Reply: Sendable {
  /// The `result` member.
  case result(JSONValue)
  /// The `result` member, written already: JSON on one line.
  case rendered(Secret)
  case failure(RPCError)
}

/// Where outgoing bytes are gathered.
public protocol ByteSink: ~Copyable {
  /// Adds the bytes at the end.
  mutating func append(_ bytes: Span<UInt8>)
}

extension Reply {
  /// Writes the response object (JSON-RPC 2.0 §5), without a line end.
  ///
  /// - Parameter id: the request's, or `nil` for an error whose request cannot be told.
  public func write(id: RequestID?, into sink: inout some ByteSink & ~Copyable) {
    switch id {
    case .number(let number):
      sink.append(text: #"{"jsonrpc":"2.0","id":"#)
      sink.append(text: number.text)
    case .string:
      sink.append(text: #"{"jsonrpc":"2.0","id":"#)
      sink.append(json: id?.json ?? .null)
    case nil:
      sink.append(text: #"{"jsonrpc":"2.0","id":null"#)
    }
    switch self {
    case .result(let value):
      sink.append(text: #","result":"#)
      sink.append(json: value)
    case .rendered(let secret):
      sink.append(text: #","result":"#)
      secret.withBytes { sink.append($0) }
    case .failure(let error):
      sink.append(text: #","error":"#)
      sink.append(json: error.json)
    }
    sink.append(text: "}")
  }
}

/// What the broker sends unasked (JSON-RPC 2.0 §4.1).
public enum Notification {
  /// Writes the notification object, without a line end.
  public static func write(
    method: String, params: JSONObject, into sink: inout some ByteSink & ~Copyable
  ) {
    sink.append(
      json: ["jsonrpc": "2.0", "method": .string(method), "params": .object(params)])
  }

  /// Writes the notification object, without a line end.
  ///
  /// - Parameter params: written already: a JSON object on one line.
  public static func write(
    method: String, params: Secret, into sink: inout some ByteSink & ~Copyable
  ) {
    sink.append(text: #"{"jsonrpc":"2.0","method":"#)
    sink.append(json: .string(method))
    sink.append(text: #","params":"#)
    params.withBytes { sink.append($0) }
    sink.append(text: "}")
  }
}

extension ByteSink where Self: ~Copyable {
  /// Adds the UTF-8 of a text.
  public mutating func append(text: String) {
    append(text.utf8.span)
  }

  /// Adds a value on one line.
  public mutating func append(json value: JSONValue) {
    append(JSONWriter.bytes(value).span)
  }
}
