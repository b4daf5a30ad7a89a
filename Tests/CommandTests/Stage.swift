// The command at its terminal on one side, the broker that a script plays on the other, and the
// person who types in between. One thread waits for both; nothing sleeps.

import Glibc
import JSON
import TestSupport

/// One run of the command.
final class Stage {
  let broker: FakeBroker
  private let terminal: PseudoTerminal
  /// Every byte that reached the terminal.
  private(set) var written: [UInt8] = []
  /// How much of what was written has been expected already.
  private var seen = 0
  private(set) var isOver = false
  /// The command's process.
  var pid: Int32 { terminal.pid }

  /// - Parameters:
  ///   - command: words, or `sh: …` for bash to run.
  ///   - environment: `NAME=value`, over a small one of our own.
  init(_ command: String, environment: [String] = [], hasTerminal: Bool = true) throws {
    broker = try FakeBroker()
    let folder = BuiltProgram.folder.path
    let names = environment.map { $0.prefix { $0 != "=" } }
    let standard = [
      "PATH=\(folder):/usr/bin:/bin", "HOME=\(broker.folder)", "TERM=xterm", "NO_COLOR=1",
      "REMEDY_SOCKET=\(broker.path)",
    ].filter { variable in !names.contains(variable.prefix { $0 != "=" }) }
    let arguments =
      command.hasPrefix("sh: ")
      ? ["/bin/bash", "-c", String(command.dropFirst(4))]
      : Self.words(command, folder: folder)
    terminal = try PseudoTerminal(
      arguments, environment: standard + environment, hasTerminal: hasTerminal)
  }

  private static func words(_ command: String, folder: String) -> [String] {
    let words = command.split(separator: " ").map(String.init)
    return [folder + "/" + (words.first ?? "")] + words.dropFirst()
  }

  // MARK: What must come

  /// Waits until the text is written, after what was expected before.
  func see(_ text: String) throws {
    let wanted = Array(text.utf8)
    try wait(for: "the terminal to show \"\(text)\"") {
      guard let start = self.find(wanted) else { return false }
      self.seen = start + wanted.count
      return true
    }
  }

  /// Waits for a request and compares its parameters, where any are given.
  func expect(_ method: String, _ params: JSONValue?) throws {
    var request: FakeRequest?
    try wait(for: "the request \(method); came: \(broker.untaken.map(\.method))") {
      request = self.broker.take(method)
      return request != nil
    }
    guard let params, let request, request.params != params else { return }
    throw Trouble(
      "\(method) came with \(JSONWriter.text(request.params)), not \(JSONWriter.text(params))")
  }

  /// Waits for the end of the process.
  func exitStatus() throws -> Int32 {
    try wait(for: "the end of the command") { self.isOver }
    return try terminal.exitStatus()
  }

  func waitForHangUp() throws {
    try wait(for: "the command to hang up") { self.broker.connections == 0 }
  }

  // MARK: What the person does

  func type(_ text: String) { terminal.type(text) }
  func type(_ bytes: [UInt8]) { terminal.type(bytes) }
  func send(signal: CInt) { terminal.send(signal: signal) }

  var isTerminalRestored: Bool { terminal.isRestored }
  var screen: ScreenText { ScreenText(written) }

  private func find(_ wanted: [UInt8]) -> Int? {
    guard written.count - seen >= wanted.count else { return nil }
    return (seen...(written.count - wanted.count)).first {
      written[$0..<($0 + wanted.count)].elementsEqual(wanted)
    }
  }

  /// Waits for broker and terminal until the condition holds.
  private func wait(for what: @autoclosure () -> String, until holds: () throws -> Bool) throws {
    // Of the whole wait: a spinner writes for ever.
    let limit = TimeLimit(seconds: 20)
    while true {
      try broker.work()
      written += terminal.read()
      if try holds() { return }
      guard !isOver else { throw surprise("the command has ended, without \(what())") }
      var entries = (broker.descriptors + [terminal.master, terminal.ending]).map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      guard poll(&entries, nfds_t(entries.count), limit.milliseconds) > 0 else {
        throw surprise("twenty seconds, without \(what())")
      }
      if entries.last?.revents != 0 {
        written += terminal.read()
        try broker.work()
        isOver = true
      }
    }
  }

  private func surprise(_ what: String) -> Trouble {
    Trouble(what + "; the terminal shows:\n" + screen.text.joined(separator: "\n"))
  }
}
