// The id of a request, echoed as it was sent.

public import JSON

/// A string or an integer (contract §7: `null` and fractions are no ids here).
public enum RequestID: Sendable, Hashable {
  /// A text, to be echoed.
  case string(String)
  /// An integer, digit by digit as it was written.
  case number(JSONNumber)

  /// `nil` for everything that is no id.
  public init?(_ json: JSONValue) {
    switch json {
    case .string(let text): self = .string(text)
    case .number(let number) where number.isInteger: self = .number(number)
    default: return nil
    }
  }

  /// The id as it was sent.
  public var json: JSONValue {
    switch self {
    case .string(let text): .string(text)
    case .number(let number): .number(number)
    }
  }
}

extension JSONNumber {
  /// Whether it is written without a fraction and exponent, however long.
  var isInteger: Bool {
    text.utf8.allSatisfy {
      $0 == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
    }
  }
}
