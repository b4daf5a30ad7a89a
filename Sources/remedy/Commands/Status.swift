// `remedy status [PROFILE]`: who is signed in, and for how long.

internal import ArgumentParser
internal import BrokerInterface
internal import JSON

struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the sessions, or the one of a profile.",
    discussion: "With a profile, exit 1 where nobody is signed in to it.")

  @Argument(help: "The profile; left out, all.")
  var profile: String?

  @OptionGroup var global: GlobalOptions

  func run() throws {
    let sessions = try global.call(SessionList.self, SessionList.Params()).sessions
    guard let profile else { return try show(sessions) }
    let chosen = sessions.filter { $0.profile == profile }
    if chosen.isEmpty { try findProfile(profile) }
    try show(chosen)
    guard chosen.contains(where: \.isSignedIn) else { throw Failure.signedOut(profile: profile) }
  }

  private func findProfile(_ name: String) throws(Failure) {
    let profiles = try global.call(ProfileList.self, ProfileList.Params()).profiles
    guard profiles.contains(where: { $0.name == name }) else { throw .unknownProfile(name) }
  }

  private func show(_ sessions: [SessionSummary]) throws(Failure) {
    if global.json {
      return try Output.write(["sessions": .array(sessions.map(\.json))])
    }
    guard !sessions.isEmpty else {
      if profile == nil { Output.say("nobody is signed in\nhint: remedy profiles\n") }
      return
    }
    let client = try global.client()
    let rows: [[TerminalText]] = sessions.map { session in
      [
        "\(session.profile)", session.ownerWords, session.stateWords,
        "\(session.accessExpiresAt ?? "-")", session.refreshable ? "yes" : "no",
        "\(client.personName(of: session) ?? "-")",
      ]
    }
    let head: [TerminalText] = ["PROFILE", "OWNER", "STATE", "TOKEN UNTIL", "REFRESH", "SUBJECT"]
    try Output.write(Table.text([head] + rows))
  }
}

extension SessionSummary {
  /// Whether a token can be had without a person.
  var isSignedIn: Bool {
    switch state {
    case .active, .expiring: true
    case .expired: refreshable
    case .signedOut: false
    }
  }

  var ownerWords: TerminalText {
    owner.map { "\($0)" } ?? "service"
  }

  var stateWords: TerminalText {
    let words: TerminalText =
      switch state {
      case .active: "active"
      case .expiring: "expiring"
      case .expired: "expired"
      case .signedOut: "signed out"
      }
    return transaction == nil ? words : words + ", signing in"
  }
}

/// Columns that line up.
enum Table {
  /// One line a row, two blanks between columns.
  static func text(_ rows: [[TerminalText]]) -> TerminalText {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { $0.indices.contains(column) ? $0[column].cells : 0 }.max() ?? 0
    }
    return rows.map { row in
      row.enumerated().map { index, cell in
        index == row.count - 1 ? cell : cell.padded(to: widths[index])
      }.joined(separator: "  ") + "\n"
    }.joined(separator: "")
  }
}
