// A token to standard output, and nothing besides.

import BrokerInterface
import Glibc
import JSONRPC
import RemedyClient
import Testing

@Suite("The fast path of token")
struct TokenFastPathTests {
  /// Runs the fast path against a broker with this answer, `ID` in it replaced by the call's.
  private func run(_ text: String) -> (TokenFastPath.Outcome, String) {
    let broker = ScriptedBroker { peer in
      _ = peer.readLine()
      peer.send(text)
    }
    let output = Pipe()
    let collected = Collected()
    let reader = Thread { collected.read(output.reader) }
    let outcome = TokenFastPath.writeToken(
      TokenGet.Params(profile: "p", interaction: .never), path: broker.path, to: output.writer)
    output.closeWriter()
    reader.join()
    return (outcome, collected.text)
  }

  private func result(_ token: String) -> String {
    #"{"jsonrpc":"2.0","result":{"profile":"p","access_token":\#(token),"scope":"s"},"id":1}"#
      + "\n"
  }

  @Test(
    "the token and a line end are written, nothing else",
    arguments: [
      (#""eyJ.x-y_z""#, "eyJ.x-y_z"), (#""a\/b\u0041\"""#, "a/bA\""),
      (
        "\"" + String(repeating: "t", count: 200_000) + "\"", String(repeating: "t", count: 200_000)
      ),
    ])
  func written(json: String, token: String) {
    let (outcome, text) = run(result(json))
    #expect(outcome == .written)
    #expect(text == token + "\n")
  }

  @Test("a refusal writes nothing and gives the reason")
  func refused() {
    let error = #"{"code":-32001,"message":"m","data":{"reason":"interaction_required"}}"#
    let (outcome, text) = run(#"{"jsonrpc":"2.0","id":1,"error":\#(error)}"# + "\n")
    guard case .refused(let error) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(error.reason == .interactionRequired)
    #expect(text.isEmpty)
  }

  @Test(
    "what is no token is not written",
    arguments: [
      "", "{}\n", #"{"id":1,"result":{}}"# + "\n", #"{"id":1,"result":{"access_token":3}}"# + "\n",
      #"{"id":1,"result":{"access_token":"\u001b[2J"}}"# + "\n",
      #"{"id":1,"result":{"access_token":"a\nb"}}"# + "\n",
      #"{"id":1,"result":{"access_token":"ä"}}"# + "\n",
      #"{"id":1,"result":{"access_token":"cut"#,
    ])
  func notWritten(answer: String) {
    let (outcome, text) = run(answer)
    guard case .failed = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(text.isEmpty)
  }

  @Test("an output that takes nothing is said")
  func closedOutput() {
    let text = result(#""t""#)
    let broker = ScriptedBroker { peer in
      _ = peer.readLine()
      peer.send(text)
    }
    let outcome = TokenFastPath.writeToken(.init(profile: "p"), path: broker.path, to: -1)
    #expect(outcome == .notWritten(errno: EBADF))
  }

  @Test("nobody listening is said")
  func notRunning() {
    let outcome = TokenFastPath.writeToken(.init(profile: "p"), path: "/nowhere/s")
    #expect(outcome == .failed(.notRunning(path: "/nowhere/s")))
  }
}

/// What a thread has read, to be looked at after it was joined.
private final class Collected: @unchecked Sendable {
  private(set) var text = ""

  func read(_ descriptor: CInt) {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count <= 0 { break }
      bytes += chunk.prefix(count)
    }
    text = String(decoding: bytes, as: UTF8.self)
  }
}
