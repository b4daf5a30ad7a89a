// Memory that the kernel does not lock: said once, and no reason not to serve.

import BrokerInterface
import Foundation
import RemedyClient
import TestSupport
import Testing

@Suite("Locked memory", .serialized)
struct LockedMemoryTests {
  @Test("under a small limit there is one warning at the start, with an id, and everything works")
  func small() throws {
    let (log, answer) = try run(limit: 4096)
    let warnings = log.filter { $0.contains("\"MESSAGE\":\"secrets lie in memory") }
    #expect(warnings.count == 1)
    #expect(warnings.first?.contains("\"MESSAGE_ID\":\"") == true)
    #expect(warnings.first?.contains("LimitMEMLOCK=") == true)
    #expect(warnings.first?.contains("\"PRIORITY\":\"4\"") == true)
    #expect(answer)
  }

  @Test("under the usual limit there is none, and what is locked stays within it")
  func usual() throws {
    let (log, answer) = try run(limit: 8 << 20)
    #expect(log.allSatisfy { !$0.contains("secrets lie in memory") })
    #expect(answer)
  }

  /// Starts a broker that has not root's right to lock as much as it likes.
  ///
  /// - Returns: its log up to READY, and whether it answered.
  private func run(limit: Int) throws -> ([String], Bool) {
    let place = try BrokerFolder()
    defer { place.remove() }
    let asUser = geteuid() == 0 ? ["/usr/bin/setpriv", "--bounding-set=-ipc_lock"] : []
    let broker = try ServingProgram(
      broker: ["/usr/bin/prlimit", "--memlock=\(limit):\(limit)"] + asUser + place.command())
    defer { broker.stop(signal: SIGKILL) }
    let client = try Client(path: place.socket)
    let info = try client.call(BrokerInfo.self, NoParams())
    let status = try String(
      contentsOfFile: "/proc/\(broker.pid)/status", encoding: .utf8)
    let locked = status.split(separator: "\n").first { $0.hasPrefix("VmLck:") }?
      .split(separator: " ").compactMap { Int($0) }.first
    #expect(try #require(locked) * 1024 <= limit)
    if limit > 1 << 20 { #expect(try #require(locked) > 0) }
    return (broker.words, info.version.isEmpty == false)
  }
}
