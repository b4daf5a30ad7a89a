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
    let place = try BrokerFolder()
    defer { place.remove() }
    var brokers: [(process: Process, output: ProgramOutput)] = []
    defer {
      for (process, _) in brokers where process.isRunning {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
      }
    }
    for number in 0..<Self.count {
      let process = Process.apart(
        place.command(socket: "\(place.path)/broker-\(number).sock"))
      let output = ProgramOutput()
      process.standardError = output.pipe
      try process.run()
      brokers.append((process, output))
    }
    var running: [Int32] = []
    var named: [Int32] = []
    for (process, output) in brokers {
      // Each says either that it is ready or who is in its way; then the second kind ends.
      var words = ""
      while !words.contains("\"MESSAGE\":\"ready\""), !words.contains("holds the state folder") {
        guard let line = try output.line() else { break }
        words += line
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
