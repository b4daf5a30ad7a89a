// Secrets that systemd hands to this service alone (`LoadCredential=` and its kin, systemd.exec(5)).

internal import Glibc

/// The service's credentials.
public enum Credentials {
  /// The most that systemd lets all credentials of a service hold together; one is no larger.
  public static let largest = 1 << 20

  /// Why a credential is not there.
  public enum Failure: Error, Equatable, Sendable {
    /// The service was given no credential of that name (or no credentials at all).
    case missing(name: String)
    /// It is larger than `largest`.
    case tooLarge(path: String)
    /// It is there and cannot be read.
    case unreadable(path: String, errno: Int32)
  }

  /// The folder that holds them: `$CREDENTIALS_DIRECTORY`, `nil` where there are none.
  public static var directory: String? {
    guard let path = unsafe getenv("CREDENTIALS_DIRECTORY") else { return nil }
    let text = unsafe String(cString: path)
    return text.isEmpty ? nil : text
  }

  /// Lends the bytes of one credential to `body`, and wipes them when it returns.
  ///
  /// - Parameter directory: the folder to look in, `Credentials.directory` unless a test says else.
  /// - Throws: `Failure`.
  public static func withBytes<Result>(
    of name: String, in directory: String? = Credentials.directory,
    _ body: (Span<UInt8>) -> Result
  ) throws(Failure) -> Result {
    guard let directory, !name.isEmpty, name != ".", name != "..", !name.contains("/"),
      !name.utf8.contains(0)
    else { throw .missing(name: name) }
    let path = "\(directory)/\(name)"
    let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard number >= 0 else {
      if errno == ENOENT { throw .missing(name: name) }
      throw .unreadable(path: path, errno: errno)
    }
    defer { _ = close(number) }
    var status = stat()
    guard unsafe fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(path: path, errno: EINVAL)
    }
    guard status.st_size <= largest else { throw .tooLarge(path: path) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, Int(status.st_size)), alignment: 1)
    defer {
      if let start = buffer.baseAddress { unsafe explicit_bzero(start, buffer.count) }
      unsafe buffer.deallocate()
    }
    let count = try unsafe fill(buffer, upTo: Int(status.st_size), from: number, path: path)
    let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
    return unsafe bytes.withMemoryRebound(to: UInt8.self) { unsafe body($0.span) }
  }

  private static func fill(
    _ buffer: UnsafeMutableRawBufferPointer, upTo size: Int, from number: Int32, path: String
  ) throws(Failure) -> Int {
    var count = 0
    while count < size {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[count..<size])
      let got = unsafe read(number, rest.baseAddress, rest.count)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .unreadable(path: path, errno: errno) }
      if got == 0 { break }
      count += got
    }
    return count
  }
}
