// What stands above the question: who asks, for whom, because of whom, and what the issuer says.
//
// Everything here is somebody else's words. The issuer's host comes first and always, so that a
// person sees who gets the password; the caller's reason is quoted as the caller's (never as ours);
// the requester is what the kernel said of it.

internal import JSON
internal import Prompts

/// The lines above the question of one prompt.
struct PromptHead {
  let prompt: Prompt
  let style: Style
  /// Whether the requester is this very process, which then needs no naming.
  let isOwn: Bool

  var painted: TerminalText {
    let lines = [[heading], requester, [title], subject, messages, context].flatMap { $0 }
    return "\n" + lines.map { $0 + "\n" }.joined(separator: "")
  }

  private var content: Prompt.Content { prompt.content }

  private var heading: TerminalText {
    let whose: TerminalText = prompt.owner == nil ? " (a session of the service)" : ""
    return style.bold("Sign in to \(prompt.profile) at \(IssuerHost.text(of: prompt.issuer))")
      + whose
  }

  private var requester: [TerminalText] {
    var lines: [TerminalText] = []
    if let requester = prompt.requestedBy, !isOwn {
      var who: TerminalText = "asked for by "
      who += requester.exe.map { "\($0) (process \(requester.pid)" } ?? "process \(requester.pid) ("
      who += requester.exe == nil ? "uid \(requester.uid)" : ", uid \(requester.uid)"
      if let unit = requester.unit { who += ", unit \(unit)" }
      lines += block(who + ")")
    }
    if let reason = prompt.reason, !reason.isEmpty {
      let quoted = TerminalText(foreign: reason, limit: Self.reasonLimit)
      lines += block("in the caller's words: “\(quoted)”")
    }
    return lines
  }

  private var title: TerminalText { style.bold("\(words: content.title)") }

  private var subject: [TerminalText] {
    var lines: [TerminalText] = []
    let user = content.user?["identifier"]?.string.map { TerminalText(words: $0) }
    let app = content.app?["label"]?.string.map { TerminalText(words: $0) }
    let who = [user, app].compactMap { $0 }.filter { !$0.isEmpty }
    if !who.isEmpty { lines += block(who.joined(separator: " · ")) }
    if let authenticator = content.authenticator, let name = authenticator.name,
      !content.title.lowercased().contains(name.lowercased())
    {
      var line: TerminalText = "authenticator: \(words: name)"
      if let method = authenticator.method, method != name.lowercased() { line += " (\(method))" }
      lines += block(line)
    }
    return lines
  }

  private var messages: [TerminalText] {
    content.messages.flatMap { PromptHead.lines(of: $0, style: style) }
  }

  /// A message in the issuer's words, by its level, with its links.
  static func lines(of message: Message, style: Style) -> [TerminalText] {
    let level: TerminalText =
      switch message.level {
      case .error: style.red("error: ")
      case .warning: style.yellow("warning: ")
      case .info: ""
      }
    let levelCells = message.level == .info ? 0 : message.level.rawValue.count + 2
    let text = TerminalText(words: message.text)
    var lines = text.wrapped(width: max(20, style.width - 2 - levelCells)).enumerated().map {
      $0.offset == 0 ? "  " + level + $0.element : "  " + $0.element
    }
    for link in message.links {
      guard let url = link["url"]?.string else { continue }
      let label = link["label"]?.string.map { TerminalText(words: $0) + ": " } ?? ""
      lines.append("    " + label + TerminalText(address: url))
    }
    return lines
  }

  private func block(_ text: TerminalText) -> [TerminalText] {
    text.wrapped(width: max(20, style.width - 2)).map { "  " + $0 }
  }

  /// In Unicode scalars: longer reasons are cut.
  static let reasonLimit = 200
}

// MARK: Context

extension PromptHead {
  private var context: [TerminalText] {
    content.context.members.flatMap { member -> [TerminalText] in
      switch (member.name, member.value) {
      case ("number_challenge", .string(let number)):
        return ["  on your device, choose"] + LargeNumber.lines(number).map { style.bold($0) }
      case ("question", .string(let question)):
        return block("question: \(words: question)")
      case ("phone", .string(let phone)), ("email", .string(let phone)):
        return block("sent to \(words: phone)")
      case ("shared_secret", .string(let secret)):
        return block("to set it up by hand, type this key into your app: \(secret)")
      case ("qr_code", .string):
        return content.context["shared_secret"] == nil
          ? block("there is a QR code to scan, which this version cannot draw") : []
      case ("password_policy", let policy):
        return PasswordRules.words(of: policy).flatMap { block($0) }
      case (let name, .string(let text)):
        return block("\(name): \(words: text)")
      case (let name, .number(let number)):
        return block("\(name): \(number.text)")
      default:
        return []
      }
    }
  }
}

/// Whose address it is.
enum IssuerHost {
  /// The host, with the port where there is one, in ASCII; the whole address where it has none.
  static func text(of issuer: String) -> TerminalText {
    guard let scheme = issuer.firstRange(of: "://") else { return TerminalText(address: issuer) }
    let host = issuer[scheme.upperBound...].prefix { !"/?#\\".contains($0) }
    return TerminalText(address: host.isEmpty ? issuer : String(host))
  }
}

/// What a password must look like, in words, as far as the rules are known; the others by name.
enum PasswordRules {
  private static let known: [(key: String, words: @Sendable (Int) -> TerminalText)] = [
    ("minLength", { "\($0) characters" }),
    ("minLowerCase", { $0 == 1 ? "a lower case letter" : "\($0) lower case letters" }),
    ("minUpperCase", { $0 == 1 ? "an upper case letter" : "\($0) upper case letters" }),
    ("minNumber", { $0 == 1 ? "a digit" : "\($0) digits" }),
    ("minSymbol", { $0 == 1 ? "a symbol" : "\($0) symbols" }),
  ]

  /// One line a kind of rule.
  static func words(of policy: JSONValue) -> [TerminalText] {
    let rules = policy["complexity"] ?? policy
    var lines: [TerminalText] = []
    let needed = known.compactMap { rule in
      rules[rule.key]?.int.flatMap { $0 > 0 ? rule.words($0) : nil }
    }
    if !needed.isEmpty {
      lines.append("a password has at least " + needed.joined(separator: ", "))
    }
    if let longest = rules["maxLength"]?.int, longest > 0 {
      lines.append("a password has at most \(longest) characters")
    }
    if rules["excludeUsername"]?.bool == true { lines.append("it must not contain the user name") }
    let excluded = (rules["excludeAttributes"]?.array ?? []).compactMap(\.string)
    if !excluded.isEmpty {
      let names = excluded.map { TerminalText(foreign: $0) }.joined(separator: ", ")
      lines.append("it must not contain your " + names)
    }
    if let count = policy["age"]?["historyCount"]?.int, count > 0 {
      lines.append("it must not be one of your last \(count)")
    }
    return lines
  }
}
