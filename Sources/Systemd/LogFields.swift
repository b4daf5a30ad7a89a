// A log event as the journal's fields: one mapping for both outputs, so that a line on standard
// error says what the journal would.

internal import Logging

/// The fields of one log entry, in order, no name twice.
///
/// A name is `A-Z`, `0-9` and `_`, begins with a letter and has at most 64 characters, as the
/// journal asks (a leading `_` is its own). A value is any text, line feeds included: what keeps
/// values apart is the output's encoding, not a promise about their characters.
struct LogFields {
  private(set) var entries: [(name: String, value: String)] = []
  private var names: Set<String> = []

  /// Names that metadata cannot take, because they mean something else.
  private static let reserved: Set<String> = [
    "MESSAGE", "MESSAGE_ID", "PRIORITY", "CODE_FILE", "CODE_LINE", "CODE_FUNC", "ERRNO", "LOGGER",
    "SYSLOG_IDENTIFIER", "SYSLOG_FACILITY", "SYSLOG_PID", "SYSLOG_TIMESTAMP", "SYSLOG_RAW",
    "DOCUMENTATION", "TID", "INVOCATION_ID", "USER_INVOCATION_ID", "UNIT", "USER_UNIT", "ERROR",
  ]

  /// - Parameters:
  ///   - metadata: what the handler and its provider add; the event's own goes before it.
  init(_ event: LogEvent, label: String, identifier: String, metadata: Logger.Metadata) {
    let metadata = metadata.merging(event.metadata ?? [:]) { $1 }
    add("MESSAGE", event.message.description)
    add("PRIORITY", String(Self.priority(event.level)))
    if case .some(let kind) = metadata[MessageID.metadataKey],
      let messageID = MessageID(rawValue: kind.description)
    {
      add("MESSAGE_ID", messageID.id)
    }
    add("SYSLOG_IDENTIFIER", identifier)
    add("LOGGER", label)
    add("CODE_FILE", event.file)
    add("CODE_LINE", String(event.line))
    add("CODE_FUNC", event.function)
    if let error = event.error { add("ERROR", "\(error)") }
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      addUnique(Self.fieldName(key), value.description)
    }
  }

  private mutating func add(_ name: String, _ value: String) {
    names.insert(name)
    entries.append((name, value))
  }

  /// Two keys may become one name; the later one gets a number.
  private mutating func addUnique(_ name: String, _ value: String) {
    var unique = name
    var number = 2
    while names.contains(unique) {
      unique = "\(name.prefix(60))_\(number)"
      number += 1
    }
    add(unique, value)
  }

  /// Syslog's number for a level, from 7 (debug) to 2 (critical).
  static func priority(_ level: Logger.Level) -> Int {
    switch level {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }

  /// The field that a metadata key becomes.
  static func fieldName(_ key: String) -> String {
    var name = ""
    for scalar in key.unicodeScalars {
      switch scalar {
      case "A"..."Z", "0"..."9": name.unicodeScalars.append(scalar)
      case "a"..."z": name += String(scalar).uppercased()
      default: name += "_"
      }
    }
    name = String(name.drop { $0 == "_" }.prefix(60))
    guard let first = name.first else { return "FIELD" }
    return first.isNumber || reserved.contains(name) ? "FIELD_\(name.prefix(54))" : name
  }
}
