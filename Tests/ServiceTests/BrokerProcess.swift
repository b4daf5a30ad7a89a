// The built daemon as a process, with a folder and a configuration of its own.

import Foundation
import RemedyClient
import Synchronization
import TestSupport

/// A broker that ends with this value.
final class BrokerProcess {
  private let place: BrokerFolder
  private var program: ServingProgram
  private let log = HeardLog()

  var folder: URL { place.url }
  var socket: String { place.socket }
  /// All that it has logged.
  var logged: Data { log.all }

  /// Starts the broker; returns when it serves its socket.
  ///
  /// - Parameters:
  ///   - configuration: the text of `remedy.toml`.
  ///   - environment: what it has beside that of the tests.
  init(configuration: String, environment: [String: String] = [:]) throws {
    place = try BrokerFolder(configuration)
    program = try ServingProgram(
      broker: place.command(), environment: environment, hear: log.hear)
  }

  func send(signal: CInt) { kill(program.pid, signal) }

  /// Whether a text comes in the log; waits for it for as long as a machine under load would take.
  func logs(_ text: String) -> Bool { log.hears(text) }

  /// Ends it by a signal; returns when it is gone.
  func stop(signal: CInt) { program.stop(signal: signal) }

  /// Starts it again, on what it left.
  func start() throws {
    program = try ServingProgram(broker: place.command(), hear: log.hear)
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

/// What a program has logged so far.
private final class HeardLog: Sendable {
  private let bytes = Mutex(Data())
  private let more = DispatchSemaphore(value: 0)

  var all: Data { bytes.withLock { $0 } }

  func hear(_ data: Data) {
    bytes.withLock { $0 += data }
    more.signal()
  }

  func hears(_ text: String) -> Bool {
    let deadline = DispatchTime.now() + 20
    while all.range(of: Data(text.utf8)) == nil {
      guard more.wait(timeout: deadline) == .success else { return false }
    }
    return true
  }
}
