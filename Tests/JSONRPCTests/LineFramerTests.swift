// Bytes into lines, however they are cut on the way.

import JSONRPC
import Testing

@Suite("Lines out of bytes")
struct LineFramerTests {
  private struct Taker {
    var framer: LineFramer
    var lines: [String] = []
    var outcome: LineFramer.Outcome?
    /// After how many lines to say stop.
    var stopsAfter = Int.max

    init(limit: Int = LineFramer.wireLimit) {
      framer = LineFramer(limit: limit)
    }

    mutating func feed(_ text: String) {
      var taken: [String] = []
      let room = stopsAfter - lines.count
      outcome = framer.feed(Array(text.utf8).span) { line in
        taken.append(Self.text(line))
        return taken.count < room
      }
      lines += taken
    }

    mutating func resume() {
      var taken: [String] = []
      outcome = framer.resume { line in
        taken.append(Self.text(line))
        return true
      }
      lines += taken
    }

    static func text(_ line: Span<UInt8>) -> String {
      String(decoding: line.indices.map { line[$0] }, as: UTF8.self)
    }
  }

  @Test("lines come out the same, whatever the pieces are")
  func pieces() {
    let text = "one\n\ntwo two\nthree\r\n" + String(repeating: "x", count: 50) + "\nrest"
    for size in 1...text.utf8.count {
      var taker = Taker()
      var rest = Substring(text)
      while !rest.isEmpty {
        taker.feed(String(rest.prefix(size)))
        rest = rest.dropFirst(size)
      }
      #expect(
        taker.lines == ["one", "", "two two", "three\r", String(repeating: "x", count: 50)])
      #expect(taker.outcome == .drained)
      #expect(!taker.framer.isEmpty)
      taker.feed("\n")
      #expect(taker.lines.last == "rest")
      #expect(taker.framer.isEmpty)
    }
  }

  @Test(
    "a line of exactly the limit is one, LF included; one byte more is not", arguments: [1, 7, 100])
  func limit(piece: Int) {
    for (length, fits) in [(99, true), (100, false), (250, false)] {
      var taker = Taker(limit: 100)
      var left = length
      while left > 0, taker.outcome != .overflow {
        taker.feed(String(repeating: "x", count: min(piece, left)))
        left -= piece
      }
      if taker.outcome != .overflow { taker.feed("\n") }
      #expect((taker.outcome == .drained) == fits, "\(length) in pieces of \(piece)")
      #expect(taker.lines.count == (fits ? 1 : 0))
    }
  }

  @Test("an over-long line is found in one piece, too, after the lines before it")
  func overflowInOnePiece() {
    var taker = Taker(limit: 10)
    taker.feed("123456789\n1234567890\nmore\n")
    #expect(taker.lines == ["123456789"])
    #expect(taker.outcome == .overflow)
  }

  @Test("whoever says stop gets the rest later, in order")
  func pause() {
    var taker = Taker()
    taker.stopsAfter = 2
    taker.feed("a\nb\nc\nd\npart")
    #expect(taker.lines == ["a", "b"])
    #expect(taker.outcome == .paused)
    taker.framer.keep(Array("ly\ne".utf8).span)
    taker.resume()
    #expect(taker.lines == ["a", "b", "c", "d", "partly"])
    #expect(taker.outcome == .drained)
    taker.feed("\n")
    #expect(taker.lines.last == "e")
    #expect(taker.framer.isEmpty)
  }

  @Test("what is cleared is gone")
  func clear() {
    var taker = Taker()
    taker.feed("secret")
    taker.framer.clear()
    #expect(taker.framer.isEmpty)
    taker.feed("x\n")
    #expect(taker.lines == ["x"])
  }

  @Test("a long line in single bytes costs no more than its length")
  func singleBytes() {
    var taker = Taker()
    for _ in 0..<200_000 { taker.feed("x") }
    taker.feed("\n")
    #expect(taker.lines.first?.utf8.count == 200_000)
  }
}
