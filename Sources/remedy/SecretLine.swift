// One secret asked for outside of a prompt: the vault's passphrase. With a terminal it is typed there
// without echo; without one it is a line of standard input.

internal import Glibc
internal import Secrets

/// Asks for a line that nobody may see.
enum SecretLine {
  /// The line that was typed or piped in.
  ///
  /// - Throws: `cancelled`, `terminalGone`.
  static func ask(_ question: TerminalText) throws(Failure) -> Secret {
    guard let terminal = Terminal() else { return piped() }
    terminal.enter()
    defer { terminal.leave() }
    terminal.write(question)
    var line = LineEditor(isSecret: true)
    while true {
      let keys = isTyped(at: terminal) ? terminal.keys() : []
      for signal in TerminalSignals.received() {
        switch signal {
        case SIGINT:
          terminal.write("\n")
          throw .cancelled
        case SIGTSTP:
          terminal.write("\n")
          terminal.suspend()
          terminal.write(question)
        default:
          terminal.resume()
          terminal.write(terminal.style.freshLine + question)
        }
      }
      guard let keys else { throw .terminalGone }
      for key in keys {
        switch key {
        case .enter:
          terminal.write("\n")
          return Secret(line.text)
        case .endOfInput where line.isEmpty:
          terminal.write("\n")
          throw .cancelled
        case .unreadable:
          terminal.write("\n  " + Key.unreadableWords + "\n" + question)
        default:
          _ = line.edit(key)
        }
      }
    }
  }

  /// Waits for a key or a signal, whichever comes first: a signal between two reads is not missed.
  private static func isTyped(at terminal: Terminal) -> Bool {
    var entries = [terminal.descriptor, TerminalSignals.descriptor].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    return unsafe poll(&entries, nfds_t(entries.count), -1) > 0 && entries[0].revents != 0
  }

  private static func piped() -> Secret {
    let longest = 1024
    var count = 0
    let bytes = Secret(count: longest) { span in
      unsafe span.withUnsafeMutableBytes { buffer in
        while count < buffer.count, let start = buffer.baseAddress,
          unsafe read(STDIN_FILENO, start + count, 1) == 1,
          unsafe buffer[count] != UInt8(ascii: "\n")
        {
          count += 1
        }
      }
    }
    return bytes.prefix(count)
  }
}
