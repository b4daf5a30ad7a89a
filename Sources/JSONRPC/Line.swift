// One line of the wire, judged: all of contract §2 and §7 that does not need to know the methods.
//
// What is told apart, in this order: nothing at all, text that is not JSON (-32700), JSON that
// nests too deep or is no request (-32600), a request whose `params` is no object (-32602), and
// calls. A notification is never answered, its faults included: nobody waits for the answer.

internal import JSON

/// What one line asks for.
public enum Line: Sendable, Equatable {
  /// An empty line, or a notification that cannot be carried out: no answer.
  case nothing
  case one(Call)
  /// The members of a batch that may want something; there may be none left.
  case batch([Call])
  /// The line as a whole is refused.
  case rejected(id: RequestID?, RPCError)

  /// A member of a batch, or the one call of a line.
  public enum Call: Sendable, Equatable {
    case request(Request)
    /// Answered with the error, under the request's id where it can be told.
    case rejected(RequestID?, RPCError)
  }

  /// How many members a batch may have.
  public static let maximumBatch = 32

  /// Reads a line without its LF.
  public static func read(_ bytes: Span<UInt8>) -> Line {
    guard !isBlank(bytes) else { return .nothing }
    let value: JSONValue
    do {
      value = try JSONParser.parse(bytes)
    } catch {
      return .rejected(id: nil, .unreadable(error))
    }
    switch value {
    case .object(let object):
      return call(object).map { .one($0) } ?? .nothing
    case .array(let members):
      return batch(members)
    case .null, .bool, .number, .string:
      return .rejected(id: nil, .invalidRequest("it is not an object"))
    }
  }

  private static func batch(_ members: [JSONValue]) -> Line {
    guard !members.isEmpty else {
      return .rejected(id: nil, .invalidRequest("the batch is empty"))
    }
    guard members.count <= maximumBatch else {
      return .rejected(
        id: nil, .invalidRequest("a batch has at most \(maximumBatch) members"))
    }
    return .batch(
      members.compactMap { member in
        guard case .object(let object) = member else {
          return .rejected(nil, .invalidRequest("it is not an object"))
        }
        return call(object)
      })
  }

  /// The call that an object makes; `nil` for a notification that cannot be carried out.
  private static func call(_ object: JSONObject) -> Call? {
    var id: JSONValue?
    var version: JSONValue?
    var method: JSONValue?
    var params: JSONValue?
    for member in object.members {
      switch member.name {
      case "id": id = member.value
      case "jsonrpc": version = member.value
      case "method": method = member.value
      case "params": params = member.value
      default: break  // what others put beside them is theirs
      }
    }
    let requestID = id.flatMap { RequestID($0) }
    if id != nil, requestID == nil {
      return .rejected(nil, .invalidRequest("id must be a string or a whole number"))
    }
    guard version?.string == "2.0" else {
      return .rejected(requestID, .invalidRequest(#"jsonrpc must be "2.0""#))
    }
    guard case .string(let name) = method else {
      return .rejected(requestID, .invalidRequest("method must be a string"))
    }
    switch params {
    case nil:
      return .request(Request(id: requestID, method: name))
    case .object(let members):
      return .request(Request(id: requestID, method: name, params: members))
    default:
      guard let requestID else { return nil }
      return .rejected(
        requestID, .invalidParams(parameter: "params", why: "must be an object, or left out"))
    }
  }

  private static func isBlank(_ bytes: Span<UInt8>) -> Bool {
    for index in bytes.indices {
      switch bytes[index] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): continue
      default: return false
      }
    }
    return true
  }
}
