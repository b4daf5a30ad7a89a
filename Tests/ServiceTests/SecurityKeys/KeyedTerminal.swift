// The real command at a pseudo-terminal, installed as `make install` installs it, so that it finds its
// helper for security keys; the helper is the real one too, and is pointed at a virtual key.

import Foundation
import TestSupport

/// One run of the command by somebody who has a security key.
final class KeyedTerminal {
  /// What lies where the helper is looked for.
  enum Helper {
    /// The real one, at the devices of these keys.
    case real([VirtualKey])
    /// A script of a shell.
    case script(String)
    case missing
  }

  private let terminal: PseudoTerminal
  private let prefix: URL
  private var written: [UInt8] = []
  private var seen = 0
  private var isOver = false

  /// Whether the helper was built: where libfido2 is.
  static var isHelperBuilt: Bool {
    FileManager.default.isExecutableFile(atPath: BuiltProgram.path("remedy-fido2"))
  }

  /// - Parameter mode: who may write to the helper.
  init(
    _ household: Household, _ helper: Helper, _ words: [String] = ["login", "demo"],
    mode: mode_t = 0o755
  ) throws {
    prefix = household.folder.appendingPathComponent("prefix-" + UUID().uuidString.prefix(8))
    let command = prefix.appendingPathComponent("bin/remedy")
    try Self.install(BuiltProgram.path("remedy"), at: command, 0o755)
    let text: String? =
      switch helper {
      case .real(let keys):
        "exec " + BuiltProgram.path("remedy-fido2") + keys.map { " --device " + $0.path }.joined()
      case .script(let text): text
      case .missing: nil
      }
    if let text {
      let script = prefix.appendingPathComponent("helper")
      try ("#!/bin/sh\n" + text + "\n").write(to: script, atomically: false, encoding: .utf8)
      let place = prefix.appendingPathComponent("libexec/remedy/remedy-fido2")
      try Self.install(script.path, at: place, mode)
    }
    terminal = try PseudoTerminal(
      [command.path] + words,
      environment: [
        "PATH=/usr/bin:/bin", "HOME=\(household.folder.path)", "TERM=xterm", "NO_COLOR=1",
        "LANG=C.UTF-8", "REMEDY_SOCKET=\(household.socket)",
      ], hasTerminal: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: prefix)
  }

  /// Puts a program where it is run from. By a program, not by this one: what another test starts at
  /// the same time would have a file that is being written here open too, and then it cannot be run.
  private static func install(_ program: String, at place: URL, _ mode: mode_t) throws {
    let octal = String(mode, radix: 8)
    let installed = try FinishedProgram(["install", "-D", "-m", octal, program, place.path])
    guard installed.status == 0 else { throw Trouble("cannot install \(place.path)") }
  }

  /// Waits until the text is written, after what was seen before.
  func see(_ text: String) throws {
    let wanted = Array(text.utf8)
    let limit = TimeLimit(seconds: 30)
    while true {
      written += terminal.read()
      if let end = Self.end(of: wanted, in: written, from: seen) {
        seen = end
        return
      }
      guard !isOver else { throw Trouble("ended without \"\(text)\":\n\(shown)") }
      try wait(limit, "no \"\(text)\"")
    }
  }

  private static func end(of wanted: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    guard bytes.count - start >= wanted.count else { return nil }
    return (start...(bytes.count - wanted.count)).first {
      bytes[$0..<($0 + wanted.count)].elementsEqual(wanted)
    }.map { $0 + wanted.count }
  }

  private func wait(_ limit: TimeLimit, _ what: String) throws {
    var entries = [terminal.master, terminal.ending].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    // A spinner writes for ever: what is waited for has to come in time.
    guard limit.milliseconds > 0, poll(&entries, 2, limit.milliseconds) > 0 else {
      throw Trouble("\(what):\n\(shown)")
    }
    if entries[1].revents != 0 {
      written += terminal.read()
      isOver = true
    }
  }

  func type(_ text: String) { terminal.type(text) }

  /// Answers a question, with what is known once it is asked.
  func answer(_ question: String, _ text: @autoclosure () throws -> String) throws {
    try see(question)
    type(try text() + "\n")
  }

  /// Chooses from a menu what has these words in it.
  func pick(_ words: String) throws {
    try see(words)
    let line = ScreenText(written).text.last { $0.contains(words) } ?? ""
    let number = line.drop { !$0.isNumber }.prefix { $0.isNumber }
    guard !number.isEmpty else { throw Trouble("no menu has \"\(words)\":\n\(shown)") }
    type(number + "\n")
  }

  func exitStatus() throws -> Int32 {
    let limit = TimeLimit(seconds: 30)
    while !isOver { try wait(limit, "it does not end") }
    return try terminal.exitStatus()
  }

  /// What stands on the screen.
  var shown: String { ScreenText(written).text.joined(separator: "\n") }
  /// Every byte that ever reached the terminal.
  var everything: String { String(decoding: written, as: UTF8.self) }
  var isRestored: Bool { terminal.isRestored }

  /// Name and password of Ann.
  func passPassword() throws {
    try answer("Username: ", Ann.name)
    try answer("Remember this device", "")
    try answer("Password: ", Ann.password)
  }
}
