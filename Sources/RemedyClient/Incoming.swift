// One line from the broker, told apart without a value being made of the result, which may hold
// a token.

internal import BrokerInterface
internal import JSON
internal import JSONRPC

/// A message of the broker, as it stands in its line.
enum Incoming {
  /// The answer to the call of that number; the place is that of the result.
  case result(number: Int, Range<Int>)
  /// The refusal of the call of that number; `nil` where the broker could not tell which one.
  case failure(number: Int?, RPCError)
  case notification(BrokerNotification)

  /// - Throws: `ConnectionFault.nonsense`.
  init(_ line: Span<UInt8>) throws(ConnectionFault) {
    do {
      self = try Self.read(line)
    } catch {
      switch error {
      case .notJSON: throw .nonsense("a line that is no message")
      case .malformed(let member): throw .nonsense("a message whose \(member) is amiss")
      }
    }
  }

  private static func read(_ line: Span<UInt8>) throws(WireFault) -> Incoming {
    var id: JSONValue?
    var result: Range<Int>?
    var error: Range<Int>?
    var method: Range<Int>?
    var params: Range<Int>?
    var scanner = try MemberScanner(line)
    while let member = try scanner.next() {
      if JSONPlace.holds("id", at: member.name, in: line) {
        id = try JSONPlace.value(at: member.value, in: line)
      } else if JSONPlace.holds("result", at: member.name, in: line) {
        result = member.value
      } else if JSONPlace.holds("error", at: member.name, in: line) {
        error = member.value
      } else if JSONPlace.holds("method", at: member.name, in: line) {
        method = member.value
      } else if JSONPlace.holds("params", at: member.name, in: line) {
        params = member.value
      }
    }
    if let method {
      guard let name = try JSONPlace.value(at: method, in: line).string else {
        throw .malformed(member: "method")
      }
      if name == TokenChanged.name, let params {
        return .notification(.changed(try TokenChanged(bytes: line.extracting(params))))
      }
      let value = try params.map { (place) throws(WireFault) in
        try JSONPlace.value(at: place, in: line)
      }
      return .notification(try BrokerNotification(method: name, params: value ?? [:]))
    }
    if let error {
      guard let fault = RPCError.read(try JSONPlace.value(at: error, in: line)) else {
        throw .malformed(member: "error")
      }
      return .failure(number: id?.int, fault)
    }
    guard let result else { throw .malformed(member: "result") }
    guard let number = id?.int else { throw .malformed(member: "id") }
    return .result(number: number, result)
  }

  /// The line of a call.
  static func call<M: Method>(_ method: M.Type, _ params: M.Params, number: Int) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: 1024)
    writer.raw(#"{"jsonrpc":"2.0","id":"#)
    writer.raw(String(number))
    writer.raw(#","method":""#)
    writer.raw(M.name)
    writer.raw(#"","params":"#)
    writer.write(params.json)
    writer.raw("}\n")
    return writer.bytes
  }
}
