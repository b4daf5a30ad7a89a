// The terminal in front of the person, which is `/dev/tty` and never standard output: a script that
// captures the token still shows the prompts.
//
// 1. While prompts are shown the terminal gives keys one by one and echoes nothing; whatever should
//    be seen is written by us. So no secret can be echoed by oversight.
// 2. What the terminal was before is put back on every way out: by `leave`, and in the signal
//    handlers (`TerminalSignals`) for the ways that pass it by.
// 3. A process in the background does not own the keyboard: for it there is no terminal.

internal import Glibc

/// The controlling terminal, open for prompts.
final class Terminal {
  let descriptor: CInt
  /// As it was when prompts were last begun to be shown.
  private(set) var style: Style
  private var decoder = KeyDecoder()
  private var isEntered = false

  /// `nil` where there is no terminal, or where this process is in its background.
  init?() {
    let descriptor = unsafe open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    guard isatty(descriptor) == 1, tcgetpgrp(descriptor) == getpgrp() else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
    style = Style(terminal: descriptor)
  }

  deinit {
    leave()
    close(descriptor)
  }

  /// Begins to take keys one by one, without echo. What was typed before is dropped: it was not
  /// meant for this prompt.
  func enter() {
    guard !isEntered else { return }
    style = Style(terminal: descriptor)
    isEntered = TerminalSignals.guardTerminal(descriptor)
  }

  /// Gives the terminal back as it was.
  func leave() {
    guard isEntered else { return }
    isEntered = false
    TerminalSignals.releaseTerminal()
  }

  /// Stops, as Control-Z asks, with the terminal given back; comes back when the shell says so.
  func suspend() {
    guard isEntered else { return }
    leave()
    raise(SIGTSTP)
    enter()
  }

  /// Takes the keyboard again after somebody else stopped and continued the process.
  func resume() {
    guard isEntered else { return }
    leave()
    enter()
  }

  /// Drops what was typed ahead.
  func flush() {
    tcflush(descriptor, TCIFLUSH)
    decoder.reset()
  }

  /// Writes all of it; `false` where the terminal is gone.
  @discardableResult
  func write(_ text: TerminalText) -> Bool {
    writeAll(text.text, to: descriptor)
  }

  /// The keys that were pressed, without waiting for more than the first; `nil` where the terminal
  /// is gone.
  func keys() -> [Key]? {
    var buffer = [UInt8](repeating: 0, count: 1024)
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe read(descriptor, bytes.baseAddress, bytes.count)
    }
    defer { for index in buffer.indices { buffer[index] = 0 } }
    if count < 0 { return errno == EINTR || errno == EAGAIN ? [] : nil }
    return count == 0 ? nil : decoder.keys(from: buffer.prefix(count))
  }
}

extension Style {
  /// Of that terminal, as `NO_COLOR` and `TERM` have it.
  init(terminal descriptor: CInt) {
    let kind = environment("TERM") ?? "dumb"
    let canMove = kind != "dumb" && kind != ""
    var size = winsize()
    let isKnown = unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    self.init(
      hasColour: canMove && (environment("NO_COLOR") ?? "").isEmpty, canMove: canMove,
      hasBlocks: Self.isUTF8(
        ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment($0) }.first { !$0.isEmpty }),
      width: isKnown ? max(20, Int(size.ws_col)) : 80)
  }

  /// Whether a locale's name leaves UTF-8 open: one that names another character set does not.
  static func isUTF8(_ locale: String?) -> Bool {
    guard let set = locale?.split(separator: "@").first?.split(separator: ".").dropFirst().first
    else { return true }
    return ["utf-8", "utf8"].contains(set.lowercased())
  }
}

/// An environment variable; `nil` where it is not set.
func environment(_ name: String) -> String? {
  unsafe getenv(name).map { unsafe String(cString: $0) }
}

/// Writes all of a text to a descriptor; `false` where that cannot be done.
@discardableResult
func writeAll(_ text: String, to descriptor: CInt) -> Bool {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = unsafe rest.withUnsafeBytes { bytes in
      unsafe write(descriptor, bytes.baseAddress, bytes.count)
    }
    if count > 0 {
      rest = rest.dropFirst(count)
    } else if errno != EINTR {
      return false
    }
  }
  return true
}
