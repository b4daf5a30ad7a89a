// The issuer's messages, one after the other, in its order. Some come as a list: a heading, then
// numbered ways to make the device comply, each with its steps (`device_assurance`). There the level
// is said once, at the heading.

internal import JSON
internal import Prompts

/// Messages as lines below a heading.
struct MessageLines {
  let style: Style

  func lines(of messages: [Message]) -> [TerminalText] {
    messages.flatMap { lines(of: $0) }
  }

  /// A message in the issuer's words, by its level, with its links.
  func lines(of message: Message) -> [TerminalText] {
    let place = Place(key: message.key ?? "")
    let level: TerminalText =
      switch (place, message.level) {
      case (.alone, .error): style.red("error: ")
      case (.alone, .warning): style.yellow("warning: ")
      case (.step, _): "- "
      default: ""
      }
    let levelCells =
      switch (place, message.level) {
      case (.alone, .info), (.option, _): 0
      case (.alone, _): message.level.rawValue.count + 2
      case (.step, _): 2
      }
    let blank: TerminalText = ""
    let margin = blank.padded(to: place == .step ? 4 : 2)
    let hang = place == .step ? margin + "  " : margin
    let text = TerminalText(words: message.text)
    let width = max(20, style.width - margin.cells - levelCells)
    var lines = text.wrapped(width: width).enumerated().map {
      $0.offset == 0 ? margin + level + $0.element : hang + $0.element
    }
    for link in message.links {
      guard let url = link["url"]?.string else { continue }
      let label = link["label"]?.string.map { TerminalText(words: $0) + ": " } ?? ""
      lines.append(hang + (place == .step ? "" : "  ") + label + TerminalText(address: url))
    }
    return lines
  }

  /// Where a message stands in what it belongs to.
  private enum Place {
    case alone
    /// The heading of a way to go.
    case option
    /// What to do on that way.
    case step

    init(key: String) {
      let marks = key.split(separator: ".")
      guard let mark = marks.firstIndex(of: "remediation"), mark > marks.startIndex,
        marks[marks.index(before: mark)] == "device_assurance",
        let next = marks.dropFirst(mark + 1).first
      else {
        self = .alone
        return
      }
      self = next == "option_index" || next.hasPrefix("additional_help") ? .option : .step
    }
  }
}
