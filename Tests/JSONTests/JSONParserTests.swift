// What the parser takes and what it refuses, in both of its moods.

import JSON
import Testing

@Suite("JSON text")
struct JSONParserTests {
  @Test(
    "every kind of value is read",
    arguments: [
      ("null", JSONValue.null), ("true", true), ("false", false), ("0", 0), ("-12", -12),
      (#""""#, ""), (#""a b""#, "a b"), ("[]", []), ("{}", [:]), (" [ 1 , 2 ] ", [1, 2]),
      ("{\"a\" : {\"b\":[null]} }\r\n", ["a": ["b": [.null]]]),
    ] as [(String, JSONValue)])
  func values(text: String, value: JSONValue) throws {
    #expect(try JSONParser.parse(text) == value)
  }

  @Test("members keep their order")
  func order() throws {
    let object = try #require(JSONParser.parse(#"{"z":1,"a":2,"m":3}"#).object)
    #expect(object.names == ["z", "a", "m"])
  }

  @Test(
    "a number keeps its digits",
    arguments: ["0", "-0", "1.50", "1e3", "1E+3", "2e-7", "123456789012345678901234567890"])
  func digits(text: String) throws {
    #expect(try JSONParser.parse(text).number?.text == text)
    #expect(JSONWriter.text(try JSONParser.parse(text)) == text)
  }

  @Test(
    "text that breaks the grammar is refused at the byte where it does",
    arguments: [
      ("", 0), (" ", 1), ("nul", 0), ("truex", 4), ("01", 1), ("-", 1), ("1.", 2), ("1e", 2),
      (".5", 0), ("+1", 0), ("[1,]", 3), ("[1", 2), ("{\"a\"}", 4), ("{\"a\":1,}", 7), ("{a:1}", 1),
      ("'a'", 0), ("\"a", 2), ("\"\\x\"", 1), ("\"\\u12\"", 3), ("\"\t\"", 1), ("1 2", 2),
      ("[]]", 2), ("NaN", 0), ("// c\n1", 0), ("{\"a\":}", 5),
    ])
  func grammar(text: String, offset: Int) {
    #expect(throws: JSONError.syntax(offset: offset)) { try JSONParser.parse(text) }
  }

  @Test(
    "escapes are read",
    arguments: [
      (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{08}\u{0C}\n\r\t"), (#""\u00e9""#, "é"),
      (#""\u20AC""#, "€"), (#""\ud83d\ude00""#, "😀"), (#""a\u0041b""#, "aAb"), ("\"😀\"", "😀"),
    ])
  func escapes(text: String, expected: String) throws {
    #expect(try JSONParser.parse(text).string == expected)
  }

  @Test(
    "half a surrogate pair and NUL are refused, and repaired where that is asked for",
    arguments: [
      (#""\ud83d""#, "\u{FFFD}"), (#""\ude00""#, "\u{FFFD}"), (#""\ud83dx""#, "\u{FFFD}x"),
      (#""\ud83d\n""#, "\u{FFFD}\n"), (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\u0000""#, "\0"),
    ])
  func surrogates(text: String, repaired: String) throws {
    #expect(throws: JSONError.text(offset: 1)) { try JSONParser.parse(text) }
    #expect(try JSONParser.parse(Array(text.utf8), rules: .tolerant).string == repaired)
  }

  @Test(
    "bytes that are not UTF-8 are refused",
    arguments: [
      [0xFF], [0xC3], [0xC0, 0xAF], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
      [0x80],
    ] as [[UInt8]])
  func utf8(bytes: [UInt8]) {
    #expect(throws: JSONError.text(offset: 1)) { try JSONParser.parse([0x22] + bytes + [0x22]) }
    #expect(throws: JSONError.text(offset: 2)) {
      try JSONParser.parse([0x7B, 0x22] + bytes + Array("\":1}".utf8))
    }
  }

  @Test("a byte order mark is refused, and passed over where that is allowed")
  func byteOrderMark() throws {
    let bytes: [UInt8] = [0xEF, 0xBB, 0xBF] + Array("1".utf8)
    #expect(throws: JSONError.syntax(offset: 0)) { try JSONParser.parse(bytes) }
    #expect(try JSONParser.parse(bytes, rules: .tolerant) == 1)
  }

  @Test("two members of one name are refused, or the last counts")
  func duplicates() throws {
    let text = #"{"a":1,"b":2,"\u0061":3}"#
    #expect(throws: JSONError.duplicateMember("a")) { try JSONParser.parse(text) }
    let tolerant = try JSONParser.parse(Array(text.utf8), rules: .tolerant)
    #expect(tolerant == ["b": 2, "a": 3])
  }

  @Test("a second member of one name is found among very many")
  func manyMembers() throws {
    let members = (0..<5000).map { "\"m\($0)\":\($0)" }
    let good = "{" + members.joined(separator: ",") + "}"
    #expect(try JSONParser.parse(good).object?.count == 5000)
    let bad = "{" + members.joined(separator: ",") + ",\"m4999\":0}"
    #expect(throws: JSONError.duplicateMember("m4999")) { try JSONParser.parse(bad) }
  }

  @Test("64 levels are read, the 65th is refused, whatever they are made of")
  func depth() throws {
    func nested(_ depth: Int, _ open: String, _ close: String) -> String {
      String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
    }
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
      let step = open.hasPrefix("[{") ? 2 : 1
      _ = try JSONParser.parse(nested(64 / step, open, close))
      #expect(throws: JSONError.tooDeep(limit: 64)) {
        try JSONParser.parse(nested(64 / step + 1, open, close))
      }
    }
    #expect(throws: JSONError.tooDeep(limit: 64)) {
      try JSONParser.parse(String(repeating: "[", count: 1_000_000))
    }
  }
}
