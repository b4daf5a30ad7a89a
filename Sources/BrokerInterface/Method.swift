// What every method of the interface has: a name, a sentence, parameters and a result that describe
// themselves, and the reasons for which it fails. One file a method is in `Methods/`.

public import JSON
public import JSONRPC

/// One method: a namespace for its `Params` and `Result`.
public protocol Method: Sendable {
  associatedtype Params: MethodParams
  associatedtype Result: MethodResult

  /// The name on the wire.
  static var name: String { get }
  /// What it does, in one sentence.
  static var summary: String { get }
  /// What else a caller must know.
  static var details: String { get }
  /// The reasons of its own for which it fails; -32602 and the like are not among them.
  static var reasons: [Reason] { get }
}

/// The parameters of a method.
public protocol MethodParams: Sendable, Equatable {
  /// Each with its sentence and unit.
  static var fields: [FieldDescription] { get }

  /// Reads the wire form.
  ///
  /// - Throws: -32602 that names the first parameter that is unknown, missing, of another type or
  ///   out of its range.
  init(_ object: JSONObject) throws(RPCError)

  /// The wire form; what is as if left out is left out.
  var json: JSONObject { get }

  /// How long the broker may take to answer, in seconds. Methods that wait for nobody have 30.
  var timeout: Double { get }
}

extension MethodParams {
  /// The contract's 30 seconds, for methods that do not say otherwise.
  public var timeout: Double { 30 }
}

/// The result of a method.
public protocol MethodResult: Sendable {
  /// What it is, in one sentence.
  static var sentence: String { get }
  static var schema: Schema { get }

  /// Reads the JSON text of the wire form.
  ///
  /// - Throws: `WireFault`. Members that this version does not know are passed over.
  init(bytes: Span<UInt8>) throws(WireFault)
}

/// A result that holds no secret, so that an ordinary JSON value may.
public protocol PlainResult: MethodResult {
  /// Reads the wire form.
  ///
  /// - Throws: `WireFault.malformed` with the member that is missing or of another type.
  init(json: JSONValue) throws(WireFault)

  /// The wire form.
  var json: JSONValue { get }
}

extension PlainResult {
  public init(bytes: Span<UInt8>) throws(WireFault) {
    let json: JSONValue
    do {
      json = try JSONParser.parse(bytes, rules: .tolerant)
    } catch {
      throw .notJSON
    }
    try self.init(json: json)
  }
}

/// Why something that the broker sent cannot be read.
public enum WireFault: Error, Equatable, Sendable {
  case notJSON
  /// This member is missing, or is not of the type it must have.
  case malformed(member: String)
}

/// The parameters of a method that has none.
public struct NoParams: MethodParams {
  public static let fields: [FieldDescription] = []

  /// The only value there is.
  public init() {}

  public init(_ object: JSONObject) throws(RPCError) {
    _ = try CheckedParams(object, fields: Self.fields)
  }

  public var json: JSONObject { [:] }
}

/// The result of a method that has nothing to say but that it is done: `{}`.
public struct NoResult: PlainResult, Equatable {
  public static let sentence = "An empty object: it is done"
  public static let schema = Schema.object([])

  /// The only value there is.
  public init() {}

  public init(json: JSONValue) throws(WireFault) {
    guard json.object != nil else { throw .malformed(member: "result") }
  }

  public var json: JSONValue { [:] }
}

// MARK: Reading what the broker sent

extension JSONValue {
  func required<Value>(
    _ name: String, _ read: (JSONValue) -> Value?
  ) throws(WireFault) -> Value {
    guard let value = self[name].flatMap(read) else { throw .malformed(member: name) }
    return value
  }

  /// The elements of a list, each read by `read`.
  func list<Value>(
    _ name: String, _ read: (JSONValue) throws(WireFault) -> Value
  ) throws(WireFault) -> [Value] {
    guard let elements = self[name]?.array else { throw .malformed(member: name) }
    var values: [Value] = []
    for element in elements { values.append(try read(element)) }
    return values
  }
}

extension Array where Element == String {
  var json: JSONValue { .array(map { .string($0) }) }
}
