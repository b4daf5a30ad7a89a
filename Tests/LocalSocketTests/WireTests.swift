// The wire over a real socket: every odd line gets its error and the connection stays usable.

import JSON
import JSONRPC
import LocalSocket
import Testing

@Suite("The wire", .timeLimit(.minutes(1)))
struct WireTests {
  @Test("a request is answered under its id")
  func request() async throws {
    try await withServer { path, _ in
      let caller = try Caller(path)
      caller.send(#"{"jsonrpc":"2.0","id":"a","method":"echo","params":{"x":1.50}}"# + "\n")
      #expect(
        try caller.answer().map(JSONWriter.text)
          == #"{"jsonrpc":"2.0","id":"a","result":{"x":1.50}}"#)
    }
  }

  @Test("a result in guarded memory goes out whole")
  func held() async throws {
    try await withServer { path, _ in
      let caller = try Caller(path)
      for id in 1...100 {
        caller.request("held", id: id)
        let answer = try caller.answer()
        #expect(answer?["id"] == .int(id))
        #expect(answer?["result"]?["access_token"]?.string?.count == 1200)
      }
    }
  }

  @Test("every malformed line gets its error, and the connection stays usable")
  func malformed() async throws {
    let request = #""jsonrpc":"2.0","method":"echo""#
    let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
    let batch33 =
      "[" + Array(repeating: "{\(request),\"id\":1}", count: 33).joined(separator: ",") + "]"
    let cases: [(line: [UInt8], code: Int, id: JSONValue)] = [
      (Array("nonsense".utf8), -32700, .null),
      (Array("{\(request),\"id\":1".utf8), -32700, .null),
      (Array("{\(request),\"id\":1,\"id\":2}".utf8), -32700, .null),
      ([0xEF, 0xBB, 0xBF] + Array("{\(request),\"id\":1}".utf8), -32700, .null),
      (Array("{\(request),\"id\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8), -32700, .null),
      (Array("{\(request),\"id\":\"\\udc00\"}".utf8), -32700, .null),
      (Array(deep.utf8), -32600, .null),
      (Array("17".utf8), -32600, .null),
      (Array("{\"id\":1,\"method\":\"echo\"}".utf8), -32600, 1),
      (Array("{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":7}".utf8), -32600, "x"),
      (Array("{\(request),\"id\":null}".utf8), -32600, .null),
      (Array("{\(request),\"id\":1.5}".utf8), -32600, .null),
      (Array("{\(request),\"id\":2,\"params\":[]}".utf8), -32602, 2),
      (Array("{\(request),\"id\":2,\"params\":null}".utf8), -32602, 2),
      (Array("{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"no.such\"}".utf8), -32601, 3),
      (Array("[]".utf8), -32600, .null),
      (Array(batch33.utf8), -32600, .null),
    ]
    try await withServer { path, _ in
      let caller = try Caller(path)
      for (line, code, id) in cases {
        let text = String(decoding: line.prefix(60), as: UTF8.self)
        caller.send(line + [0x0A])
        let answer = try caller.answer()
        #expect(answer?["error"]?["code"] == .int(code), "\(text)")
        #expect(answer?["id"] == id, "\(text)")
        #expect(answer?["error"]?["data"]?["reason"]?.string != nil, "\(text)")
        #expect(try caller.isUsable(), "\(text)")
      }
    }
  }

  @Test("empty lines and notifications are not answered, whatever they ask for")
  func silence() async throws {
    try await withServer { path, _ in
      let caller = try Caller(path)
      caller.send("\n\r\n  \n")
      for method in ["echo", "held", "no.such"] {
        caller.send("{\"jsonrpc\":\"2.0\",\"method\":\"\(method)\"}\n")
      }
      caller.send("{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":[]}\n")
      #expect(try caller.isUsable())
    }
  }

  @Test("the members of a batch are answered in one array, its notifications not")
  func batch() async throws {
    try await withServer { path, _ in
      let caller = try Caller(path)
      caller.send(
        #"[{"jsonrpc":"2.0","id":"one","method":"echo"},{"jsonrpc":"2.0","method":"echo"},7,"#
          + #"{"jsonrpc":"2.0","id":2,"method":"no.such"},"#
          + #"{"jsonrpc":"2.0","id":3,"method":"held"}]"#
          + "\n")
      let answers = try #require(try caller.answer()?.array)
      #expect(answers.count == 4)
      #expect(answers.compactMap { $0["id"] } == ["one", .null, 2, 3])
      #expect(answers.map { $0["error"]?["code"] } == [nil, -32600, -32601, nil])
      #expect(try caller.isUsable())
    }
  }

  @Test("a batch waits for its last answer, other requests do not wait for the batch")
  func batchWaits() async throws {
    try await withServer { path, _ in
      let caller = try Caller(path)
      caller.send(
        #"[{"jsonrpc":"2.0","id":1,"method":"later"},{"jsonrpc":"2.0","id":2,"method":"echo"}]"#
          + "\n")
      #expect(try caller.isUsable())
      caller.request("release", id: 3)
      let answers = try #require(try caller.answer()?.array)
      #expect(Set(answers.compactMap { $0["id"]?.int }) == [1, 2])
      #expect(try caller.answer()?["result"] == 1)
    }
  }

  @Test("a batch of notifications answers nothing")
  func silentBatch() async throws {
    try await withServer { path, _ in
      let caller = try Caller(path)
      caller.send(
        #"[{"jsonrpc":"2.0","method":"echo"},{"jsonrpc":"2.0","method":"echo","params":1}]"# + "\n")
      #expect(try caller.isUsable())
    }
  }

  @Test("a line of exactly 256 KiB is answered, one byte more ends the connection with -32600")
  func length() async throws {
    try await withServer { path, _ in
      let head = #"{"jsonrpc":"2.0","id":1,"method":"echo","params":{"x":""#
      let tail = "\"}}\n"
      let room = 256 * 1024 - head.utf8.count - tail.utf8.count
      let caller = try Caller(path)
      caller.send(head + String(repeating: "x", count: room) + tail)
      #expect(try caller.answer()?["result"]?["x"]?.string?.utf8.count == room)
      #expect(try caller.isUsable())
      caller.send(head + String(repeating: "x", count: room + 1) + tail)
      let answer = try caller.answer()
      #expect(answer?["error"]?["code"] == -32600)
      #expect(answer?["id"] == .null)
      #expect(try caller.answer() == nil)
    }
  }

  @Test("endless bytes without a line end are cut at the limit")
  func endless() async throws {
    try await withServer { path, _ in
      let caller = try Caller(path)
      let chunk = [UInt8](repeating: UInt8(ascii: "["), count: 32 * 1024)
      for _ in 0..<64 where !caller.send(chunk) { break }
      #expect(try caller.answer()?["error"]?["code"] == -32600)
      #expect(try caller.answer() == nil)
    }
  }

  @Test("a thousand requests in one go are answered, in order where the service is")
  func pipelining() async throws {
    try await withServer { path, _ in
      let caller = try Caller(path)
      var text = ""
      for id in 1...1000 {
        text += "{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"echo\",\"params\":{\"n\":\(id)}}\n"
      }
      caller.send(text)
      for id in 1...1000 {
        let answer = try caller.answer()
        #expect(answer?["id"] == .int(id))
        #expect(answer?["result"]?["n"] == .int(id))
      }
    }
  }

  @Test("a request in single bytes is a request")
  func singleBytes() async throws {
    try await withServer { path, _ in
      let caller = try Caller(path)
      for byte in #"{"jsonrpc":"2.0","id":1,"method":"echo"}"#.utf8 { caller.send([byte]) }
      caller.send("\n")
      #expect(try caller.answer()?["result"] == [:])
    }
  }

  @Test("a notification reaches its connection, in the middle of a call")
  func notification() async throws {
    try await withServer { path, _ in
      let caller = try Caller(path)
      caller.request("notify", id: 1, ["a": 1])
      #expect(
        try caller.answer() == ["jsonrpc": "2.0", "method": "noted", "params": ["a": 1]])
      #expect(try caller.answer()?["id"] == 1)
    }
  }
}
