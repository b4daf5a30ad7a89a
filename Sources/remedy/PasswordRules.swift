// What a new password must look like (`settings` of a password authenticator), in words, before it is
// typed. The server decides; nothing is checked here.

internal import JSON

/// The rules of a password policy, as far as they are known.
enum PasswordRules {
  private static let needs: [(key: String, words: @Sendable (Int) -> TerminalText)] = [
    ("minLength", { $0 == 1 ? "1 character" : "\($0) characters" }),
    ("minLowerCase", { $0 == 1 ? "a lower case letter" : "\($0) lower case letters" }),
    ("minUpperCase", { $0 == 1 ? "an upper case letter" : "\($0) upper case letters" }),
    ("minNumber", { $0 == 1 ? "a digit" : "\($0) digits" }),
    ("minSymbol", { $0 == 1 ? "a symbol" : "\($0) symbols" }),
  ]

  private static let attributes: [String: TerminalText] = [
    "firstName": "first name", "lastName": "last name", "email": "e-mail address",
  ]

  /// One sentence a kind of rule.
  static func words(of policy: JSONValue) -> [TerminalText] {
    let rules = policy["complexity"] ?? policy
    var lines: [TerminalText] = []
    let needed = needs.compactMap { rule in
      rules[rule.key]?.int.flatMap { $0 > 0 ? rule.words($0) : nil }
    }
    if !needed.isEmpty {
      lines.append("The new password needs at least " + listed(needed, "and") + ".")
    }
    if rules["useADComplexityRequirements"]?.bool == true {
      lines.append("It needs three of: lower case, upper case, digits, symbols.")
    }
    if let longest = rules["maxLength"]?.int, longest > 0 {
      lines.append("It may have at most \(longest) characters.")
    }
    let excluded = excluded(by: rules)
    if !excluded.isEmpty {
      lines.append("It must not contain your " + listed(excluded, "or") + ".")
    }
    if let count = rules["maxConsecutiveRepeatingCharacters"]?.int, count > 0 {
      lines.append("No character more than \(count) times in a row.")
    }
    if let count = policy["age"]?["historyCount"]?.int, count > 0 {
      lines.append(
        count == 1
          ? "It must not be your last password." : "It must not be one of your last \(count).")
    }
    return lines
  }

  private static func excluded(by rules: JSONValue) -> [TerminalText] {
    var names: [TerminalText] = []
    if rules["excludeUsername"]?.bool == true { names.append("user name") }
    if rules["excludeFirstName"]?.bool == true { names.append("first name") }
    if rules["excludeLastName"]?.bool == true { names.append("last name") }
    for name in (rules["excludeAttributes"]?.array ?? []).compactMap(\.string) {
      let words = attributes[name] ?? TerminalText(foreign: name, limit: 100)
      if !names.contains(words) { names.append(words) }
    }
    return names
  }

  private static func listed(_ items: [TerminalText], _ word: TerminalText) -> TerminalText {
    guard let last = items.last, items.count > 1 else { return items.first ?? "" }
    return items.dropLast().joined(separator: ", ") + " " + word + " " + last
  }

  /// How long the password is good for still, where the engine warns that it ends.
  static func daysLeft(_ policy: JSONValue?) -> TerminalText? {
    guard let days = policy?["daysToExpiry"]?.int else { return nil }
    switch days {
    case ..<0: return nil
    case 0: return "Your password expires today."
    case 1: return "Your password expires in 1 day."
    default: return "Your password expires in \(days) days."
    }
  }
}
