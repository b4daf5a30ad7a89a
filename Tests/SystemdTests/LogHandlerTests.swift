// A log event as the journal's fields, and both of the encodings of those.

import Glibc
import Logging
import Testing

@testable import Systemd

@Suite("Log handlers")
struct LogHandlerTests {
  private func fields(
    _ message: Logger.Message = "hello", level: Logger.Level = .info,
    metadata: Logger.Metadata = [:], handlers: Logger.Metadata = [:], error: (any Error)? = nil
  ) -> LogFields {
    LogFields(
      LogEvent(
        level: level, message: message, error: error, metadata: metadata, source: "Test",
        file: "Test/File.swift", function: "run()", line: 7),
      label: "remedy.test", identifier: "remedyd", metadata: handlers)
  }

  private func names(_ fields: LogFields) -> [String: String] {
    Dictionary(uniqueKeysWithValues: fields.entries.map { ($0.name, $0.value) })
  }

  @Test("an entry says what, how bad, who, and where in the code")
  func standardFields() {
    #expect(
      names(fields()) == [
        "MESSAGE": "hello", "PRIORITY": "6", "SYSLOG_IDENTIFIER": "remedyd",
        "LOGGER": "remedy.test", "CODE_FILE": "Test/File.swift", "CODE_LINE": "7",
        "CODE_FUNC": "run()",
      ])
  }

  @Test(
    "levels become syslog's priorities",
    arguments: [
      (Logger.Level.trace, "7"), (.debug, "7"), (.info, "6"), (.notice, "5"), (.warning, "4"),
      (.error, "3"), (.critical, "2"),
    ])
  func priorities(level: Logger.Level, priority: String) {
    #expect(names(fields(level: level))["PRIORITY"] == priority)
  }

  @Test("metadata becomes fields, an event's own before the handler's")
  func metadata() {
    let all = names(
      fields(
        metadata: ["profile": "payroll", "peer_pid": "\(42)", "list": ["a", "b"]],
        handlers: ["profile": "other", "unit": "x.service"]))
    #expect(all["PROFILE"] == "payroll")
    #expect(all["PEER_PID"] == "42")
    #expect(all["LIST"] == "[\"a\", \"b\"]")
    #expect(all["FIELD_UNIT"] == "x.service")
  }

  @Test(
    "any metadata key becomes a name that the journal takes",
    arguments: [
      ("profile", "PROFILE"), ("peer.uid", "PEER_UID"), ("requestID", "REQUESTID"),
      ("_pid", "PID"), ("__REALTIME_TIMESTAMP", "REALTIME_TIMESTAMP"), ("1st", "FIELD_1ST"),
      ("", "FIELD"), ("___", "FIELD"), ("naïve=x\n", "NA_VE_X_"), ("message", "FIELD_MESSAGE"),
      ("MESSAGE_ID", "FIELD_MESSAGE_ID"), ("priority", "FIELD_PRIORITY"),
      ("code_file", "FIELD_CODE_FILE"), (String(repeating: "a", count: 100), nil),
    ] as [(String, String?)])
  func fieldNames(key: String, expected: String?) {
    let name = LogFields.fieldName(key)
    if let expected { #expect(name == expected) }
    #expect(name.utf8.count <= 64)
    #expect(name.allSatisfy { "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_".contains($0) })
    #expect(name.first.map { $0.isLetter } == true)
  }

  @Test("two keys that become one name are both kept")
  func collisions() {
    let all = names(fields(metadata: ["a.b": "1", "a-b": "2", "A_B": "3"]))
    #expect(Set([all["A_B"], all["A_B_2"], all["A_B_3"]]) == ["1", "2", "3"])
  }

  @Test(
    "an event's name in the metadata gives the entry its MESSAGE_ID", arguments: MessageID.allCases)
  func messageIDs(kind: MessageID) {
    let all = names(fields(metadata: [MessageID.metadataKey: "\(kind.rawValue)"]))
    #expect(all["MESSAGE_ID"] == kind.id)
    #expect(all["EVENT"] == kind.rawValue)
  }

  @Test("an unknown event has a name and no id")
  func unknownEvent() {
    let all = names(fields(metadata: ["event": "something_else"]))
    #expect(all["MESSAGE_ID"] == nil)
    #expect(all["EVENT"] == "something_else")
  }

  @Test("message ids are random UUIDs, no two alike")
  func distinctIDs() {
    let ids = MessageID.allCases.map(\.id)
    #expect(Set(ids).count == ids.count)
    for id in ids {
      #expect(id.count == 32 && id.allSatisfy { "0123456789abcdef".contains($0) })
      #expect(Array(id)[12] == "4")
    }
  }

  @Test("an error of the event is a field of its own")
  func eventError() {
    struct Broken: Error, CustomStringConvertible { var description: String { "it broke" } }
    #expect(names(fields(error: Broken()))["ERROR"] == "it broke")
  }

  // MARK: Encodings

  @Test("to the journal each field is one vector, line feeds and all")
  func journalEncoding() {
    let vectors = JournalLogHandler.encode(
      fields("two\nPRIORITY=0\nlines", metadata: ["note": "x=\ny\0z"]))
    #expect(vectors.contains(Array("MESSAGE=two\nPRIORITY=0\nlines".utf8)))
    #expect(vectors.contains(Array("NOTE=x=\ny\0z".utf8)))
    #expect(vectors.filter { $0.starts(with: Array("PRIORITY=".utf8)) }.count == 1)
    for vector in vectors {
      let name = vector.prefix { $0 != UInt8(ascii: "=") }
      #expect(name.allSatisfy { $0 != UInt8(ascii: "\n") })
    }
  }

  @Test("without a journal an entry for it is lost in silence, and nothing else happens")
  func noJournal() {
    var logger = Logger(label: "remedy.test") {
      JournalLogHandler(label: $0, identifier: "remedyd-tests", level: .info)
    }
    logger[metadataKey: "profile"] = "payroll"
    logger.info("hello", metadata: ["note": "a\nb"])
    #expect(logger[metadataKey: "profile"] == "payroll")
  }

  @Test("on standard error each entry is one line of JSON with the same fields")
  func standardErrorEncoding() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    var logger = Logger(label: "remedy.test") {
      StandardErrorLogHandler(
        label: $0, identifier: "remedyd", level: .info, descriptor: ends[1])
    }
    logger[metadataKey: "profile"] = "payroll"
    logger.debug("not shown")
    logger.error("two\nlines", metadata: ["event": "token_refused"])
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(ends[0], &bytes, bytes.count)
    let line = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    #expect(line.hasPrefix("{\"__REALTIME_TIMESTAMP\":\""))
    #expect(line.hasSuffix("}\n"))
    #expect(line.filter { $0 == "\n" }.count == 1)
    for member in [
      "\"MESSAGE\":\"two\\nlines\"", "\"PRIORITY\":\"3\"", "\"PROFILE\":\"payroll\"",
      "\"MESSAGE_ID\":\"\(MessageID.tokenRefused.id)\"", "\"EVENT\":\"token_refused\"",
      "\"SYSLOG_IDENTIFIER\":\"remedyd\"",
    ] {
      #expect(line.contains(member), "\(member)")
    }
  }

  @Test("no character of a value can end the line, the string, or upset a terminal")
  func quoting() {
    #expect(StandardErrorLogHandler.quote("a\"b\\c") == "\"a\\\"b\\\\c\"")
    #expect(StandardErrorLogHandler.quote("\n\r\t") == "\"\\n\\r\\t\"")
    for value in Array(0...0x1F) + Array(0x7F...0x9F) + [0x2028, 0x2029] as [UInt32] {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let quoted = StandardErrorLogHandler.quote(String(scalar))
      #expect(!quoted.unicodeScalars.contains(scalar), "U+\(String(value, radix: 16))")
      #expect(quoted.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }
    #expect(StandardErrorLogHandler.quote("\u{1b}[31m") == "\"\\u001b[31m\"")
    #expect(StandardErrorLogHandler.quote("naïve 名") == "\"naïve 名\"")
  }

  @Test("the chosen output makes the handler that fits it")
  func handlers() {
    let journal = LogOutput.journal.handler(label: "a", identifier: "b", level: .trace)
    let other = LogOutput.standardError.handler(label: "a", identifier: "b", level: .error)
    #expect(journal is JournalLogHandler && journal.logLevel == .trace)
    #expect(other is StandardErrorLogHandler && other.logLevel == .error)
  }
}
