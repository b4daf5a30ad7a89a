// A secret for the command comes from a file or from standard input, never from its arguments: those
// can be read by every process of the machine (/proc/PID/cmdline), and stay in the shell's history.

internal import Glibc
internal import Secrets

/// A file with one line in it.
enum SecretFile {
  /// Tokens of mails are some dozens of characters.
  private static let longest = 8192

  /// The first line, without its end and blanks around it.
  ///
  /// - Parameters:
  ///   - path: `-` for standard input.
  ///   - option: for the words of a failure.
  static func read(_ path: String, option: String) throws(Failure) -> Secret {
    let isInput = path == "-"
    let descriptor = isInput ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure.unreadable(option: option, path: path, why: words(of: errno))
    }
    defer { if !isInput { close(descriptor) } }
    var bytes = [UInt8](repeating: 0, count: longest)
    defer { unsafe explicit_bzero(&bytes, bytes.count) }
    var count = 0
    while count < longest {
      let taken = unsafe bytes.withUnsafeMutableBytes { room in
        unsafe Glibc.read(
          descriptor, room.baseAddress?.advanced(by: count), room.count - count)
      }
      if taken < 0, errno == EINTR { continue }
      guard taken >= 0 else {
        throw Failure.unreadable(option: option, path: path, why: words(of: errno))
      }
      count += taken
      if taken == 0 || bytes[..<count].contains(UInt8(ascii: "\n")) { break }
    }
    let line = bytes[..<count].prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    let start = line.drop(while: isBlank)
    let end = start.lastIndex { !isBlank($0) }.map { start[...$0] } ?? []
    guard !end.isEmpty, String(validating: end, as: UTF8.self) != nil else {
      throw Failure.unreadable(option: option, path: path, why: "there is no token in it")
    }
    return Secret(copying: end)
  }

  private static func words(of number: CInt) -> String {
    unsafe String(cString: strerror(number))
  }
}
