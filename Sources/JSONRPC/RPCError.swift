// The `error` member of an answer, and the standard errors (JSON-RPC 2.0 §5.1). Every error has a
// `reason` in its data, so that programs switch on a word.

public import JSON

/// Why a request got no result.
public struct RPCError: Error, Sendable, Equatable {
  /// What kind of error it is (JSON-RPC 2.0 §5.1; contract §2 for those of the broker's own).
  public var code: Int
  /// What happened, to what; lower case, no full stop.
  public var message: String
  /// `reason`, and where there is one `hint`, and what else helps.
  public var data: JSONObject

  /// Made of its parts; what is left out has the value that stands here.
  public init(code: Int, message: String, data: JSONObject = [:]) {
    self.code = code
    self.message = message
    self.data = data
  }

  /// The `error` member of an answer.
  public var json: JSONValue {
    var object: JSONObject = ["code": .int(code), "message": .string(message)]
    if !data.isEmpty { object["data"] = .object(data) }
    return .object(object)
  }

  /// -32700: the line is not JSON, or not unambiguously.
  public static func parseError(_ why: String) -> RPCError {
    RPCError(
      code: -32700, message: "the line is not JSON: \(why)",
      data: ["reason": "parse_error", "hint": "send one JSON object a line, ended by LF"])
  }

  /// -32600: JSON, but no request.
  public static func invalidRequest(_ why: String) -> RPCError {
    RPCError(
      code: -32600, message: "not a JSON-RPC request: \(why)", data: ["reason": "invalid_request"])
  }

  /// -32601
  public static func methodNotFound(_ name: String) -> RPCError {
    RPCError(
      code: -32601, message: "no such method: \(excerpt(name))",
      data: ["reason": "method_not_found", "hint": "rpc.discover lists the methods"])
  }

  /// -32602, naming the parameter.
  public static func invalidParams(parameter: String, why: String) -> RPCError {
    RPCError(
      code: -32602, message: "parameter \(excerpt(parameter)): \(why)",
      data: [
        "reason": "invalid_params", "parameter": .string(excerpt(parameter)),
        "hint": "rpc.discover lists the parameters of each method",
      ])
  }

  /// -32603: our own fault.
  public static func internalError(_ why: String) -> RPCError {
    RPCError(code: -32603, message: why, data: ["reason": "internal_error"])
  }

  /// What is wrong with a line that the parser refuses: -32600 for one that nests too deep, -32700
  /// for the rest.
  static func unreadable(_ error: JSONError) -> RPCError {
    switch error {
    case .syntax(let offset): .parseError("unexpected at byte \(offset)")
    case .text(let offset):
      .parseError("the text at byte \(offset) is not UTF-8, or has NUL or half a surrogate pair")
    case .duplicateMember(let name): .parseError("two members are named \(excerpt(name))")
    case .tooDeep(let limit): .invalidRequest("nested more than \(limit) deep")
    }
  }

  /// A caller's own words, cut: an error is not longer than what it complains of.
  private static func excerpt(_ text: String) -> String {
    text.count <= 80 ? text : text.prefix(79) + "…"
  }
}
