// A sign of life while the broker waits for somebody: after half a second, on a line of its own,
// which is gone when something happens. It says what is waited for, and how long that can still be
// done.

internal import BrokerInterface
internal import Glibc
internal import RemedyClient

/// The line that turns.
struct Spinner {
  private static let frames: [TerminalText] = ["|", "/", "-", "\\"]

  private let style: Style
  private var words: TerminalText?
  /// When the wait is in vain, in seconds since 1970.
  private var end: Double?
  private var frame = 0
  private var isDrawn = false
  private var due = Deadline.never

  init(style: Style) {
    self.style = style
  }

  /// When it is to be drawn next.
  var nextTick: Deadline { words == nil ? .never : due }

  /// Says what is waited for; `nil`: nothing. Gives what clears the line where that changes it.
  ///
  /// - Parameters:
  ///   - end: until when, in RFC 3339.
  ///   - other: the same in seconds since 1970: what comes first counts.
  mutating func wait(
    for new: TerminalText?, until end: String? = nil, orUntil other: Double? = nil
  ) -> TerminalText {
    self.end = [end.flatMap { RFC3339.seconds($0) }, other].compactMap { $0 }.min()
    guard new != words else { return "" }
    let cleared = clear()
    words = new
    due = .after(seconds: 0.5)
    return cleared
  }

  /// Takes the line away, to be drawn again at the next tick.
  mutating func clear() -> TerminalText {
    guard isDrawn, style.canMove else { return "" }
    isDrawn = false
    return style.freshLine
  }

  /// Draws it, where it is time to.
  mutating func tick() -> TerminalText {
    guard let words, due.hasPassed else { return "" }
    guard style.canMove else {
      // Said once: there is no going back over the line.
      due = .never
      return "waiting for " + words + "\n"
    }
    due = .after(seconds: 0.125)
    frame = (frame + 1) % Self.frames.count
    isDrawn = true
    let left = end.flatMap { Self.left(of: $0 - Double(time(nil))) } ?? ""
    let room = max(10, style.width - 4 - left.cells)
    let line = ("waiting for " + words).wrapped(width: room).first ?? ""
    return style.freshLine + Self.frames[frame] + " " + line + left
  }

  /// Minutes and seconds; more than a day says nothing to a person who waits.
  static func left(of seconds: Double) -> TerminalText? {
    guard (0..<86_400).contains(seconds) else { return nil }
    let whole = Int(seconds)
    let digits = String(whole % 60)
    return ", \(whole / 60):\(digits.count == 1 ? "0" + digits : digits) left"
  }
}
