// A program that a test starts. Foundation hands a child the test's own standard input, output and
// error; whoever reads those waits until the last holder has closed them, so that a child which
// outlives its test keeps the whole run from ending.

import Foundation

extension Process {
  /// A program that has none of the test's own streams: its standard input, output and error are
  /// `/dev/null` until the test gives it others.
  public static func apart() -> Process {
    let process = Process()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return process
  }
}
