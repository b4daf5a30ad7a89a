// The wire's rules for one line, case by case (contract §2, §7 "JSON-RPC"; JSON-RPC 2.0 §7).

import JSON
import JSONRPC
import Testing

@Suite("A line of the wire")
struct LineTests {
  private func read(_ text: String) -> Line { read(Array(text.utf8)) }
  private func read(_ bytes: [UInt8]) -> Line { Line.read(bytes.span) }

  /// Code and id of the one error that answers a line.
  private func refusal(_ line: Line) -> (code: Int, id: RequestID?, reason: String?)? {
    switch line {
    case .rejected(let id, let error), .one(.rejected(let id, let error)):
      (error.code, id, error.data["reason"]?.string)
    case .nothing, .one, .batch: nil
    }
  }

  @Test("a request is read, with its id as it was sent")
  func request() {
    let line = read(#"{"jsonrpc":"2.0","id":7,"method":"token.get","params":{"profile":"p"}}"#)
    #expect(
      line
        == .one(
          .request(
            Request(
              id: .number(JSONNumber(7)), method: "token.get", params: ["profile": "p"]))))
  }

  @Test("params may be left out, and members beside it are ignored")
  func beside() {
    let line = read(#"{"trace":[1],"method":"m","id":"a","jsonrpc":"2.0"}"#)
    #expect(line == .one(.request(Request(id: .string("a"), method: "m"))))
  }

  @Test(
    "a string or a whole number is an id, echoed as sent",
    arguments: [
      "0", "-1", "7", "123456789012345678901234567890", "\"\"", "\"seven\"", "\"\\u00e9\"",
    ])
  func goodID(id: String) throws {
    let line = read(#"{"jsonrpc":"2.0","id":\#(id),"method":"m"}"#)
    guard case .one(.request(let request)) = line else {
      Issue.record("\(line)")
      return
    }
    #expect(request.id?.json == (try JSONParser.parse(id)))
  }

  @Test(
    "null, a fraction, an exponent and everything else is no id: -32600 with id null",
    arguments: ["null", "1.5", "1.0", "1e2", "true", "[]", "{}", "[1]"])
  func badID(id: String) {
    let refused = refusal(read(#"{"jsonrpc":"2.0","id":\#(id),"method":"m"}"#))
    #expect(refused?.code == -32600)
    #expect(refused?.id == nil)
    #expect(refused?.reason == "invalid_request")
  }

  @Test(
    "an empty line is passed over", arguments: ["", " ", "\r", " \t \r"])
  func empty(text: String) {
    #expect(read(text) == .nothing)
  }

  @Test(
    "a line that is not JSON is -32700 with id null",
    arguments: [
      "{", "}", "hello", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"", "GET / HTTP/1.1\r",
      "{\"id\":1,\"id\":2}", "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{\"a\":1,\"a\":1}}",
      "\u{FEFF}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"}",
      "{\"jsonrpc\":\"2.0\",\"id\":\"\\ud800\",\"method\":\"m\"}",
      "{\"jsonrpc\":\"2.0\",\"id\":\"\\u0000\",\"method\":\"m\"}",
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"}{}", "[1,", "\0", "{\"a\":\u{01}}",
    ])
  func notJSON(text: String) {
    let refused = refusal(read(text))
    #expect(refused?.code == -32700)
    #expect(refused?.id == nil)
    #expect(refused?.reason == "parse_error")
  }

  @Test("bytes that are not UTF-8 are -32700", arguments: [[0xFF], [0xC3], [0xED, 0xA0, 0x80]])
  func notUTF8(bytes: [UInt8]) {
    let line = Array(#"{"jsonrpc":"2.0","id":1,"method":""#.utf8) + bytes + Array("\"}".utf8)
    #expect(refusal(read(line))?.code == -32700)
  }

  @Test("64 levels are a line, 65 are -32600 with id null")
  func depth() {
    func line(_ depth: Int) -> String {
      let inner = depth - 2  // the request and its params
      return #"{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":"#
        + String(repeating: "[", count: inner) + String(repeating: "]", count: inner) + "}}"
    }
    guard case .one(.request) = read(line(64)) else {
      Issue.record("64 levels refused")
      return
    }
    let refused = refusal(read(line(65)))
    #expect(refused?.code == -32600)
    #expect(refused?.id == nil)
  }

  @Test("JSON that is no object is -32600", arguments: ["1", "\"a\"", "null", "true"])
  func noObject(text: String) {
    let refused = refusal(read(text))
    #expect(refused?.code == -32600)
    #expect(refused?.id == nil)
  }

  @Test(
    "an object that is no request is -32600, with its id where that can be told",
    arguments: [
      (#"{}"#, nil), (#"{"id":3}"#, "3"), (#"{"jsonrpc":"1.0","id":3,"method":"m"}"#, "3"),
      (#"{"jsonrpc":2.0,"id":3,"method":"m"}"#, "3"), (#"{"id":"x","method":"m"}"#, #""x""#),
      (#"{"jsonrpc":"2.0","id":"x"}"#, #""x""#),
      (#"{"jsonrpc":"2.0","id":4,"method":1}"#, "4"),
      (#"{"jsonrpc":"2.0","method":1,"params":"bar"}"#, nil),
      (#"{"jsonrpc":"2.0","id":4,"method":null,"params":[]}"#, "4"),
      (#"{"jsonrpc":"2.0","id":1,"result":{}}"#, "1"),
    ] as [(String, String?)])
  func noRequest(text: String, id: String?) throws {
    let refused = refusal(read(text))
    #expect(refused?.code == -32600)
    #expect(refused?.id?.json == (try id.map { try JSONParser.parse($0) }))
  }

  @Test(
    "params that are no object are -32602, naming params",
    arguments: ["[]", "null", "1", "\"a\"", "true", "[{}]"])
  func badParams(params: String) {
    let line = read(#"{"jsonrpc":"2.0","id":5,"method":"m","params":\#(params)}"#)
    guard case .one(.rejected(let id, let error)) = line else {
      Issue.record("\(line)")
      return
    }
    #expect(id == .number(JSONNumber(5)))
    #expect(error.code == -32602)
    #expect(error.message.contains("params"))
    #expect(error.data["reason"] == "invalid_params")
    #expect(
      read(#"{"jsonrpc":"2.0","method":"m","params":\#(params)}"#) == .nothing,
      "nobody waits for the answer to a notification")
  }

  @Test("a batch is its members, the invalid ones too")
  func batch() {
    let line = read(
      #"[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","method":"b"},1,{"id":"x"}]"#)
    guard case .batch(let calls) = line else {
      Issue.record("\(line)")
      return
    }
    #expect(calls.count == 4)
    #expect(calls[0] == .request(Request(id: .number(JSONNumber(1)), method: "a")))
    #expect(calls[1] == .request(Request(id: nil, method: "b")))
    guard case .rejected(nil, let first) = calls[2], case .rejected(let id, let second) = calls[3]
    else {
      Issue.record("\(calls)")
      return
    }
    #expect(first.code == -32600)
    #expect(second.code == -32600)
    #expect(id == .string("x"))
  }

  @Test("a batch of 32 is taken; an empty one and one of 33 are a single -32600")
  func batchSize() {
    func batch(_ count: Int) -> Line {
      let member = #"{"jsonrpc":"2.0","id":1,"method":"a"}"#
      return read("[" + Array(repeating: member, count: count).joined(separator: ",") + "]")
    }
    guard case .batch(let calls) = batch(32) else {
      Issue.record("32 members refused")
      return
    }
    #expect(calls.count == 32)
    for count in [0, 33] {
      guard case .rejected(nil, let error) = batch(count) else {
        Issue.record("\(count) members taken")
        continue
      }
      #expect(error.code == -32600)
    }
  }

  @Test("what a caller sent stands in an error cut short")
  func excerpts() {
    let name = String(repeating: "n", count: 100_000)
    #expect(RPCError.methodNotFound(name).message.count < 200)
    let error = RPCError.invalidParams(parameter: name, why: "is not known")
    #expect(JSONWriter.text(error.json).count < 500)
    let line = read("{\"\(name)\":1,\"\(name)\":1}")
    guard case .rejected(nil, let duplicate) = line else {
      Issue.record("duplicate taken")
      return
    }
    #expect(duplicate.message.count < 200)
  }

  @Test("every standard error has its code and its reason")
  func standardErrors() {
    let errors: [(RPCError, Int, JSONValue)] = [
      (.parseError("x"), -32700, "parse_error"), (.invalidRequest("x"), -32600, "invalid_request"),
      (.methodNotFound("x"), -32601, "method_not_found"),
      (.invalidParams(parameter: "x", why: "y"), -32602, "invalid_params"),
      (.internalError("x"), -32603, "internal_error"),
    ]
    for (error, code, reason) in errors {
      #expect(error.code == code)
      #expect(error.data["reason"] == reason)
      #expect(error.json["code"] == .int(code))
      #expect(error.json["data"]?["reason"] == reason)
    }
  }
}
