// A program that a test starts. Foundation hands a child the test's own standard input, output and
// error; whoever reads those waits until the last holder has closed them, so that a child which
// outlives its test keeps the whole run from ending.

import Foundation

extension Process {
  /// A program that has none of the test's own streams: its standard input, output and error are
  /// `/dev/null` until the test gives it others.
  ///
  /// - Parameter command: its path, or its name where it is to be looked for, and its arguments.
  public static func apart(_ command: [String]) -> Process {
    let process = Process()
    let isPath = command.first?.hasPrefix("/") == true
    process.executableURL = URL(fileURLWithPath: isPath ? command[0] : "/usr/bin/env")
    process.arguments = Array(command.dropFirst(isPath ? 1 : 0))
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return process
  }
}
