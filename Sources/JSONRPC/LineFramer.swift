// Bytes to lines. The bytes lie in one buffer that grows to a line and no further; a line is read
// where it lies.

/// Cuts what arrives into lines, which end with LF.
public struct LineFramer: Sendable {
  private var buffer: [UInt8] = []
  /// Where the next line begins, and up to where no LF has been seen.
  private var start = 0
  private var searched = 0
  private let maximum: Int

  /// - Parameter maximum: bytes of a line at most, its end included.
  public init(maximum: Int = 256 * 1024) {
    self.maximum = maximum
  }

  /// What the buffer holds next.
  public enum Frame: Sendable, Equatable {
    /// A line, at these places of the buffer; read it with `withLine`.
    case line(Range<Int>)
    /// The rest of a line has not come yet.
    case incomplete
    /// A line is longer than it may be.
    case overflow
  }

  /// Whether part of a line has come and its end has not.
  public var holdsPartialLine: Bool { start < buffer.count }

  public mutating func append(_ bytes: some Collection<UInt8>) {
    if start == buffer.count {
      buffer.removeAll(keepingCapacity: buffer.capacity <= 16 * 1024)
      start = 0
      searched = 0
    }
    buffer.append(contentsOf: bytes)
  }

  public mutating func next() -> Frame {
    if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = start..<end
      start = end + 1
      searched = start
      return line.count < maximum ? .line(line) : .overflow
    }
    searched = buffer.count
    guard buffer.count - start < maximum else { return .overflow }
    if start > 0 {
      buffer.removeFirst(start)
      searched -= start
      start = 0
    }
    return .incomplete
  }

  /// The bytes of a line that `next` has named, until the next call of `next` or `append`.
  public func withLine<Result>(_ range: Range<Int>, _ body: (Span<UInt8>) -> Result) -> Result {
    body(buffer.span.extracting(range))
  }
}
