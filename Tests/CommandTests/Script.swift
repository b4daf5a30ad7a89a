// The scripts: a command, what the broker is asked and says, what is typed, what the screen shows in
// the end. One line a step:
//
//   # …            the first: what the script shows; others: remarks
//   env N=V        a variable, before the command
//   no terminal    the command has no controlling terminal
//   $ WORDS        the command; `$ sh: …` is run by bash
//   > METHOD JSON  the broker is asked this, with these very parameters (any, where none are given)
//   < METHOD JSON  the broker answers with this result
//   ! METHOD JSON  the broker answers with this error
//   * METHOD JSON  the broker sends this notification
//   see TEXT       the terminal shows this, after what it showed before
//   type TEXT      with \r for Enter, \t, \e, \c for Control-C, \z for Control-Z, \d for Control-D
//   bytes HEX      the same, as bytes: 61 e9
//   signal NAME    sent to the command
//   hang up        the broker does
//   never TEXT     no such bytes on the terminal, first to last
//   exit N         how the command ends; the terminal must be as it was
//   screen         and, to the end of the file, what the terminal shows then
//
// In JSON, `"@name"` is the prompt `Prompts/name.json`, `{"@": "name", …}` the same with other
// members, `"$uid"` the number of who runs the tests, `"$pid"` the command's process (in what the broker
// says). `REMEDY_REWRITE_GOLDEN=1` rewrites the screens.

import Glibc
import JSON
import TestSupport
import Testing

struct Script: CustomTestStringConvertible, Sendable {
  let path: String
  let steps: [String]
  let screen: [String]?

  /// The first remark: what the script shows.
  var testDescription: String { steps.first.map { String($0.dropFirst(2)) } ?? path }

  static let folder = #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined()

  static let all: [Script] = names(in: folder + "/Scripts").compactMap { name in
    name.hasSuffix(".txt") ? try? Script(path: folder + "/Scripts/" + name) : nil
  }

  init(path: String) throws {
    self.path = path
    let lines = try Self.contents(path).split(
      separator: "\n", omittingEmptySubsequences: false
    ).map(String.init)
    let mark = lines.firstIndex(of: "screen")
    steps = lines[..<(mark ?? lines.endIndex)].filter { !$0.isEmpty }
    screen = mark.map { mark in
      let shown = Array(lines[(mark + 1)...])
      return shown.last == "" ? shown.dropLast() : shown
    }
  }

  /// Plays it.
  ///
  /// - Returns: the screen at the end, where the script has one.
  func play() throws -> [String]? {
    var environment: [String] = []
    var hasTerminal = true
    var stage: Stage?
    var forbidden: [String] = []
    var isEnded = false
    for step in steps {
      let (word, rest) = Self.split(step, at: " ")
      switch word {
      case "#": break
      case "env": environment.append(rest)
      case "no": hasTerminal = false
      case "$": stage = try Stage(rest, environment: environment, hasTerminal: hasTerminal)
      case "never": forbidden.append(rest)
      case "exit":
        guard let stage else { throw Trouble("no command before: \(step)") }
        let status = try stage.exitStatus()
        guard "\(status)" == rest else {
          throw Trouble("exit \(status):\n" + stage.screen.text.joined(separator: "\n"))
        }
        guard stage.isTerminalRestored else { throw Trouble("the terminal is not restored") }
        isEnded = true
      default:
        guard let stage else { throw Trouble("no command before: \(step)") }
        try take(word, rest, stage)
      }
    }
    guard let stage, isEnded else { throw Trouble("no exit in \(path)") }
    let all = String(decoding: stage.written, as: UTF8.self)
    for text in forbidden where all.contains(text) { throw Trouble("\"\(text)\" was shown") }
    let strange = stage.screen.strange
    guard strange.isEmpty else { throw Trouble("strange sequences: \(strange)") }
    return screen == nil ? nil : stage.screen.text
  }

  private func take(_ word: String, _ rest: String, _ stage: Stage) throws {
    let (method, given) = Self.split(rest, at: " ")
    let text = given.replacing(#""$pid""#, with: String(stage.pid))
    switch word {
    case ">": try stage.expect(method, text.isEmpty ? nil : Self.json(text))
    case "<": try stage.broker.answer(method, "result", Self.json(text))
    case "!": try stage.broker.answer(method, "error", Self.json(text))
    case "*": try stage.broker.notify(method, Self.json(text))
    case "see": try stage.see(rest)
    case "type": stage.type(Self.keys(rest))
    case "bytes": stage.type(rest.split(separator: " ").compactMap { UInt8($0, radix: 16) })
    case "hang": stage.broker.hangUp()
    case "signal":
      guard let number = ["TERM": SIGTERM, "HUP": SIGHUP, "INT": SIGINT, "QUIT": SIGQUIT][rest]
      else { throw Trouble("no signal \(rest)") }
      stage.send(signal: number)
    default: throw Trouble("no such step: \(word) \(rest)")
    }
  }

  private static func split(_ text: String, at mark: Character) -> (String, String) {
    guard let index = text.firstIndex(of: mark) else { return (text, "") }
    return (String(text[..<index]), String(text[text.index(after: index)...]))
  }

  private static func keys(_ text: String) -> String {
    let names: [Character: Character] = [
      "r": "\r", "t": "\t", "e": "\u{1B}", "c": "\u{3}", "z": "\u{1A}", "d": "\u{4}", "b": "\u{7F}",
    ]
    var keys = ""
    var isNamed = false
    for character in text {
      if isNamed {
        keys.append(names[character] ?? character)
        isNamed = false
      } else if character == "\\" {
        isNamed = true
      } else {
        keys.append(character)
      }
    }
    return keys
  }

  // MARK: JSON

  static func json(_ text: String) throws -> JSONValue {
    try filled(JSONParser.parse(Array(text.utf8), rules: .strict))
  }

  /// The prompt of that name.
  static func prompt(_ name: String) throws -> JSONValue {
    try json(contents(folder + "/Prompts/\(name).json"))
  }

  private static func filled(_ value: JSONValue) throws -> JSONValue {
    switch value {
    case .string("$uid"): return .int(Int(geteuid()))
    case .string(let text) where text.hasPrefix("@"): return try prompt(String(text.dropFirst()))
    case .array(let values): return .array(try values.map(filled))
    case .object(let object):
      var result = try object["@"]?.string.flatMap { try prompt($0).object } ?? JSONObject()
      for member in object.members where member.name != "@" {
        result[member.name] = try filled(member.value)
      }
      return .object(result)
    default: return value
    }
  }

  // MARK: Files

  static func contents(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw Trouble("no file \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Writes the file anew with that screen.
  func rewrite(screen: [String]) throws {
    let old = try Self.contents(path)
    guard let mark = old.firstRange(of: "\nscreen\n"), let file = fopen(path, "w") else {
      throw Trouble("cannot rewrite \(path)")
    }
    defer { fclose(file) }
    let text = old[..<mark.upperBound] + screen.map { $0 + "\n" }.joined()
    let bytes = Array(text.utf8)
    fwrite(bytes, 1, bytes.count, file)
  }

  private static func names(in folder: String) -> [String] {
    guard let listing = opendir(folder) else { return [] }
    defer { closedir(listing) }
    var names: [String] = []
    while let entry = readdir(listing) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.sorted()
  }
}
