// What a program says while it runs. It is read line by line as long as a test waits for something in
// it, and to its end then: whoever writes into a full pipe stands still, and a pipe that nobody
// closes is a descriptor less for all tests that follow.

import Foundation

/// The reading end of what a program writes.
public final class ProgramOutput: Sendable {
  /// To be given to the program as its standard output or error.
  public let pipe = Pipe()
  private let closed = DispatchSemaphore(value: 0)

  /// A pipe that nothing was written to yet.
  public init() {}

  /// The next line; `nil` at the end.
  public func line() throws -> String? {
    var line = Data()
    while let byte = try pipe.fileHandleForReading.read(upToCount: 1)?.first {
      if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
      line.append(byte)
    }
    return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
  }

  /// The lines up to the first one that has these words.
  ///
  /// - Throws: `Trouble` with all that was said, where it ends without them.
  public func lines(until words: String) throws -> [String] {
    var lines: [String] = []
    while let line = try line() {
      lines.append(line)
      if line.contains(words) { return lines }
    }
    throw Trouble("it ended without “\(words)”: \(lines.joined(separator: "\n"))")
  }

  /// Reads on to the end by itself, and closes the pipe there.
  ///
  /// - Parameter hear: given what is read.
  public func drain(_ hear: @escaping @Sendable (Data) -> Void = { _ in }) {
    let handle = pipe.fileHandleForReading
    // A handler of the handle's own would keep a descriptor for ever, at the end too.
    Thread.detachNewThread { [closed] in
      while case let data = handle.availableData, !data.isEmpty { hear(data) }
      try? handle.close()
      closed.signal()
    }
  }

  /// Waits until a program that has ended was read to its end, and the pipe is closed.
  public func waitForEnd() {
    // For whoever asks again, too.
    if closed.wait(timeout: .now() + 20) == .success { closed.signal() }
  }
}
