// Ann at a terminal: the real command at a pseudo-terminal, and somebody who reads its screen and
// types. Nothing is typed before the screen asks for it; what happens elsewhere (a mail, a phone, a
// browser) happens when the screen says that it is waited for.
//
// A question is a line at which the cursor stands and that ends in `: ` or `? `, below a line that was
// ended since something was typed last: so that no question is answered twice.

import Foundation
import IdentityEngineSimulator
import SimulatedPeople
import TestSupport

/// One session of the command at its terminal.
final class TerminalSession {
  private let household: Household
  private let terminal: PseudoTerminal
  private var written: [UInt8] = []
  /// How much was written when something was typed last.
  private var mark = 0
  private var overrides: [Transcript.Reply]
  /// Text that differs from one run to the next, with what stands for it.
  private(set) var variable: [(text: String, name: String)] = []
  private var password = Ann.password
  private var passcodesGiven: [String: Int] = [:]
  /// The screen at which something was last done elsewhere.
  private var attended: [String] = []

  private var questions = 0

  private static let patience = 20.0
  private static let mostQuestions = 60

  init(_ household: Household, _ transcript: Transcript) throws {
    self.household = household
    overrides = transcript.replies
    let words = transcript.command.split(separator: " ").map { String($0) }
    terminal = try PseudoTerminal(
      [BuiltProgram.path("remedy")] + words.dropFirst(),
      environment: [
        "PATH=/usr/bin:/bin", "HOME=\(household.folder.path)", "TERM=xterm", "NO_COLOR=1",
        "LANG=C.UTF-8", "REMEDY_SOCKET=\(household.socket)",
      ], hasTerminal: true)
  }

  /// Answers until the command has ended.
  ///
  /// - Returns: its exit status, and the screen with what varies named.
  /// - Throws: where a question has no answer, or nothing happens; with the screen.
  func run() throws -> (status: Int32, screen: [String]) {
    do {
      try converse()
      let status = try terminal.exitStatus()
      let screen = ScreenText(written)
      guard screen.strange.isEmpty else { throw Trouble("strange sequences: \(screen.strange)") }
      guard terminal.isRestored else { throw Trouble("the terminal is not as it was") }
      guard overrides.isEmpty else { throw Trouble("was not asked: \(overrides)") }
      let naming = Naming(origin: household.origin, variable: variable)
      return (status, naming.named(screen.text))
    } catch {
      let shown = ScreenText(written).text.joined(separator: "\n")
      throw Trouble("\(error); the terminal shows:\n\(shown)")
    }
  }

  private func converse() throws {
    var isOver = false
    var limit = TimeLimit(seconds: Self.patience)
    while true {
      written += terminal.read()
      if isOver { return }
      // A spinner writes for ever: only what is done counts.
      if try react() { limit = TimeLimit(seconds: Self.patience) }
      var entries = [terminal.master, terminal.ending].map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      guard poll(&entries, nfds_t(entries.count), limit.milliseconds) > 0 else {
        throw Trouble("nothing has happened for \(Self.patience) s")
      }
      isOver = entries[1].revents != 0
    }
  }

  /// - Returns: whether something was done.
  private func react() throws -> Bool {
    let screen = ScreenText(written)
    let line = screen.currentLine
    if let words = Self.awaited(line) {
      let above = screen.text.dropLast()
      guard Array(above) != attended, try attend(to: words, prompt(screen)) else { return false }
      attended = Array(above)
      return true
    } else if line.hasSuffix(": ") || line.hasSuffix("? "),
      written[min(mark, written.count)...].contains(0x0A)
    {
      mark = written.count
      try answer(line, prompt(screen))
      return true
    }
    return false
  }

  /// What the spinner says is waited for; `nil` where that is the issuer's own answer.
  private static func awaited(_ line: String) -> String? {
    guard let words = line.dropFirst().prefixMatch(of: #/ waiting for (.*)/#)?.output.1,
      !words.hasPrefix("127.0.0.1"), "|/-\\".contains(line.first ?? " ")
    else { return nil }
    return String(words)
  }

  /// The lines of the prompt that is open.
  private func prompt(_ screen: ScreenText) -> [String] {
    let lines = screen.text
    let start = lines.lastIndex { $0.contains(" demo at 127.0.0.1") } ?? lines.startIndex
    return Array(lines[start...])
  }

  // MARK: What she types

  private func answer(_ question: String, _ prompt: [String]) throws {
    questions += 1
    guard questions <= Self.mostQuestions else { throw Trouble("there is no end of questions") }
    var reply = AnnAtTheTerminal.reply(to: question, prompt)
    if let next = overrides.first, question.contains(next.question) {
      if next.answer != "<usual>" { reply = next.answer }
      overrides.removeFirst()
    }
    guard let reply else { throw Trouble("nobody told Ann what to answer to \"\(question)\"") }
    switch reply {
    case "<Tab>": terminal.type("\t")
    case "<Control-C>": terminal.type("\u{3}")
    case "<link>":
      guard try household.outside.answerMail(of: Ann.name, "approve") else {
        throw Trouble("no mail has a link that is good")
      }
    case "<browser>": try household.browse(wayBack(prompt))
    case "<denied>": try household.browse(wayBack(prompt, "deny"))
    default: terminal.type(try typed(reply, prompt) + "\r")
    }
  }

  private func typed(_ reply: String, _ prompt: [String]) throws -> String {
    switch reply {
    case "<password>": return password
    case "<new password>":
      password = AnnAtTheTerminal.newPassword
      return password
    case "<code>":
      guard let code = try household.outside.newestCode() else { throw Trouble("no code came") }
      return varying(code, "code")
    case "<Google code>":
      return varying(try household.outside.code("totp", of: Ann.name) ?? "", "code")
    case "<Okta Verify code>":
      return varying(try household.outside.code("okta_verify", of: Ann.name) ?? "", "code")
    case "<code of the new key>":
      let mark = prompt.firstIndex { $0.contains("type this key into the app") }
      guard let mark, prompt.indices.contains(mark + 1),
        let codes = TimeBasedCode(base32: prompt[mark + 1])
      else { throw Trouble("there is no key on the screen") }
      return varying(codes.code(at: Date()), "code")
    case "<address>": return try wayBack(prompt)
    case let reply where reply.hasPrefix("<passcodes "):
      return try passcode(of: String(reply.dropFirst(11).dropLast()))
    default: return reply
    }
  }

  private func varying(_ text: String, _ name: String) -> String {
    variable.append((text, name))
    return text
  }

  private func passcode(of key: String) throws -> String {
    let passcodes = (IdentityEngineSimulator.Person.ann.passcodes[key] ?? "").split(separator: " ")
    let place = passcodesGiven[key, default: 0]
    passcodesGiven[key] = place + 1
    guard passcodes.indices.contains(place) else { throw Trouble("no passcode of \(key) is left") }
    return String(passcodes[place])
  }

  // MARK: What she does elsewhere

  /// - Returns: whether there was something to do.
  private func attend(to words: String, _ prompt: [String]) throws -> Bool {
    var decision = "<approve>"
    if let next = overrides.first, words.contains(next.question) {
      decision = next.answer
      overrides.removeFirst()
    }
    switch decision {
    case "<approve>", "<deny>":
      for request in try household.outside.waiting(of: Ann.name) {
        let number = prompt.lazy.compactMap {
          $0.firstMatch(of: #/^ +\((\d+)\)$/#).map { String($0.output.1) }
        }.first
        guard decision == "<deny>" || request.choices.isEmpty || number != nil else { return false }
        return try household.outside.decide(
          request.path, approve: decision == "<approve>", number: number)
      }
      return true
    default:
      terminal.type(decision == "<Control-C>" ? "\u{3}" : decision)
      return true
    }
  }

  /// Where a browser ends that is sent to the address on the screen.
  private func wayBack(_ prompt: [String], _ decision: String = "approve") throws -> String {
    let address = prompt.last { $0.hasPrefix("    http") }?.trimmingCharacters(in: .whitespaces)
    guard let address, let back = try household.outside.visit(address, as: Ann.name, decision)
    else {
      throw Trouble("no address leads back")
    }
    return back
  }
}

/// What stands in a transcript for what differs from one run to the next.
private struct Naming {
  let origin: String
  let variable: [(text: String, name: String)]

  func named(_ lines: [String]) -> [String] {
    var named: [String] = []
    for line in lines {
      let isDrawn = line.count > 20 && line.allSatisfy { "█▀▄ ".contains($0) }
      if isDrawn, named.last?.hasPrefix("<QR code") == true { continue }
      named.append(isDrawn ? "<QR code, \(line.count) columns>" : self.named(line))
    }
    return named
  }

  private func named(_ line: String) -> String {
    var line = line
    for (text, name) in variable where !text.isEmpty {
      line = line.replacingOccurrences(of: text, with: "<\(name)>")
    }
    let host = origin.replacingOccurrences(of: "https://", with: "")
    line = line.replacingOccurrences(of: host, with: "127.0.0.1:<port>")
    line = line.replacing(#/\d{4}-\d\d-\d\dT[\d:.]+Z/#, with: "<time>")
    line = line.replacing(#/\d{4}-\d\d-\d\d/#, with: "<date>")
    line = line.replacing(#/^    ([A-Z2-7]{4} )+[A-Z2-7]{1,4}$/#, with: "    <key>")
    line = line.replacing(#/ as 00u\w{17}$/#, with: " as <subject>")
    // Handles and the like.
    return line.replacing(#/=[A-Za-z0-9_.~%:-]{20,}/#, with: "=<handle>")
  }
}
