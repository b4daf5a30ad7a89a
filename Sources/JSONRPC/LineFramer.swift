// Bytes into lines, without a socket. The bytes of a line that came in one piece are handed out
// where they lie; only a line that came in pieces is kept here meanwhile, and wiped when it is
// done, because it may hold a password.
//
// 1. No byte is looked at twice in the search for a line end, however small the pieces are.
// 2. Of an unfinished line never more than `limit` bytes are kept.
// 3. Whoever takes the lines may stop in between: the rest waits here.

/// Cuts a stream of bytes at LF.
public struct LineFramer: Sendable {
  /// How a round ended.
  public enum Outcome: Sendable, Equatable {
    /// Every finished line was handed out.
    case drained
    /// The taker said stop; the rest is kept until `resume`.
    case paused
    /// A line has more than `limit` bytes. The stream cannot be used any more.
    case overflow
  }

  /// 256 KiB, the LF included (contract §7).
  public static let wireLimit = 256 * 1024

  /// How many bytes a line may have, LF included.
  public let limit: Int

  /// What has come and has not been handed out.
  private var kept: [UInt8] = []
  /// How many of the bytes kept are known to hold no LF.
  private var searched = 0

  /// - Parameter limit: the longest line, LF included, in bytes.
  public init(limit: Int = LineFramer.wireLimit) {
    self.limit = limit
  }

  /// Whether nothing waits: no half line, no line after a pause.
  public var isEmpty: Bool { kept.isEmpty }

  /// Takes the next bytes and hands out the lines that they finish, without LF.
  ///
  /// - Parameter body: whether to go on after this line.
  public mutating func feed(_ bytes: Span<UInt8>, _ body: (Span<UInt8>) -> Bool) -> Outcome {
    guard kept.isEmpty else {
      keep(bytes)
      return resume(body)
    }
    var start = 0
    let outcome = Self.lines(in: bytes, from: &start, searched: 0, limit: limit, body)
    if start < bytes.count, outcome != .overflow {
      keep(bytes.extracting(start..<bytes.count))
      if outcome == .drained { searched = kept.count }
    }
    return outcome
  }

  /// Keeps bytes that come while nobody takes lines.
  public mutating func keep(_ bytes: Span<UInt8>) {
    let needed = kept.count + bytes.count
    if needed > kept.capacity {
      // An array that grows by itself leaves its old bytes behind.
      var grown: [UInt8] = []
      grown.reserveCapacity(max(needed, 2 * kept.capacity))
      grown.append(contentsOf: kept)
      for index in kept.indices { kept[index] = 0 }
      kept = grown
    }
    unsafe bytes.withUnsafeBufferPointer { unsafe kept.append(contentsOf: $0) }
  }

  /// Goes on after a pause.
  public mutating func resume(_ body: (Span<UInt8>) -> Bool) -> Outcome {
    var start = 0
    let outcome = Self.lines(in: kept.span, from: &start, searched: searched, limit: limit, body)
    drop(outcome == .overflow ? kept.count : start)
    searched = outcome == .drained ? kept.count : 0
    return outcome
  }

  /// Forgets what waits, and wipes it.
  public mutating func clear() {
    drop(kept.count)
    searched = 0
  }

  /// - Parameters:
  ///   - start: where the first line begins; afterwards where the first unfinished one does.
  ///   - searched: up to where there is no LF.
  private static func lines(
    in bytes: Span<UInt8>, from start: inout Int, searched: Int, limit: Int,
    _ body: (Span<UInt8>) -> Bool
  ) -> Outcome {
    var position = searched
    while let end = lineEnd(in: bytes, from: position) {
      guard end - start < limit else { return .overflow }
      let goesOn = body(bytes.extracting(start..<end))
      start = end + 1
      position = start
      if !goesOn { return .paused }
    }
    return bytes.count - start >= limit ? .overflow : .drained
  }

  private static func lineEnd(in bytes: Span<UInt8>, from position: Int) -> Int? {
    var index = position
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\n") { return index }
      index += 1
    }
    return nil
  }

  /// Drops bytes at the front, and wipes where they lay.
  private mutating func drop(_ count: Int) {
    guard count > 0 else { return }
    let rest = kept.count - count
    for index in 0..<rest { kept[index] = kept[index + count] }
    for index in rest..<kept.count { kept[index] = 0 }
    if rest == 0 {
      kept = []
    } else {
      kept.removeLast(count)
    }
  }
}
