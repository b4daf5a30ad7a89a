// JSON as text, for the lines and requests of these tests.

import JSON

enum JSONBytes {
  static func of(_ value: JSONValue) -> [UInt8] { JSONWriter.bytes(value) }
  static func value(_ text: String) throws -> JSONValue { try JSONParser.parse(Array(text.utf8)) }
}
