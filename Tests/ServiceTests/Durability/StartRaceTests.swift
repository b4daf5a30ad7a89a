// Many brokers, one state folder: one runs.

import Foundation
import RemedyClient
import TestSupport
import Testing

@Suite("Simultaneous starts on one state folder", .serialized)
struct StartRaceTests {
  /// 40 in CI, 200 by `make soak`.
  private static let count = KillPointTests.isThorough ? 200 : 40

  @Test("exactly one runs, and all others say which process that is and end")
  func race() throws {
    let folder = URL(fileURLWithPath: "/tmp/remedy-test-" + UUID().uuidString.prefix(8))
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(at: folder) }
    let config = folder.appendingPathComponent("remedy.toml")
    try Data().write(to: config)
    chmod(config.path, 0o600)
    var brokers: [(process: Process, output: Pipe)] = []
    defer {
      for (process, _) in brokers where process.isRunning {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
      }
    }
    for number in 0..<Self.count {
      let process = Process.apart()
      process.executableURL = Household.binaries.appendingPathComponent("remedyd")
      process.arguments = [
        "--user", "--config", config.path, "--socket", "\(folder.path)/broker-\(number).sock",
        "--state", folder.path + "/state",
      ]
      let output = Pipe()
      process.standardError = output
      try process.run()
      brokers.append((process, output))
    }
    var running: [Int32] = []
    var named: [Int32] = []
    for (process, output) in brokers {
      // Each says either that it is ready or who is in its way; then the second kind ends.
      var words = ""
      while !words.contains("\"MESSAGE\":\"ready\""), !words.contains("holds the state folder") {
        let line = try Household.line(output.fileHandleForReading)
        guard !line.isEmpty else { break }
        words += String(decoding: line, as: UTF8.self)
      }
      if words.contains("\"MESSAGE\":\"ready\"") {
        running.append(process.processIdentifier)
        continue
      }
      process.waitUntilExit()
      #expect(process.terminationStatus == 1, "\(words)")
      let holder = try #require(
        words.firstMatch(of: /another remedyd \(pid ([0-9]+)\)/), "\(words)")
      named.append(try #require(Int32(holder.1)))
    }
    #expect(running.count == 1)
    #expect(named.count == Self.count - 1)
    #expect(Set(named) == Set(running))
    print("starts: \(Self.count) at once, \(running.count) runs, \(named.count) name it")
  }
}
