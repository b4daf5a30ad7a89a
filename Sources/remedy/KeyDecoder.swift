// Bytes from a keyboard to keys. A terminal sends letters as UTF-8 and everything else as control
// characters and escape sequences, in pieces that end where they like.

/// What was pressed, as far as a prompt minds.
enum Key: Sendable, Equatable {
  case character(Unicode.Scalar)
  case enter, backspace, tab, up, down
  /// Control-U: everything typed so far.
  case eraseLine
  /// Control-W: the last word typed.
  case eraseWord
  /// Control-D.
  case endOfInput
  /// A byte that is no UTF-8: a letter of another character set, which must not vanish unseen from a
  /// password.
  case unreadable
}

extension Key {
  /// What is said of an `unreadable` one.
  static let unreadableWords: TerminalText =
    "a letter was left out: this terminal does not send UTF-8"
}

/// Keeps what an incomplete piece left.
struct KeyDecoder: Sendable {
  private var pending: [UInt8] = []

  /// The keys that are complete now.
  mutating func keys(from bytes: some Collection<UInt8>) -> [Key] {
    pending.append(contentsOf: bytes)
    var keys: [Key] = []
    while let (length, key) = next() {
      pending.removeFirst(length)
      if let key { keys.append(key) }
    }
    return keys
  }

  /// Forgets what is incomplete.
  mutating func reset() {
    pending = []
  }

  /// How many bytes the next key takes, and the key, if it is one that counts; `nil`: more must come.
  private func next() -> (length: Int, key: Key?)? {
    guard let first = pending.first else { return nil }
    switch first {
    case 0x1B: return escapeSequence()
    case 0x0D, 0x0A: return (1, .enter)
    case 0x08, 0x7F: return (1, .backspace)
    case 0x09: return (1, .tab)
    case 0x15: return (1, .eraseLine)
    case 0x17: return (1, .eraseWord)
    case 0x04: return (1, .endOfInput)
    case 0x10: return (1, .up)
    case 0x0E: return (1, .down)
    case 0x00..<0x20: return (1, nil)
    default: return letter(first)
    }
  }

  /// `ESC [ … final` or `ESC O final`; any other escape is dropped by itself.
  private func escapeSequence() -> (length: Int, key: Key?)? {
    guard let second = pending.dropFirst().first else { return nil }
    guard second == UInt8(ascii: "[") || second == UInt8(ascii: "O") else { return (1, nil) }
    let tail = pending.dropFirst(2)
    guard let end = tail.firstIndex(where: { (0x40...0x7E).contains($0) }) else {
      return tail.count > 32 ? (pending.count, nil) : nil
    }
    let key: Key? =
      switch pending[end] {
      case UInt8(ascii: "A"): .up
      case UInt8(ascii: "B"): .down
      default: nil
      }
    return (end + 1, key)
  }

  private func letter(_ first: UInt8) -> (length: Int, key: Key?)? {
    let length =
      switch first {
      case 0x00..<0x80: 1
      case 0xC2..<0xE0: 2
      case 0xE0..<0xF0: 3
      case 0xF0..<0xF5: 4
      default: 0
      }
    guard length > 0 else { return (1, .unreadable) }
    // Where the next byte is of no such letter, none of its bytes is waited for.
    let isBroken = pending.prefix(length).dropFirst().contains { $0 & 0xC0 != 0x80 }
    guard isBroken || pending.count >= length else { return nil }
    guard !isBroken, let text = String(validating: pending.prefix(length), as: UTF8.self),
      let scalar = text.unicodeScalars.first
    else { return (1, .unreadable) }
    return (length, .character(scalar))
  }
}
