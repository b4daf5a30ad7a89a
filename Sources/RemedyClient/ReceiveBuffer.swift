// What has come from the broker and is not read yet. There may be tokens in it, so it is memory of
// our own, and every byte is wiped when its line has been read.

internal import Glibc

/// Bytes on their way from the socket to a message, one line after the other.
@safe
final class ReceiveBuffer {
  /// How long a message may be. The broker's lines are far shorter: a prompt with a QR code has
  /// some 20 KiB.
  static let limit = 16 << 20

  private var storage: UnsafeMutableRawBufferPointer
  /// Where the first line that is not read begins.
  private var start = 0
  /// Where the bytes end.
  private var end = 0
  /// Up to where there is no line end.
  private var searched = 0

  init(capacity: Int = 16 << 10) {
    unsafe storage = .allocate(byteCount: capacity, alignment: 1)
  }

  deinit {
    if let base = unsafe storage.baseAddress { unsafe explicit_bzero(base, storage.count) }
    unsafe storage.deallocate()
  }

  /// Whether a whole line is there.
  var hasLine: Bool { lineEnd() != nil }

  /// Reads the next whole line, without its LF, and wipes it; `nil` where there is none yet.
  func takeLine<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard let lineEnd = lineEnd() else { return nil }
    let line = start
    defer {
      if let base = unsafe storage.baseAddress {
        unsafe explicit_bzero(base + line, lineEnd - line)
      }
      start = lineEnd + 1
      searched = start
      if start == end { (start, end, searched) = (0, 0, 0) }
    }
    return try body(unsafe Span<UInt8>(_bytes: storage.bytes.extracting(line..<lineEnd)))
  }

  private func lineEnd() -> Int? {
    while searched < end {
      if unsafe storage[searched] == UInt8(ascii: "\n") { return searched }
      searched += 1
    }
    return nil
  }

  /// Takes what the socket has, without waiting.
  ///
  /// - Returns: the result of `recv(2)`: how many bytes came, 0 at the end, -1 with `errno`.
  func receive(from descriptor: CInt) -> Int {
    makeRoom()
    guard let base = unsafe storage.baseAddress else { return 0 }
    let count = unsafe recv(descriptor, base + end, storage.count - end, CInt(MSG_DONTWAIT))
    if count > 0 { end += count }
    return count
  }

  /// Whether the line that is coming is longer than any message.
  var isOverLong: Bool { end - start > Self.limit }

  /// Makes sure that something can be received: moves what is left to the front, or to a larger
  /// place, and wipes where it was.
  private func makeRoom() {
    guard unsafe storage.count == end, let base = unsafe storage.baseAddress else { return }
    let count = end - start
    if start > 0 {
      unsafe base.copyMemory(from: base + start, byteCount: count)
      unsafe explicit_bzero(base + count, end - count)
    } else {
      let larger = unsafe UnsafeMutableRawBufferPointer.allocate(
        byteCount: storage.count * 2, alignment: 1)
      unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[0..<count]))
      unsafe explicit_bzero(base, end)
      unsafe storage.deallocate()
      unsafe storage = larger
    }
    searched -= start
    (start, end) = (0, count)
  }
}
