// Log entries without systemd: one JSON object a line on standard error, with the journal's fields.

// Not for libsystemd: `timespec` is in its headers too, and which of the two modules it is taken from
// depends on what is compiled beside this file.
internal import CSystemd
internal import Glibc
public import Logging
internal import Synchronization

/// A swift-log handler that writes one JSON object a line.
public struct StandardErrorLogHandler: LogHandler {
  /// Fields that every entry of this logger has.
  public var metadata: Logger.Metadata = [:]
  /// Gives fields anew for each entry; those of the logger win over them.
  public var metadataProvider: Logger.MetadataProvider?
  /// The lowest level that is written.
  public var logLevel: Logger.Level

  private let label: String
  private let identifier: String
  private let descriptor: Int32

  /// A line longer than a pipe takes at once must not be broken up by another thread's.
  private static let turn = Mutex(())

  /// - Parameters:
  ///   - label: the logger's label, for the field `LOGGER`.
  ///   - identifier: the program's name, for `SYSLOG_IDENTIFIER`.
  ///   - level: the lowest level that is written.
  ///   - descriptor: where to write; standard error.
  public init(
    label: String, identifier: String, level: Logger.Level, descriptor: Int32 = 2
  ) {
    self.label = label
    self.identifier = identifier
    self.descriptor = descriptor
    logLevel = level
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let all = (metadataProvider?.get() ?? [:]).merging(metadata) { $1 }
    let fields = LogFields(event, label: label, identifier: identifier, metadata: all)
    let line = Array(Self.encode(fields, at: Self.microseconds()).utf8)
    Self.turn.withLock { _ in Self.write(line, to: descriptor) }
  }

  /// One JSON object and a line feed. The time has the name that `journalctl -o json` gives it.
  static func encode(_ fields: LogFields, at microseconds: Int64) -> String {
    let time = "\"__REALTIME_TIMESTAMP\":\"\(microseconds)\""
    let members = fields.entries.map { "\"\($0.name)\":\(quote($0.value))" }
    return "{\(([time] + members).joined(separator: ","))}\n"
  }

  /// A JSON string in which every control character is escaped, those of terminals (DEL and C1)
  /// and the line separators of Unicode included, though JSON would let them stand.
  static func quote(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  private static func microseconds() -> Int64 {
    var now = timespec()
    guard unsafe clock_gettime(CLOCK_REALTIME, &now) == 0 else { return 0 }
    return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
  }

  /// A line that cannot be written is lost: there is nowhere left to say so.
  private static func write(_ line: [UInt8], to descriptor: Int32) {
    unsafe line.withUnsafeBytes { bytes in
      var count = 0
      while count < bytes.count {
        let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[count...])
        let written = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return }
        count += written
      }
    }
  }
}
