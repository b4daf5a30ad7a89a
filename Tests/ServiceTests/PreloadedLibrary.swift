// A library in front of libc, for what a test cannot have the system do: it is built from a few lines
// of C, and a daemon that is started with it meets its functions in place of libc's.

import Foundation
import TestSupport

/// A library that a test has built.
struct PreloadedLibrary {
  private let file: URL

  /// What the daemon is to be started with.
  var environment: [String: String] { ["LD_PRELOAD": file.path] }

  /// Builds it.
  ///
  /// - Throws: `Trouble` where no compiler of C is there, or none takes the source.
  init(_ source: String, name: String, in folder: URL) throws {
    let text = folder.appendingPathComponent(name + ".c")
    try source.write(to: text, atomically: true, encoding: .utf8)
    file = folder.appendingPathComponent(name + ".so")
    var words = ""
    for compiler in ["cc", "clang", "gcc"] {
      let end = try FinishedProgram(
        [compiler, "-shared", "-fPIC", "-o", file.path, text.path, "-ldl"], includesErrors: true)
      if end.status == 0 { return }
      words += end.words
    }
    throw Trouble("no compiler of C makes \(name): \(words)")
  }
}
