// The built daemon as a process, with a folder and a configuration of its own.

import Foundation
import RemedyClient
import TestSupport

/// A broker that ends with this value.
final class BrokerProcess {
  let folder: URL
  private let process = Process.apart()

  var socket: String { folder.path + "/broker.sock" }

  /// Starts the broker; returns when it serves its socket.
  ///
  /// - Parameter configuration: the text of `remedy.toml`.
  init(configuration: String) throws {
    folder = URL(fileURLWithPath: "/tmp/remedy-test-" + UUID().uuidString.prefix(8))
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    let file = folder.appendingPathComponent("remedy.toml")
    try configuration.write(to: file, atomically: true, encoding: .utf8)
    chmod(file.path, 0o600)
    process.executableURL = Household.binaries.appendingPathComponent("remedyd")
    process.arguments = [
      "--user", "--config", file.path, "--socket", socket, "--state", folder.path + "/state",
    ]
    let output = Pipe()
    process.standardError = output
    try process.run()
    // The log says when it is ready; reading on keeps its pipe from filling.
    let log = output.fileHandleForReading
    while true {
      let line = try Household.line(log)
      if line.isEmpty { throw Trouble("the broker ended before it was ready") }
      if String(decoding: line, as: UTF8.self).contains("\"MESSAGE\":\"ready\"") { break }
    }
    log.readabilityHandler = { _ = $0.availableData }
  }

  deinit {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }

  var isRunning: Bool { process.isRunning }

  /// How much of its memory is in RAM, now or at most so far.
  func residentKilobytes(atMost: Bool = false) throws -> Int {
    let member = atMost ? "VmHWM:" : "VmRSS:"
    let status = try String(
      contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix(member) }
    guard let digits = line?.filter(\.isNumber), let kilobytes = Int(digits) else {
      throw Trouble("no \(member) of the broker")
    }
    return kilobytes
  }

  func client() throws -> Client { try Client(path: socket) }
}
