// A security key that is not there: a terminal device stands for the kernel's `hidraw` device, which
// libfido2 takes as one, and behind it sits a key that speaks CTAP 2.0 over HID (CTAP 2 §11.2). So the
// real library, and all that is built on it, is tested with every byte it sends and reads; only how
// the kernel finds devices on a bus is not.
//
// One thread serves the device. What the key shall do when a touch is asked for is set before.

import Foundation
import Synchronization

/// A key at a path.
public final class VirtualKey: Sendable {
  /// What happens when the key blinks.
  public enum Touch: Sendable {
    case given
    /// Nobody touches it: the key gives up by itself.
    case ignored
    /// It blinks until it is told to stop.
    case awaited
    /// It is taken out.
    case pulledOut
  }

  /// What happened, in order.
  public enum Event: Sendable, Equatable {
    case blinks
    case cancelled
  }

  struct State {
    var authenticator: VirtualAuthenticator
    var touch: Touch
    var events: [Event] = []
    var isOut = false
    var wasAsked = false
  }

  /// What stands for `/dev/hidrawN`.
  public let path: String
  let state: Mutex<State>
  private let device: CInt
  private let keeper: CInt
  /// A byte an event.
  private let bell: (read: CInt, write: CInt)

  /// - Parameter pin: `nil`: it has none.
  /// - Throws: where there is no terminal device to be had.
  public init(
    _ credentials: [VirtualAuthenticator.Credential] = [], pin: String? = nil, touch: Touch = .given
  ) throws {
    state = Mutex(
      State(
        authenticator: VirtualAuthenticator(credentials: credentials, pin: pin), touch: touch))
    device = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var locked: CInt = 0
    var number: CInt = -1
    // TIOCSPTLCK and TIOCGPTN of asm-generic/ioctls.h.
    guard device >= 0, ioctl(device, 0x4004_5431, &locked) == 0,
      ioctl(device, 0x8004_5430, &number) == 0
    else { throw CocoaError(.fileNoSuchFile) }
    path = "/dev/pts/\(number)"
    keeper = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
    var modes = termios()
    tcgetattr(keeper, &modes)
    cfmakeraw(&modes)
    // A report is read as a whole or not at all.
    modes.c_cc.6 = UInt8(HIDReport.count)
    tcsetattr(keeper, TCSANOW, &modes)
    var ends: [CInt] = [-1, -1]
    pipe(&ends)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    bell = (ends[0], ends[1])
    let thread = Thread { [self] in serve() }
    thread.start()
  }

  /// Ends the thread, and with it everything. To be called when the test is over.
  public func remove() {
    takeOut()
  }

  private func takeOut() {
    let isFirst = state.withLock { state in
      defer { state.isOut = true }
      return !state.isOut
    }
    // The device itself is closed by the thread that reads it, which wakes when nobody has it open.
    if isFirst { close(keeper) }
  }

  /// The credentials it has now.
  public var credentials: [VirtualAuthenticator.Credential] {
    state.withLock { $0.authenticator.credentials }
  }

  /// Whether anybody has sent it anything.
  public var wasAsked: Bool { state.withLock { $0.wasAsked } }

  public func set(touch: Touch) { state.withLock { $0.touch = touch } }

  /// Waits until this has happened.
  /// - Returns: whether it has, within so many seconds.
  public func wait(for event: Event, seconds: Double = 20) -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while !state.withLock({ $0.events.contains(event) }) {
      var entry = pollfd(fd: bell.read, events: Int16(POLLIN), revents: 0)
      let left = deadline.timeIntervalSinceNow
      guard left > 0, poll(&entry, 1, CInt(left * 1000)) > 0 else { return false }
      var byte: UInt8 = 0
      _ = read(bell.read, &byte, 1)
    }
    return true
  }

  private func note(_ event: Event) {
    state.withLock { $0.events.append(event) }
    var byte: UInt8 = 1
    _ = write(bell.write, &byte, 1)
  }

  // MARK: The device

  private func serve() {
    defer { close(device) }
    var message = HIDMessage()
    while !state.withLock(\.isOut), let report = readReport() {
      state.withLock { $0.wasAsked = true }
      guard let complete = message.take(report) else { continue }
      answer(complete)
    }
  }

  private func readReport() -> [UInt8]? {
    // The number of the report stands before it.
    var report: [UInt8] = []
    while report.count < HIDReport.count + 1 {
      var buffer = [UInt8](repeating: 0, count: HIDReport.count + 1 - report.count)
      let count = read(device, &buffer, buffer.count)
      guard count > 0 else { return nil }
      report += buffer.prefix(count)
    }
    return Array(report.dropFirst())
  }

  private func send(_ channel: [UInt8], _ command: UInt8, _ payload: [UInt8]) {
    for report in HIDReport.all(channel: channel, command: command, payload: payload) {
      _ = write(device, report, report.count)
    }
  }

  private func answer(_ message: HIDMessage.Complete) {
    switch message.command {
    case 0x06:  // INIT: the nonce, a channel, the version, and that it can do CBOR but not U2F
      send(
        message.channel, 0x06,
        message.payload.prefix(8) + [1, 2, 3, 4] + [2, 1, 0, 0, 0x04 | 0x08])
    case 0x10:  // CBOR
      answerCBOR(message)
    case 0x11:  // CANCEL
      note(.cancelled)
      send(message.channel, 0x10, [0x2D])
    default:
      send(message.channel, 0x3F, [0x01])
    }
  }

  private func answerCBOR(_ message: HIDMessage.Complete) {
    let command = message.payload.first ?? 0
    let parameters = ConciseBinary(Array(message.payload.dropFirst()))
    let (needsTouch, touch) = state.withLock { state in
      (state.authenticator.needsTouch(command, parameters), state.touch)
    }
    if needsTouch {
      send(message.channel, 0x3B, [0x02])  // KEEPALIVE: waiting for a touch
      note(.blinks)
      switch touch {
      case .given: break
      case .ignored: return send(message.channel, 0x10, [0x2F])
      case .awaited: return
      case .pulledOut: return takeOut()
      }
    }
    let reply = state.withLock { $0.authenticator.answer(command, parameters) }
    send(message.channel, 0x10, reply)
  }
}

/// Packets of CTAP over HID (§11.2.4).
enum HIDReport {
  static let count = 64

  static func all(channel: [UInt8], command: UInt8, payload: [UInt8]) -> [[UInt8]] {
    let length = [UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    var rest = payload[...]
    var reports = [channel + [command | 0x80] + length + rest.prefix(57)]
    rest = rest.dropFirst(57)
    var sequence: UInt8 = 0
    while !rest.isEmpty {
      reports.append(channel + [sequence] + rest.prefix(59))
      rest = rest.dropFirst(59)
      sequence += 1
    }
    return reports.map { $0 + [UInt8](repeating: 0, count: count - $0.count) }
  }
}

/// A message as its packets come.
struct HIDMessage {
  struct Complete {
    var channel: [UInt8]
    var command: UInt8
    var payload: [UInt8]
  }

  private var under: Complete?
  private var count = 0

  mutating func take(_ report: [UInt8]) -> Complete? {
    let channel = Array(report.prefix(4))
    if report[4] & 0x80 != 0 {
      count = Int(report[5]) << 8 | Int(report[6])
      under = Complete(
        channel: channel, command: report[4] & 0x7F, payload: Array(report.dropFirst(7)))
    } else {
      under?.payload += report.dropFirst(5)
    }
    guard var complete = under, complete.payload.count >= count else { return nil }
    under = nil
    complete.payload = Array(complete.payload.prefix(count))
    return complete
  }
}
