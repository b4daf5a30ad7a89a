// The engine's values go in the ordinary alphabet with padding (protocol reference §6.3), which its
// own clients send, too.

internal import Secrets

/// Base64 as RFC 4648 §4 has it.
public enum StandardBase64 {
  /// With padding, as the engine's own page writes it.
  public static func encode(_ bytes: [UInt8]) -> String {
    let text = Base64URL.encode(bytes).map { character -> Character in
      switch character {
      case "-": "+"
      case "_": "/"
      default: character
      }
    }
    return String(text) + String(repeating: "=", count: (4 - text.count % 4) % 4)
  }
}
