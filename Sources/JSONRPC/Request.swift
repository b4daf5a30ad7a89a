// What a caller asks, after everything has been checked that can be checked without knowing the
// method.

public import JSON

/// A request, or a notification where there is no id (JSON-RPC 2.0 §4, §4.1).
public struct Request: Sendable, Equatable {
  /// `nil` for a notification: nobody waits for an answer.
  public var id: RequestID?
  /// The name on the wire, unchecked.
  public var method: String
  /// The members of `params`, none where it was left out.
  public var params: JSONObject

  /// Made of its parts; what is left out has the value that stands here.
  public init(id: RequestID?, method: String, params: JSONObject = [:]) {
    self.id = id
    self.method = method
    self.params = params
  }
}
