// The built daemon as a process, with a folder and a configuration of its own.

import Foundation
import RemedyClient
import TestSupport

/// A broker that ends with this value.
final class BrokerProcess {
  private let place: BrokerFolder
  private let program: ServingProgram

  var folder: URL { place.url }
  var socket: String { place.socket }

  /// Starts the broker; returns when it serves its socket.
  ///
  /// - Parameters:
  ///   - configuration: the text of `remedy.toml`.
  ///   - environment: what it has beside that of the tests.
  init(configuration: String, environment: [String: String] = [:]) throws {
    place = try BrokerFolder(configuration)
    program = try ServingProgram(broker: place.command(), environment: environment)
  }

  deinit {
    program.stop(signal: SIGKILL)
    place.remove()
  }

  var isRunning: Bool { program.isRunning }

  /// How much of its memory is in RAM, now or at most so far.
  func residentKilobytes(atMost: Bool = false) throws -> Int {
    let member = atMost ? "VmHWM:" : "VmRSS:"
    let status = try String(
      contentsOfFile: "/proc/\(program.pid)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix(member) }
    guard let digits = line?.filter(\.isNumber), let kilobytes = Int(digits) else {
      throw Trouble("no \(member) of the broker")
    }
    return kilobytes
  }

  func client() throws -> Client { try Client(path: socket) }
}
