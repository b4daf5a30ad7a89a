// What is written is one line, and reads back as it was.

import JSON
import Testing

@Suite("JSON written")
struct JSONWriterTests {
  @Test(
    "a value is written on one line without spaces",
    arguments: [
      (.null, "null"), (true, "true"), (-3, "-3"), (["a", 1, []], #"["a",1,[]]"#),
      (["b": ["c": false], "a": .null], #"{"b":{"c":false},"a":null}"#),
      ("q\"b\\n\nt\tr\r\u{01}\u{1F}é😀/", #""q\"b\\n\nt\tr\r\u0001\u001fé😀/""#),
    ] as [(JSONValue, String)])
  func text(value: JSONValue, text: String) {
    #expect(JSONWriter.text(value) == text)
  }

  @Test("whatever is written reads back as it was")
  func roundTrip() throws {
    var generator = Lottery(state: 42)
    for _ in 0..<500 {
      let value = generator.value(depth: 4)
      let bytes = JSONWriter.bytes(value)
      #expect(!bytes.contains(UInt8(ascii: "\n")))
      #expect(try JSONParser.parse(bytes) == value)
    }
  }

  @Test("a double without fraction is written as a whole number, and no number is not a number")
  func doubles() {
    #expect(JSONNumber(60.0).text == "60")
    #expect(JSONNumber(0.5).text == "0.5")
    #expect(JSONNumber(Double.nan).text == "0")
    #expect(JSONNumber(Double.infinity).text == "0")
    #expect(JSONNumber(1e300).double == 1e300)
  }
}

@Suite("JSON objects")
struct JSONObjectTests {
  @Test("a member is replaced where it stands, appended, or removed")
  func subscripts() {
    var object: JSONObject = ["a": 1, "b": 2]
    object["a"] = 3
    object["c"] = 4
    object["b"] = nil
    #expect(JSONWriter.text(.object(object)) == #"{"a":3,"c":4}"#)
    object.append("d", nil)
    object.append("e", true)
    #expect(object.names == ["a", "c", "e"])
    #expect(object["x"] == nil)
  }
}

/// Random values from a seed, so that a failure can be repeated.
private struct Lottery {
  var state: UInt64

  mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }

  mutating func text() -> String {
    let letters = Array("aé\"\\\n\u{01}😀 /b\u{7F}")
    return String((0..<next(12)).map { _ in letters[next(letters.count)] })
  }

  mutating func value(depth: Int) -> JSONValue {
    switch next(depth > 0 ? 7 : 5) {
    case 0: return .null
    case 1: return .bool(next(2) == 0)
    case 2: return .int(next(1 << 30) - (1 << 29))
    case 3: return .double(Double(next(1000)) / 7)
    case 4: return .string(text())
    case 5: return .array((0..<next(5)).map { _ in value(depth: depth - 1) })
    default:
      var object = JSONObject()
      for index in 0..<next(5) { object["\(index)" + text()] = value(depth: depth - 1) }
      return .object(object)
    }
  }
}
