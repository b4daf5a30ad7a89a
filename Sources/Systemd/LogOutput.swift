// Where log entries go: to the journal where standard error is connected to it (systemd.exec(5),
// `$JOURNAL_STREAM`), else to standard error. The variable alone says nothing, as children inherit
// it; it names a device and inode, and only where they are those of the descriptor does it hold.

internal import Glibc
public import Logging

/// The two places that log entries can go to.
public enum LogOutput: Sendable, Equatable {
  case journal
  case standardError

  /// The place that fits how this process was started.
  public static func chosen() -> LogOutput {
    guard let stream = unsafe getenv("JOURNAL_STREAM") else { return .standardError }
    return chosen(journalStream: unsafe String(cString: stream), descriptor: STDERR_FILENO)
  }

  static func chosen(journalStream: String, descriptor: Int32) -> LogOutput {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return .standardError }
    return journalStream == "\(status.st_dev):\(status.st_ino)" ? .journal : .standardError
  }

  /// A handler for `LoggingSystem.bootstrap`.
  ///
  /// - Parameters:
  ///   - label: the logger's label.
  ///   - identifier: the program's name.
  ///   - level: the lowest level that is written.
  public func handler(
    label: String, identifier: String, level: Logger.Level
  ) -> any LogHandler {
    switch self {
    case .journal: JournalLogHandler(label: label, identifier: identifier, level: level)
    case .standardError:
      StandardErrorLogHandler(label: label, identifier: identifier, level: level)
    }
  }
}
