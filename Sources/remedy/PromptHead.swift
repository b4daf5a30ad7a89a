// What stands above the question: who asks, for whom, because of whom, and what the issuer says.
//
// Everything here is somebody else's words. The issuer's host comes first and always, so that a
// person sees who gets the password; the caller's reason is quoted as the caller's (never as ours);
// the requester is what the kernel said of it.

internal import Glibc
internal import JSON
internal import Prompts

/// The lines above the question of one prompt.
struct PromptHead {
  let prompt: Prompt
  let style: Style
  /// Whether the requester is this very process, which then needs no naming.
  let isOwn: Bool
  var flow = FlowWords()

  var painted: TerminalText { "\n" + intro + body }

  /// Who asks whom: it stays the same while a poll changes the rest.
  var intro: TerminalText { Self.painted([heading] + owner + requester + [title] + subject) }

  /// What the issuer says, and what helps to answer.
  var body: TerminalText { Self.painted(messages + context) }

  private static func painted(_ lines: [TerminalText]) -> TerminalText {
    lines.map { $0 + "\n" }.joined(separator: "")
  }

  var content: Prompt.Content { prompt.content }

  private var heading: TerminalText {
    let whose: TerminalText = prompt.owner == nil ? " (a session of the service)" : ""
    let place: TerminalText = " \(prompt.profile) at " + IssuerHost.text(of: prompt.issuer)
    return style.bold(flow.task(content) + place) + whose
  }

  /// Whose session it is, where it is neither this person's nor the service's.
  private var owner: [TerminalText] {
    guard let owner = prompt.owner, owner != Int(geteuid()) else { return [] }
    return block("This is the sign-in of another user, uid \(owner), for whom you answer.").map {
      style.bold($0)
    }
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
    let user = content.person.map { TerminalText(words: $0) }
    let app = content.app?["label"]?.string.map { TerminalText(words: $0) }
    let who = [user, app].compactMap { $0 }.filter { !$0.isEmpty }
    if !who.isEmpty { lines += block(who.joined(separator: " · ")) }
    if let authenticator = content.authenticator, let name = authenticator.name,
      authenticator.key != "okta_password", !content.title.lowercased().contains(name.lowercased())
    {
      var line: TerminalText = "authenticator: \(words: name)"
      if let method = authenticator.method, method != name.lowercased() { line += " (\(method))" }
      lines += block(line)
    }
    return lines
  }

  private var messages: [TerminalText] {
    MessageLines(style: style).lines(of: content.messages)
  }

  func block(_ text: TerminalText) -> [TerminalText] {
    style.block(text)
  }

  /// In Unicode scalars: longer reasons are cut.
  static let reasonLimit = 200
}

extension Prompt.Content {
  /// Who signs in, as far as the engine says.
  var person: String? {
    let name = user?["identifier"]?.string
    return name?.isEmpty == false ? name : nil
  }
}
