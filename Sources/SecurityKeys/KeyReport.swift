// What is said between the command and its helper for security keys: one JSON object a line. The
// helper is told the request first, and PINs where it asks for them; it says what the person has to do
// now, and at the end the values, or why there are none.

public import JSON

/// A line from the helper.
public enum KeyReport: Sendable, Equatable {
  /// Why a PIN is asked for once more.
  public enum PINTrouble: String, Sendable {
    case wrong
    /// Shorter or longer than any PIN: the key was not asked.
    case unfit
  }

  /// The person has to touch the key now; its name, as its maker gives it.
  case touch(device: String)
  /// The key's PIN is wanted, as a line `{"pin": "…"}`; how many tries are left, where that is known.
  case pin(tries: Int?, trouble: PINTrouble?)
  /// The values, by the names of the engine's fields; the last line.
  case result(JSONObject)
  /// There is none; the last line.
  case failure(KeyFault)

  /// As it is said, without the line feed.
  public var json: JSONValue {
    switch self {
    case .touch(let device):
      return ["touch": ["device": .string(device)]]
    case .pin(let tries, let trouble):
      var object = JSONObject()
      object.append("tries", tries.map { .int($0) })
      object.append("trouble", trouble.map { .string($0.rawValue) })
      return ["pin": .object(object)]
    case .result(let fields):
      return ["result": .object(fields)]
    case .failure(let fault):
      var object: JSONObject = ["reason": .string(fault.name)]
      object.append("detail", fault.detail.map { .string($0) })
      object.append("message", .string(fault.words))
      object.append("hint", fault.hint.map { .string($0) })
      return ["error": .object(object)]
    }
  }

  /// `nil` for a line that nobody knows.
  public init?(line: [UInt8]) {
    guard let json = try? JSONParser.parse(line) else { return nil }
    if let touch = json["touch"] {
      self = .touch(device: touch["device"]?.string ?? "")
    } else if let pin = json["pin"] {
      self = .pin(
        tries: pin["tries"]?.int, trouble: pin["trouble"]?.string.flatMap { .init(rawValue: $0) })
    } else if let result = json["result"]?.object {
      self = .result(result)
    } else if let error = json["error"], let reason = error["reason"]?.string,
      let fault = KeyFault(name: reason, detail: error["detail"]?.string)
    {
      self = .failure(fault)
    } else {
      return nil
    }
  }
}

/// A line to the helper.
public enum KeyOrder: Sendable, Equatable {
  case request(JSONValue)
  case pin(String)

  /// As it is said, without the line feed.
  public var json: JSONValue {
    switch self {
    case .request(let context): ["webauthn": context]
    case .pin(let pin): ["pin": .string(pin)]
    }
  }

  /// `nil` for a line that nobody knows.
  public init?(line: [UInt8]) {
    guard let json = try? JSONParser.parse(line) else { return nil }
    if let context = json["webauthn"] {
      self = .request(context)
    } else if let pin = json["pin"]?.string {
      self = .pin(pin)
    } else {
      return nil
    }
  }
}
