// The built helper as a process, with virtual keys for devices.

import Foundation
import JSON
import SecurityKeys
import TestSupport

/// One run of `remedy-fido2`.
final class KeyHelper {
  private static let program = BuiltProgram.path("remedy-fido2")
  /// It is built where libfido2 is.
  static var isBuilt: Bool { FileManager.default.isExecutableFile(atPath: program) }

  private let process: Process
  private let input = Pipe()
  private let output = Pipe()
  private let ended = DispatchSemaphore(value: 0)
  private var rest = Data()

  /// - Parameter arguments: by default the keys' devices.
  init(_ keys: [VirtualKey], arguments: [String]? = nil) throws {
    // One that has ended must not end the tests.
    signal(SIGPIPE, SIG_IGN)
    process = .apart(
      [Self.program] + (arguments ?? keys.flatMap { ["--device", $0.path] }))
    process.environment = [:]
    process.standardInput = input
    process.standardOutput = output
    process.terminationHandler = { [ended] _ in ended.signal() }
    try process.run()
    try input.fileHandleForReading.close()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  func tell(_ order: KeyOrder) {
    tell(JSONWriter.text(order.json))
  }

  func tell(_ line: String) {
    try? input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
  }

  /// Nobody hears it any more.
  func hangUp() throws {
    try input.fileHandleForWriting.close()
  }

  /// What it says next.
  func report() throws -> KeyReport {
    let handle = output.fileHandleForReading
    let limit = TimeLimit(seconds: 20)
    while true {
      if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(rest[..<end])
        rest = Data(rest[(end + 1)...])
        guard let report = KeyReport(line: line) else {
          throw Trouble("nonsense: \(String(decoding: line, as: UTF8.self))")
        }
        return report
      }
      var entry = pollfd(fd: handle.fileDescriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, limit.milliseconds) > 0 else { throw Trouble("it says nothing") }
      let data = handle.availableData
      guard !data.isEmpty else { throw Trouble("it ended without a word") }
      rest += data
    }
  }

  /// What it says at last, whatever it says before.
  func last() throws -> KeyReport {
    while true {
      switch try report() {
      case .touch, .pin: continue
      case let report: return report
      }
    }
  }

  /// The values that it ends with.
  func fields() throws -> JSONObject {
    let report = try last()
    guard case .result(let fields) = report else { throw Trouble("no values: \(report)") }
    return fields
  }

  func exitStatus() throws -> Int32 {
    guard ended.wait(timeout: .now() + 20) == .success else { throw Trouble("it does not end") }
    return process.terminationStatus
  }
}
