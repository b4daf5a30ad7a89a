// The interface, told by itself.

public import JSON

/// `rpc.discover`
public enum Discover: Method {
  public typealias Params = NoParams

  public static let name = "rpc.discover"
  public static let summary = "Gives the OpenRPC document of this interface"
  public static let details = "The name and the form are OpenRPC's (https://spec.open-rpc.org)."
  public static let reasons: [Reason] = []

  /// The document.
  public struct Result: PlainResult, Equatable {
    public static let sentence = "The OpenRPC document"
    public static let schema = Schema.anyObject

    /// OpenRPC 1.3, whole.
    public var document: JSONValue

    /// Made of its parts; what is left out has the value that stands here.
    public init(document: JSONValue = OpenRPC.document) {
      self.document = document
    }

    public init(json: JSONValue) throws(WireFault) {
      guard json.object != nil else { throw .malformed(member: "result") }
      self.init(document: json)
    }

    public var json: JSONValue { document }
  }
}
