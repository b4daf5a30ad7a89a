// How an answer is spelled.

import JSON
import JSONRPC
import Secrets
import Testing

@Suite("Answers")
struct ReplyTests {
  private struct Bytes: ByteSink {
    var bytes: [UInt8] = []

    mutating func append(_ more: Span<UInt8>) {
      for index in more.indices { bytes.append(more[index]) }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  private func text(_ reply: Reply, id: RequestID?) -> String {
    var sink = Bytes()
    reply.write(id: id, into: &sink)
    return sink.text
  }

  @Test("a result stands under the id of its request")
  func result() {
    #expect(
      text(.result(["a": 1]), id: .number(JSONNumber(12)))
        == #"{"jsonrpc":"2.0","id":12,"result":{"a":1}}"#)
    #expect(
      text(.result(.null), id: .string("q\"é"))
        == #"{"jsonrpc":"2.0","id":"q\"é","result":null}"#)
  }

  @Test("a result out of guarded memory stands as it is")
  func rendered() {
    let secret = Secret(#"{"access_token":"abc"}"#)
    #expect(
      text(.rendered(secret), id: .number(JSONNumber(1)))
        == #"{"jsonrpc":"2.0","id":1,"result":{"access_token":"abc"}}"#)
  }

  @Test("an error whose request cannot be told has id null")
  func failure() throws {
    let error = RPCError(code: -32001, message: "m", data: ["reason": "r"])
    #expect(
      text(.failure(error), id: nil)
        == #"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"m","data":{"reason":"r"}}}"#
    )
  }

  @Test("a notification has no id")
  func notification() {
    var sink = Bytes()
    Notification.write(method: "prompt.show", params: ["prompt": [:]], into: &sink)
    #expect(
      sink.text == #"{"jsonrpc":"2.0","method":"prompt.show","params":{"prompt":{}}}"#)
  }
}
