// JSON as the organisation writes it: members in the order in which they were put, no number
// formats beyond what the wire has. It is the simulator's own, because it must not share a wire
// model with the client that is tested against it.

import FoundationEssentials

/// One JSON value, whose object keeps the order of its members.
public enum WireValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([WireValue])
  case object(WireObject)
}

/// The members of a JSON object, in order.
public struct WireObject: Sendable, Equatable {
  /// Name and value of each member.
  public var members: [(name: String, value: WireValue)]

  /// An object with these members.
  public init(_ members: [(name: String, value: WireValue)] = []) { self.members = members }

  /// The first member of that name; setting replaces it or adds it at the end, `nil` removes it.
  public subscript(name: String) -> WireValue? {
    get { members.first { $0.name == name }?.value }
    set {
      let index = members.firstIndex { $0.name == name }
      switch (index, newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append((name, value))
      case (nil, nil): break
      }
    }
  }

  public static func == (left: WireObject, right: WireObject) -> Bool {
    left.members.count == right.members.count
      && left.members.allSatisfy { right[$0.name] == $0.value }
  }
}

extension WireValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(arrayLiteral elements: WireValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, WireValue)...) {
    self = .object(WireObject(elements.map { (name: $0.0, value: $0.1) }))
  }
}

extension WireValue {
  /// The text, where this is a string.
  public var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The number, where this is a whole one.
  public var whole: Int? {
    if case .integer(let number) = self { number } else { nil }
  }

  /// The elements, where this is an array.
  public var elements: [WireValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The members, where this is an object.
  public var members: WireObject? {
    if case .object(let object) = self { object } else { nil }
  }

  /// The member of that name, where this is an object that has it.
  public subscript(name: String) -> WireValue? { members?[name] }

  /// The element at that place, where this is an array that has it.
  public subscript(index: Int) -> WireValue? {
    guard let elements, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  /// The same array with one element replaced, or `nil` where there is no such element.
  func replacing(_ index: Int, with value: WireValue?) -> WireValue? {
    guard var elements, elements.indices.contains(index) else { return nil }
    if let value { elements[index] = value } else { elements.remove(at: index) }
    return .array(elements)
  }

  /// The value at a path of member names and element numbers (`remediation.value.0.href`) set, or
  /// removed with `nil`. A path that leads nowhere changes nothing.
  func setting(_ path: ArraySlice<Substring>, to value: WireValue?) -> WireValue {
    guard let name = path.first else { return value ?? self }
    let rest = path.dropFirst()
    if let index = Int(name), let element = self[index] {
      return replacing(index, with: rest.isEmpty ? value : element.setting(rest, to: value)) ?? self
    }
    guard var object = members else { return self }
    let key = String(name)
    if rest.isEmpty {
      object[key] = value
    } else if let child = object[key] {
      object[key] = child.setting(rest, to: value)
    }
    return .object(object)
  }

  /// Every string member called `name`, however deep, mapped.
  func mapping(members name: String, _ change: (String) -> String) -> WireValue {
    switch self {
    case .array(let elements):
      return .array(elements.map { $0.mapping(members: name, change) })
    case .object(let object):
      return .object(
        WireObject(
          object.members.map { member in
            if member.name == name, let text = member.value.text {
              return (name: name, value: .string(change(text)))
            }
            return (name: member.name, value: member.value.mapping(members: name, change))
          }))
    default:
      return self
    }
  }
}

// MARK: Reading

extension WireValue: Decodable {
  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Reads any JSON value.
  public init(from decoder: any Decoder) throws {
    if let keyed = try? decoder.container(keyedBy: Name.self) {
      self = .object(
        WireObject(
          try keyed.allKeys.map {
            (name: $0.stringValue, value: try keyed.decode(WireValue.self, forKey: $0))
          }))
    } else if var list = try? decoder.unkeyedContainer() {
      var elements: [WireValue] = []
      while !list.isAtEnd { elements.append(try list.decode(WireValue.self)) }
      self = .array(elements)
    } else {
      let single = try decoder.singleValueContainer()
      if single.decodeNil() {
        self = .null
      } else if let value = try? single.decode(Bool.self) {
        self = .bool(value)
      } else if let value = try? single.decode(Int.self) {
        self = .integer(value)
      } else if let value = try? single.decode(Double.self) {
        self = .number(value)
      } else {
        self = .string(try single.decode(String.self))
      }
    }
  }

  /// The JSON text in these bytes, or `nil` where they are no JSON.
  public static func parse(_ bytes: some Sequence<UInt8>) -> WireValue? {
    try? JSONDecoder().decode(WireValue.self, from: Data(bytes))
  }
}

// MARK: Writing

extension WireValue {
  /// The value as JSON on one line.
  public var jsonText: String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value): text += value.isFinite ? String(value) : "null"
    case .string(let value): WireValue.quote(value, into: &text)
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += "," }
        element.write(to: &text)
      }
      text += "]"
    case .object(let object):
      text += "{"
      for (index, member) in object.members.enumerated() {
        if index > 0 { text += "," }
        WireValue.quote(member.name, into: &text)
        text += ":"
        member.value.write(to: &text)
      }
      text += "}"
    }
  }

  private static func quote(_ value: String, into text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case let control where control.value < 0x20:
        let digits = String(control.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
