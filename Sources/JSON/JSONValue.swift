// The one JSON value of the house. It keeps what a person or a server wrote: the order of members
// and the very digits of a number, because a form is shown in the server's order and a value that
// is sent back must be the value that came.

/// Any JSON value (RFC 8259), with members in order and numbers as they were written.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  /// As it is written: see `JSONNumber`.
  case number(JSONNumber)
  case string(String)
  case array([JSONValue])
  /// Its members in order, two of one name as two.
  case object(JSONObject)
}

/// A number as its text, so that nothing is lost between what came and what is sent back.
public struct JSONNumber: Sendable, Hashable {
  /// The digits as written, a valid JSON number.
  public let text: String

  /// Takes a text that the parser has checked; for other texts use `init(_: Int)` or `init(_: Double)`.
  init(validated text: String) {
    self.text = text
  }

  /// A whole number.
  public init(_ value: Int) {
    text = String(value)
  }

  /// A number with a fraction. `nan` and the infinities, which JSON cannot spell, become `0`.
  public init(_ value: Double) {
    guard value.isFinite else {
      text = "0"
      return
    }
    if value == value.rounded(), let whole = Int(exactly: value) {
      text = String(whole)
    } else {
      text = String(value)
    }
  }

  /// The number as an integer, where it is written as one and fits.
  public var int: Int? { Int(text) }

  /// The number as a double, the nearest one.
  public var double: Double? {
    // Most numbers are short and whole; parsing those as such takes a tenth of the time.
    Int32(text).map(Double.init) ?? Double(text)
  }
}

/// The members of an object, in order.
///
/// Look-up is by linear search: the objects that pass here have a handful of members, and a
/// hostile one is bounded by the size limit of its line or answer.
public struct JSONObject: Sendable, Hashable {
  /// One name with its value.
  public struct Member: Sendable, Hashable {
    /// The name, with its escapes undone.
    public var name: String
    /// The value.
    public var value: JSONValue

    /// Made of its parts.
    public init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// The members as they stand.
  public private(set) var members: [Member]

  /// Made of its parts; what is left out has the value that stands here.
  public init(_ members: [Member] = []) {
    self.members = members
  }

  /// The value of the last member of that name. Setting replaces it where it stands, appends a
  /// new one, or with `nil` removes it.
  public subscript(name: String) -> JSONValue? {
    get { members.lastIndex { $0.name == name }.map { members[$0].value } }
    set {
      guard let newValue else {
        members.removeAll { $0.name == name }
        return
      }
      if let index = members.lastIndex(where: { $0.name == name }) {
        members[index].value = newValue
      } else {
        members.append(Member(name, newValue))
      }
    }
  }

  /// Appends a member where `value` is not `nil`: optional members of an answer are left out.
  public mutating func append(_ name: String, _ value: JSONValue?) {
    guard let value else { return }
    members.append(Member(name, value))
  }

  /// The names, in order.
  public var names: [String] { members.map(\.name) }

  /// Whether there is no member.
  public var isEmpty: Bool { members.isEmpty }
  /// How many members there are; two of one name are two.
  public var count: Int { members.count }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    members = elements.map { Member($0.0, $0.1) }
  }
}

// MARK: Reading a value

extension JSONValue {
  /// Whether it is `null`.
  public var isNull: Bool { self == .null }

  /// The truth value; `nil` for every other value.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The number as it is written; `nil` for every other value.
  public var number: JSONNumber? {
    if case .number(let value) = self { value } else { nil }
  }

  /// The number as an integer; `nil` for a fraction, for one that does not fit and for every other
  /// value.
  public var int: Int? { number?.int }
  /// The number as a double, the nearest one; `nil` for every other value.
  public var double: Double? { number?.double }

  /// The text; `nil` for every other value.
  public var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The elements; `nil` for every other value.
  public var array: [JSONValue]? {
    if case .array(let value) = self { value } else { nil }
  }

  /// The members; `nil` for every other value.
  public var object: JSONObject? {
    if case .object(let value) = self { value } else { nil }
  }

  /// The member of an object; `nil` for every other value.
  public subscript(name: String) -> JSONValue? {
    object?[name]
  }
}

// MARK: Writing one in Swift

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByStringInterpolation
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements.map { JSONObject.Member($0.0, $0.1) }))
  }
}

extension JSONValue {
  /// A whole number as a value.
  public static func int(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }

  /// A number with a fraction as a value.
  public static func double(_ value: Double) -> JSONValue { .number(JSONNumber(value)) }
}
