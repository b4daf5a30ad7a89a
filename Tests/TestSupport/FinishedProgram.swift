// A program that is run to its end.

import Foundation

/// What a program left.
public struct FinishedProgram: Sendable {
  /// Its exit status.
  public let status: Int32
  /// What it wrote: to standard output, and to standard error where that was asked for too.
  public let output: Data

  /// The same as text.
  public var words: String { String(decoding: output, as: UTF8.self) }

  /// Runs a program, and waits for its end.
  ///
  /// - Parameters:
  ///   - command: its path, or its name where it is to be looked for, and its arguments.
  ///   - input: what it reads from standard input, in no more bytes than a pipe holds.
  ///   - includesErrors: whether `output` has what goes to standard error too.
  /// - Throws: what Foundation says of a program that cannot be started.
  public init(_ command: [String], input: Data? = nil, includesErrors: Bool = false) throws {
    let process = Process.apart(command)
    let (source, sink) = (Pipe(), Pipe())
    if input != nil { process.standardInput = source }
    process.standardOutput = sink
    if includesErrors { process.standardError = sink }
    try process.run()
    if let input {
      try source.fileHandleForWriting.write(contentsOf: input)
      try source.fileHandleForWriting.close()
    }
    output = sink.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    status = process.terminationStatus
  }
}
