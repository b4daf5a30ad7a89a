// Log entries for the journal, by `sd_journal_sendv(3)`: each field as a vector of its own, which
// libsystemd encodes with a length where the value has line feeds. So no value can pass for a
// field or an entry of its own.

internal import CSystemd
internal import Glibc
public import Logging

/// A swift-log handler that writes structured entries to the journal.
public struct JournalLogHandler: LogHandler {
  /// Fields that every entry of this logger has.
  public var metadata: Logger.Metadata = [:]
  /// Gives fields anew for each entry; those of the logger win over them.
  public var metadataProvider: Logger.MetadataProvider?
  /// The lowest level that is written.
  public var logLevel: Logger.Level

  private let label: String
  private let identifier: String

  /// - Parameters:
  ///   - label: the logger's label, for the field `LOGGER`.
  ///   - identifier: the program's name, for `SYSLOG_IDENTIFIER`.
  ///   - level: the lowest level that is written.
  public init(label: String, identifier: String, level: Logger.Level) {
    self.label = label
    self.identifier = identifier
    logLevel = level
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let all = (metadataProvider?.get() ?? [:]).merging(metadata) { $1 }
    let fields = LogFields(event, label: label, identifier: identifier, metadata: all)
    Self.send(Self.encode(fields))
  }

  /// Each field as `NAME=value`.
  static func encode(_ fields: LogFields) -> [[UInt8]] {
    fields.entries.map { Array("\($0.name)=\($0.value)".utf8) }
  }

  /// An entry that the journal does not take is lost: there is nowhere left to say so.
  private static func send(_ fields: [[UInt8]]) {
    // One block for all bytes, so that every vector points into memory that outlives the call.
    var block = fields.flatMap(\.self)
    unsafe block.withUnsafeMutableBytes { bytes in
      var start = 0
      var vectors: [iovec] = unsafe []
      for field in fields {
        let part = unsafe UnsafeMutableRawBufferPointer(
          rebasing: bytes[start..<start + field.count])
        unsafe vectors.append(iovec(iov_base: part.baseAddress, iov_len: part.count))
        start += field.count
      }
      _ = unsafe sd_journal_sendv(vectors, Int32(vectors.count))
    }
  }
}
