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
    let folder = URL(fileURLWithPath: "/tmp/remedy-test-" + UUID().uuidString.prefix(8))
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(at: folder) }
    let config = folder.appendingPathComponent("remedy.toml")
    try Data().write(to: config)
    chmod(config.path, 0o600)
    let broker = Process.apart()
    broker.executableURL = URL(fileURLWithPath: "/usr/bin/prlimit")
    let asUser = geteuid() == 0 ? ["/usr/bin/setpriv", "--bounding-set=-ipc_lock"] : []
    broker.arguments =
      ["--memlock=\(limit):\(limit)"] + asUser + [
        Household.binaries.path + "/remedyd", "--user", "--config", config.path, "--socket",
        folder.path + "/broker.sock", "--state", folder.path + "/state",
      ]
    let output = Pipe()
    broker.standardError = output
    try broker.run()
    defer {
      kill(broker.processIdentifier, SIGKILL)
      broker.waitUntilExit()
    }
    var log: [String] = []
    while log.last?.contains("\"MESSAGE\":\"ready\"") != true {
      let line = try Household.line(output.fileHandleForReading)
      if line.isEmpty { throw Trouble("the broker ended: \(log)") }
      log.append(String(decoding: line, as: UTF8.self))
    }
    let client = try Client(path: folder.path + "/broker.sock")
    let info = try client.call(BrokerInfo.self, NoParams())
    let status = try String(
      contentsOfFile: "/proc/\(broker.processIdentifier)/status", encoding: .utf8)
    let locked = status.split(separator: "\n").first { $0.hasPrefix("VmLck:") }?
      .split(separator: " ").compactMap { Int($0) }.first
    #expect(try #require(locked) * 1024 <= limit)
    if limit > 1 << 20 { #expect(try #require(locked) > 0) }
    return (log, info.version.isEmpty == false)
  }
}
