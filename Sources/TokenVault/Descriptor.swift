// One open file, closed once, and the loops that `read(2)` and `write(2)` ask of whoever calls
// them: a signal may interrupt either, and either may do less than it was asked.

internal import Glibc

/// An open file descriptor that is closed when it goes out of scope.
struct Descriptor: ~Copyable {
  /// Why a call failed, as the kernel's own number.
  struct Failure: Error, Equatable {
    let code: Int32
  }

  let number: Int32

  /// Opens `path` relative to `folder` (`nil`: the working folder); never follows a link at its
  /// end, and no child process inherits it.
  init(
    _ path: String, in folder: Int32? = nil, flags: Int32, mode: mode_t = 0
  ) throws(Failure) {
    number = try Self.untilDone {
      unsafe openat(folder ?? AT_FDCWD, path, flags | O_CLOEXEC | O_NOFOLLOW, mode)
    }
  }

  deinit { _ = close(number) }

  /// Closes it and says how that went: an error of a delayed write may show only here.
  consuming func finish() throws(Failure) {
    let number = number
    discard self
    // Not repeated after EINTR: Linux has let go of the number by then.
    guard close(number) == 0 || errno == EINTR else { throw Failure(code: errno) }
  }

  func status() throws(Failure) -> stat {
    var status = stat()
    try Self.untilDone { unsafe fstat(number, &status) }
    return status
  }

  /// Fills the span from the file, as far as the file goes; returns how many bytes came.
  func read(into span: inout MutableSpan<UInt8>) throws(Failure) -> Int {
    try unsafe span.withUnsafeMutableBytes { (buffer) throws(Failure) -> Int in
      var count = 0
      while count < buffer.count {
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
        let got = try Self.untilDone { unsafe Glibc.read(number, rest.baseAddress, rest.count) }
        if got == 0 { break }
        count += got
      }
      return count
    }
  }

  func write(_ bytes: Span<UInt8>) throws(Failure) {
    try unsafe bytes.withUnsafeBytes { (buffer) throws(Failure) in
      var count = 0
      while count < buffer.count {
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[count...])
        count += try Self.untilDone { unsafe Glibc.write(number, rest.baseAddress, rest.count) }
      }
    }
  }

  /// Asks for all of it to be on the disk. An error is final: the kernel may have dropped the
  /// pages that it could not write, so that a second call would say that all is well.
  func synchronize() throws(Failure) {
    try Self.untilDone { fsync(number) }
  }

  /// Repeats a call that a signal interrupted; any other error is thrown.
  @discardableResult
  static func untilDone<Number: SignedInteger>(
    _ call: () -> Number
  ) throws(Failure) -> Number {
    while true {
      let result = call()
      if result >= 0 { return result }
      let code = errno
      if code != EINTR { throw Failure(code: code) }
    }
  }
}
