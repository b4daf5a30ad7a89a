// The text that is signed along: what a browser writes, member for member (Web Authentication
// Level 2, §5.8.1.1), since there are verifiers that compare it as text.

internal import JSON

/// `CollectedClientData`.
enum ClientData {
  /// The UTF-8 of it.
  static func json(type: String, challenge: String, origin: String) -> [UInt8] {
    JSONWriter.bytes([
      "type": .string(type), "challenge": .string(challenge), "origin": .string(origin),
      "crossOrigin": false,
    ])
  }
}
