// What a typed line means for a field. The field's own rules are checked before the line leaves the
// terminal: an answer that cannot fit must not cost a round trip, let alone one of a few attempts.

internal import JSON
internal import Prompts

/// Why a typed line is no value of its field.
struct TypingFault: Error, Equatable {
  /// For the person who typed it.
  let words: TerminalText
}

extension Field {
  /// The value of a line; `nil` where an empty line leaves the field out.
  func value(ofTyped text: String) -> Result<JSONValue?, TypingFault> {
    if text.isEmpty {
      if value != nil || !isRequired { return .success(nil) }
      return .failure(TypingFault(words: "this is needed"))
    }
    switch kind {
    case .boolean:
      switch text.lowercased() {
      case "y", "yes", "true": return .success(true)
      case "n", "no", "false": return .success(false)
      default: return .failure(TypingFault(words: "answer y or n"))
      }
    case .integer:
      guard let number = Int(text) else {
        return .failure(TypingFault(words: "this must be a whole number"))
      }
      return .success(.int(number))
    case .string, .choice:
      return length(of: text)
    }
  }

  /// What the field's text must be, before it is typed: how long, where a person could well miss it,
  /// and the issuer's pattern.
  var rule: TerminalText? {
    guard kind == .string else { return nil }
    let least = minimumLength.flatMap { $0 > 1 ? $0 : nil }
    let most = maximumLength.flatMap { (1..<50).contains($0) ? $0 : nil }
    let length: TerminalText? =
      switch (least, most) {
      case (let least?, let most?) where least == most: "\(least) characters"
      case (let least?, let most?): "\(least) to \(most) characters"
      case (let least?, nil): "at least \(least) characters"
      case (nil, let most?): "at most \(most) characters"
      case (nil, nil): nil
      }
    let form: TerminalText? = pattern.map { "in the form \($0)" }
    let rules = [length, form].compactMap { $0 }
    return rules.isEmpty ? nil : rules.joined(separator: ", ")
  }

  private func length(of text: String) -> Result<JSONValue?, TypingFault> {
    let count = text.unicodeScalars.count
    if let minimumLength, count < minimumLength {
      return .failure(TypingFault(words: "this needs at least \(minimumLength) characters"))
    }
    if let maximumLength, maximumLength > 0, count > maximumLength {
      return .failure(TypingFault(words: "this takes at most \(maximumLength) characters"))
    }
    return .success(.string(text))
  }
}
