// A passphrase, read at the terminal without echo, or from standard input where there is none.

internal import Glibc
internal import Secrets

/// Asks for passphrases.
enum Passphrase {
  /// One line; empty where none comes.
  static func read(_ question: String) -> Secret {
    let terminal = unsafe open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard terminal >= 0 else { return line(of: STDIN_FILENO) }
    defer { _ = close(terminal) }
    var before = termios()
    let isTerminal = unsafe tcgetattr(terminal, &before) == 0
    var silent = before
    silent.c_lflag &= ~tcflag_t(ECHO)
    if isTerminal { _ = unsafe tcsetattr(terminal, TCSAFLUSH, &silent) }
    write(question, to: terminal)
    let passphrase = line(of: terminal)
    if isTerminal { _ = unsafe tcsetattr(terminal, TCSAFLUSH, &before) }
    write("\n", to: terminal)
    return passphrase
  }

  /// One that is to be: the same twice at a terminal, and not empty; `nil` where it is not so.
  static func readNew() -> Secret? {
    let first = read("new passphrase: ")
    guard first.count > 0 else { return nil }
    return !hasTerminal || read("the same again: ") == first ? first : nil
  }

  private static var hasTerminal: Bool {
    let terminal = unsafe open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard terminal >= 0 else { return false }
    _ = close(terminal)
    return true
  }

  /// The bytes up to a line feed, which go into guarded memory one by one.
  private static func line(of descriptor: Int32) -> Secret {
    let longest = 1024
    var count = 0
    let bytes = Secret(count: longest) { span in
      unsafe span.withUnsafeMutableBytes { buffer in
        while count < buffer.count, let start = buffer.baseAddress,
          unsafe Glibc.read(descriptor, start + count, 1) == 1,
          unsafe buffer[count] != UInt8(ascii: "\n")
        {
          count += 1
        }
      }
    }
    return bytes.prefix(count)
  }

  private static func write(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    _ = unsafe Glibc.write(descriptor, bytes, bytes.count)
  }
}
