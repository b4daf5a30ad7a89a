// What goes to standard output and standard error. Standard output is data and nothing else.

internal import Glibc
internal import JSON
internal import Secrets

/// The two streams that are not the terminal.
enum Output {
  /// Writes data for people to standard output.
  static func write(_ text: TerminalText) throws(Failure) {
    guard writeAll(text.text, to: STDOUT_FILENO) else { throw .outputLost }
  }

  /// Writes a value to standard output, on one line.
  static func write(_ value: JSONValue) throws(Failure) {
    guard writeAll(line(value), to: STDOUT_FILENO) else { throw .outputLost }
  }

  /// Writes a secret and a line end to standard output, from where it lies.
  static func write(_ secret: Secret) throws(Failure) {
    let isWritten = secret.withBytes { span in
      var rest = span
      while !rest.isEmpty {
        let count = unsafe rest.withUnsafeBytes { bytes in
          unsafe Glibc.write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
        }
        if count > 0 {
          rest = rest.extracting(droppingFirst: count)
        } else if errno != EINTR {
          return false
        }
      }
      return writeAll("\n", to: STDOUT_FILENO)
    }
    guard isWritten else { throw .outputLost }
  }

  /// Says something to people on standard error.
  static func say(_ text: TerminalText) {
    writeAll(text.text, to: STDERR_FILENO)
  }

  /// Says how it failed, to people or, as JSON, to programs.
  static func say(_ failure: Failure, asJSON: Bool) {
    if asJSON {
      writeAll(line(failure.json), to: STDERR_FILENO)
    } else {
      say(failure.text(style: errorStyle))
    }
  }

  /// Of standard error, plain where that is no terminal.
  private static var errorStyle: Style {
    isatty(STDERR_FILENO) == 1
      ? Style(terminal: STDERR_FILENO) : Style(hasColour: false, canMove: false, width: 80)
  }

  /// The value on one line of JSON in which every character that a terminal would obey, or not
  /// show, is escaped: standard output may well be a terminal.
  static func line(_ value: JSONValue) -> String {
    var line = ""
    // Such characters stand in strings only, where an escape means the same.
    for scalar in JSONWriter.text(value).unicodeScalars {
      if TerminalText.isHidden(scalar) {
        for unit in String(Character(scalar)).utf16 {
          let digits = String(unit, radix: 16)
          line += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      } else {
        line.unicodeScalars.append(scalar)
      }
    }
    return line + "\n"
  }
}
