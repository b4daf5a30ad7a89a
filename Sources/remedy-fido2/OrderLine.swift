// What the command says on standard input, read by a thread of its own: the program must notice that
// nobody hears it any more while the key waits for a touch, which can take half a minute.
//
// 1. Standard input at its end means that the command is gone, or wants no more: every key that waits
//    for a touch is told to stop blinking, and the process ends at once.
// 2. The keys under way are known here under a lock, so that none is told to stop while it is being
//    closed.

internal import CFido2
internal import CLinux
internal import Glibc
internal import JSON
internal import SecurityKeys
internal import Synchronization

/// Lines in, by a thread.
final class OrderLine: Sendable {
  /// Longer lines are no orders: a request's lists are bounded, and a PIN has 63 bytes.
  private static let lineLimit = 256 * 1024

  private struct State {
    var orders: [KeyOrder] = []
    /// `fido_dev_t *` of each key that is asked.
    var keys: [UInt] = []
  }

  private let state = Mutex(State())
  /// One byte an order.
  private let bell: (read: CInt, write: CInt)

  /// Begins to read.
  init() {
    var ends: (CInt, CInt) = (-1, -1)
    _ = unsafe withUnsafeMutableBytes(of: &ends) { bytes in
      unsafe pipe(bytes.assumingMemoryBound(to: CInt.self).baseAddress)
    }
    bell = (ends.0, ends.1)
    let context = unsafe Unmanaged.passRetained(self).toOpaque()
    var thread = pthread_t()
    let started = unsafe pthread_create(
      &thread, nil,
      { context in
        if let context = unsafe context {
          unsafe Unmanaged<OrderLine>.fromOpaque(context).takeRetainedValue().readAll()
        }
        return nil
      }, context)
    // Without it nobody would notice the end.
    if started != 0 { _exit(1) }
  }

  /// The next order; waits for it.
  func next() -> KeyOrder? {
    var byte: UInt8 = 0
    while unsafe read(bell.read, &byte, 1) < 0 {
      guard errno == EINTR else { return nil }
    }
    return state.withLock { state in state.orders.isEmpty ? nil : state.orders.removeFirst() }
  }

  /// Says which keys are asked from now on, so that they can be stopped.
  func attend(_ keys: [OpaquePointer]) {
    let addresses = unsafe keys.map { UInt(bitPattern: $0) }
    state.withLock { $0.keys = addresses }
  }

  private func readAll() {
    var line: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe read(0, bytes.baseAddress, bytes.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { end() }
      for byte in buffer.prefix(count) {
        if byte == UInt8(ascii: "\n") {
          take(line)
          Self.wipe(&line)
          line = []
        } else if line.count < Self.lineLimit {
          line.append(byte)
        } else {
          end()
        }
      }
      Self.wipe(&buffer)
    }
  }

  private func take(_ line: [UInt8]) {
    // What is no order is answered as a request without anything in it.
    let order = KeyOrder(line: line) ?? .request(.null)
    state.withLock { $0.orders.append(order) }
    var byte: UInt8 = 1
    _ = unsafe write(bell.write, &byte, 1)
  }

  private func end() -> Never {
    state.withLock { state in
      for address in state.keys {
        if let key = unsafe OpaquePointer(bitPattern: address) { _ = unsafe fido_dev_cancel(key) }
      }
      _exit(1)
    }
  }

  private static func wipe(_ bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { bytes in
      if let base = bytes.baseAddress { unsafe remedy_wipe(base, bytes.count) }
    }
  }
}
