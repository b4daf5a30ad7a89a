// The `error` member of an answer, and the standard errors (JSON-RPC 2.0 §5.1). Every error has a
// `reason` in its data, so that programs switch on a word.

public import JSON

/// Why a request got no result.
public struct RPCError: Error, Sendable, Equatable {
  public var code: Int
  /// What happened, to what; lower case, no full stop.
  public var message: String
  /// `reason`, and where there is one `hint`, and what else helps.
  public var data: JSONObject

  public init(code: Int, message: String, data: JSONObject = [:]) {
    self.code = code
    self.message = message
    self.data = data
  }

  public var json: JSONValue {
    var object: JSONObject = ["code": .int(code), "message": .string(message)]
    if !data.isEmpty { object["data"] = .object(data) }
    return .object(object)
  }

  /// -32700: the line is not JSON, or not unambiguously.
  public static func parseError(_ why: String) -> RPCError {
    RPCError(
      code: -32700, message: "the line is not JSON: \(why)", data: ["reason": "parse_error"])
  }

  /// -32600: JSON, but no request.
  public static func invalidRequest(_ why: String) -> RPCError {
    RPCError(
      code: -32600, message: "not a JSON-RPC request: \(why)", data: ["reason": "invalid_request"])
  }

  /// -32601
  public static func methodNotFound(_ name: String) -> RPCError {
    RPCError(
      code: -32601, message: "no such method: \(name)",
      data: [
        "reason": "method_not_found", "hint": "rpc.discover lists the methods",
      ])
  }

  /// -32602, naming the parameter.
  public static func invalidParams(parameter: String, why: String) -> RPCError {
    RPCError(
      code: -32602, message: "parameter \(parameter): \(why)",
      data: ["reason": "invalid_params", "parameter": .string(parameter)])
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
    case .text(let offset): .parseError("text that is not UTF-8 at byte \(offset)")
    case .duplicateMember(let name): .parseError("two members are named \(name)")
    case .tooDeep(let limit): .invalidRequest("nested more than \(limit) deep")
    }
  }
}
