// Transcripts: what a person sees from the command's first line to its last, one file a way through a
// scenario, `SCENARIO.txt` or `SCENARIO+WAY.txt`. Before the screen stand
//
//   # …                 remarks
//   $ remedy …          the command
//   ? QUESTION = REPLY  what is answered other than usual, to the next question that has these words
//                       in it; the lines are used in their order
//   exit N              how it ends
//   screen              and, to the end of the file, what the terminal shows then
//
// A reply is typed with Enter behind it, but for the words in angle brackets: `<Tab>`, `<Control-C>`,
// `<code>` (the newest that was sent), `<link>` (the mail's link is followed), `<browser>` (the address
// is opened, and approved there), `<denied>` (or not), `<address>` (where the browser ends is pasted), `<approve>` and
// `<deny>` (on the phone, where the question is what is waited for), `<usual>`. `AnnAtTheTerminal` has
// the usual replies. `REMEDY_REWRITE_GOLDEN=1` writes the files anew.

import Foundation
import TestSupport

/// One transcript.
struct Transcript {
  /// What is answered other than usual.
  struct Reply {
    var question: String
    var answer: String
  }

  let file: URL
  var remarks: [String] = []
  var command: String
  var replies: [Reply] = []
  var status: Int32?
  var screen: [String]?

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Transcripts", isDirectory: true)

  static var isRewritten: Bool {
    ProcessInfo.processInfo.environment["REMEDY_REWRITE_GOLDEN"] != nil
  }

  /// The transcripts of a scenario. Where it has none yet, and they are being rewritten, one of the
  /// usual way.
  static func all(of scenario: String, _ plan: ScenarioPlan) throws -> [Transcript] {
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil
    ).filter { file in
      let name = file.deletingPathExtension().lastPathComponent
      return file.pathExtension == "txt" && name.prefix { $0 != "+" } == scenario
    }.sorted { $0.path < $1.path }
    if files.isEmpty, isRewritten {
      let flow = plan.flow == .authenticate ? "" : " --flow \(plan.flow.rawValue)"
      return [
        Transcript(
          file: folder.appendingPathComponent(scenario + ".txt"),
          command: "remedy login demo" + flow)
      ]
    }
    return try files.map { try Transcript(file: $0) }
  }

  private init(file: URL, command: String) {
    self.file = file
    self.command = command
  }

  private init(file: URL) throws {
    self.init(file: file, command: "")
    var lines = try String(contentsOf: file, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }[...]
    while let line = lines.popFirst() {
      let rest = String(line.dropFirst(2))
      if line == "screen" {
        screen = Array(lines.last == "" ? lines.dropLast() : lines)
        break
      } else if line.hasPrefix("# ") {
        remarks.append(rest)
      } else if line.hasPrefix("$ ") {
        command = rest
      } else if line.hasPrefix("? "), let middle = rest.firstRange(of: " = ") {
        replies.append(
          Reply(
            question: String(rest[..<middle.lowerBound]),
            answer: String(rest[middle.upperBound...])))
      } else if line.hasPrefix("exit "), let number = Int32(line.dropFirst(5)) {
        status = number
      } else if !line.isEmpty {
        throw Trouble("\(file.lastPathComponent): what is \"\(line)\"?")
      }
    }
    guard command.hasPrefix("remedy ") else {
      throw Trouble("\(file.lastPathComponent) has no command")
    }
  }

  func write() throws {
    let lines =
      remarks.map { "# " + $0 } + ["$ " + command]
      + replies.map { "? \($0.question) = \($0.answer)" } + ["exit \(status ?? 0)", "screen"]
      + (screen ?? [])
    try (lines.joined(separator: "\n") + "\n").write(to: file, atomically: true, encoding: .utf8)
  }
}
