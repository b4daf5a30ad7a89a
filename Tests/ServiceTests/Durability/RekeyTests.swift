// The key of the vault is changed: at a terminal, and interrupted at each system call.

import BrokerInterface
import Foundation
import Glibc
import RemedyClient
import Secrets
import TestSupport
import Testing

@Suite("`remedyd vault rekey`", .serialized)
struct RekeyTests {
  private static let passphrase = "a better horse"

  @Test("to a passphrase, at a terminal: asked twice, never shown, and the sessions are kept")
  func terminal() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    household.stopDaemon()
    let differing = try Terminal(household.rekey("passphrase"))
    try differing.see("new passphrase: ")
    differing.type(Self.passphrase)
    try differing.see("the same again: ")
    differing.type(Self.passphrase + "s")
    #expect(differing.status() == 1)
    #expect(differing.shown.contains("the vault is as it was"))
    // As it was: the old key opens it.
    try household.startDaemon()
    try household.refresh()
    household.stopDaemon()

    let terminal = try Terminal(household.rekey("passphrase"))
    try terminal.see("new passphrase: ")
    terminal.type(Self.passphrase)
    try terminal.see("the same again: ")
    terminal.type(Self.passphrase)
    #expect(terminal.status() == 0)
    #expect(terminal.shown.contains("1 records are as before"))
    #expect(terminal.shown.contains("key = \"passphrase\""))
    for shown in [terminal.shown, differing.shown] { #expect(!shown.contains(Self.passphrase)) }

    try household.configure(preamble: "[vault]\nkey = \"passphrase\"\n")
    try household.startDaemon()
    let client = try household.client()
    #expect(try client.call(BrokerInfo.self, NoParams()).vault == .locked)
    _ = try client.call(VaultUnlock.self, VaultUnlock.Params(passphrase: Secret(Self.passphrase)))
    try household.refresh()
  }

  @Test(
    "killed before any system call on the vault's files: exactly one of the two keys opens it",
    .enabled(if: Strace.isPossible, "\(Strace.absence)"))
  func killed() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    household.stopDaemon()
    let place = household.folder.path
    try FileManager.default.moveItem(atPath: place + "/state/vault.key", toPath: place + "/old.key")
    try FileManager.default.moveItem(atPath: place + "/state", toPath: place + "/kept")
    var newKey = Data(count: 32)
    for index in newKey.indices { newKey[index] = UInt8.random(in: 0...255) }
    try newKey.write(to: URL(fileURLWithPath: place + "/new.key"))
    chmod(place + "/new.key", 0o600)

    func attempt(_ injection: [String]) throws -> [Strace.Call] {
      try? FileManager.default.removeItem(atPath: place + "/state")
      try FileManager.default.copyItem(atPath: place + "/kept", toPath: place + "/state")
      chmod(place + "/state", 0o700)
      try household.configure(preamble: "[vault]\nkey = \"file:\(place)/old.key\"\n")
      let paths = ["state", "state/header", "state/header.new"].flatMap {
        ["-P", "\(place)/\($0)"]
      }
      _ = try FinishedProgram(
        ["/usr/bin/strace", "-f", "-q", "-o", place + "/trace"] + paths
          + ["-e", "trace=openat,write,fsync,renameat,close"] + injection
          + household.rekey("file:\(place)/new.key"))
      return String(
        decoding: try Data(contentsOf: URL(fileURLWithPath: place + "/trace")), as: UTF8.self
      )
      .split(separator: "\n")
      // "PID CALL(…": the number of the thread stands before it.
      .compactMap { Strace.Call($0.drop { $0.isNumber }.drop { $0 == " " }.description) }
    }
    func opens(_ key: String) throws -> Bool {
      try household.configure(preamble: "[vault]\nkey = \"file:\(place)/\(key).key\"\n")
      return try household.vault("check").0 == 0
    }
    let seen = try attempt([])
    #expect(try !opens("old"))
    #expect(try opens("new"))
    #expect(seen.count { $0.name == "renameat" } == 1)
    var counts: [String: Int] = [:]
    var withOld = 0
    for name in seen.map(\.name) {
      let number = counts[name, default: 0] + 1
      counts[name] = number
      _ = try attempt(["-e", "inject=\(name):signal=KILL:when=\(number)"])
      let (old, new) = (try opens("old"), try opens("new"))
      #expect(old != new, "killed before \(name) \(number)")
      if old { withOld += 1 }
    }
    // The rename is the moment; there are calls on both sides of it.
    #expect(withOld > 3)
    #expect(withOld < seen.count)
  }
}

extension Household {
  fileprivate func rekey(_ key: String) -> [String] { vaultCommand("rekey", ["--to", key]) }
}

/// A program at a terminal of its own, which script(1) makes.
private final class Terminal {
  private let process: Process
  private let input = Pipe()
  private let output = Pipe()
  private(set) var shown = ""
  private var seen = 0

  init(_ words: [String]) throws {
    process = .apart(
      ["/usr/bin/script", "-q", "-e", "-c", words.joined(separator: " "), "/dev/null"])
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  /// Waits until the text is shown, after what was waited for before.
  func see(_ text: String) throws {
    while !shown.dropFirst(seen).contains(text) {
      var poll = pollfd(
        fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
      guard Glibc.poll(&poll, 1, 20_000) > 0 else { throw Trouble("twenty seconds: \(shown)") }
      let bytes = output.fileHandleForReading.availableData
      if bytes.isEmpty { throw Trouble("it ended: \(shown)") }
      shown += String(decoding: bytes, as: UTF8.self)
    }
    seen = shown.count
  }

  func type(_ line: String) { input.fileHandleForWriting.write(Data((line + "\n").utf8)) }

  /// The exit status, when it has ended.
  func status() -> Int32 {
    shown += String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return process.terminationStatus
  }
}
