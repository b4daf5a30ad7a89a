// Outgoing bytes between an answer and the kernel. Tokens pass through here, so the memory is our
// own: no array that a copy-on-write duplicates, no buffer that outlives its write. What has been
// sent is wiped.

internal import CLinux
internal import Glibc
internal import JSONRPC
internal import NIOCore

/// A queue of bytes that wipes what it gives away.
@safe
final class OutputBuffer: ByteSink {
  private var start: UnsafeMutableRawPointer
  private(set) var capacity: Int
  /// Where the bytes that wait begin.
  private var head = 0
  /// How many bytes wait.
  private(set) var count = 0

  init(capacity: Int) {
    unsafe start = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    self.capacity = capacity
  }

  deinit {
    unsafe remedy_wipe(start + head, count)
    unsafe start.deallocate()
  }

  func append(_ bytes: Span<UInt8>) {
    makeRoom(for: bytes.count)
    let end = unsafe start + head + count
    unsafe bytes.withUnsafeBufferPointer { source in
      if let address = source.baseAddress {
        unsafe end.copyMemory(from: address, byteCount: source.count)
      }
    }
    count += bytes.count
  }

  /// Gives as much to the socket as it takes.
  ///
  /// - Returns: `true` when all is sent or the socket is full, `false` when it is broken.
  func send(to descriptor: CInt) -> Bool {
    while count > 0 {
      let sent = unsafe remedy_send(descriptor, start + head, count)
      guard sent > 0 else { return errno == EAGAIN || errno == EWOULDBLOCK || sent == 0 }
      drop(sent)
    }
    return true
  }

  /// Takes up to `limit` bytes out, for NIO to send. The caller wipes them.
  func take(upTo limit: Int) -> ByteBuffer {
    let length = min(limit, count)
    let bytes = unsafe UnsafeRawBufferPointer(start: start + head, count: length)
    let buffer = unsafe ByteBuffer(bytes: bytes)
    drop(length)
    return buffer
  }

  private func drop(_ length: Int) {
    unsafe remedy_wipe(start + head, length)
    count -= length
    head = count == 0 ? 0 : head + length
  }

  private func makeRoom(for length: Int) {
    guard head + count + length > capacity else { return }
    let grown = max(count + length, count + length > capacity / 2 ? 2 * capacity : capacity)
    let fresh = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
    unsafe fresh.copyMemory(from: start + head, byteCount: count)
    unsafe remedy_wipe(start + head, count)
    unsafe start.deallocate()
    unsafe start = fresh
    capacity = grown
    head = 0
  }
}

extension ByteBuffer {
  /// Zeroes the readable bytes where they lie. The mutating access of `ByteBuffer` would copy
  /// bytes that NIO's pool refers to as well, and wipe the copy.
  func wipe() {
    unsafe withUnsafeReadableBytes { bytes in
      if let start = bytes.baseAddress {
        unsafe remedy_wipe(UnsafeMutableRawPointer(mutating: start), bytes.count)
      }
    }
  }
}
