// strace(1), attached to one thread of a running process: it says which system calls the thread makes,
// and can kill the process before the n-th of them, or have the n-th fail.
//
// One thread, and not the whole process, since strace counts calls by thread: so that the n-th call is
// the same one each time.

import Foundation
import RemedyClient
import TestSupport

/// A trace of one thread; ends with this value.
final class Strace {
  private let process: Process
  private let words = ProgramOutput()
  private let output: URL

  /// Why tests that need it are skipped.
  static let absence: String =
    "strace must be there and be allowed to trace a process that hides its memory, as root is"

  /// Whether it can trace: asked once, by doing it.
  static let isPossible: Bool = {
    guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: "/usr/bin/strace") else {
      return false
    }
    let child = Process.apart(["/bin/sleep", "60"])
    guard (try? child.run()) != nil else { return false }
    defer {
      kill(child.processIdentifier, SIGKILL)
      child.waitUntilExit()
    }
    guard let trace = try? Strace(thread: child.processIdentifier) else { return false }
    return (try? trace.finish()) != nil
  }()

  /// Attaches; returns when it has.
  ///
  /// - Parameters:
  ///   - thread: the number of the thread.
  ///   - calls: the names of the system calls to look at, or `all`.
  ///   - paths: the files that they must have to do with; any unless given.
  ///   - injection: what to do at which of them: `signal=KILL:when=3`, `error=EIO:when=1`.
  ///   - injected: the calls that the injection is for; all that are looked at unless given.
  init(
    thread: Int32, calls: [String] = ["all"], paths: [String] = [], injected: [String]? = nil,
    injection: String? = nil
  ) throws {
    output = URL(fileURLWithPath: "/tmp/remedy-trace-" + UUID().uuidString.prefix(8))
    var arguments = [
      "-p", String(thread), "-o", output.path, "-s", "0",
      "-e", "trace=" + calls.joined(separator: ","),
    ]
    arguments += paths.flatMap { ["-P", $0] }
    if let injection {
      let names = (injected ?? calls).joined(separator: ",")
      arguments += ["-e", "inject=\(names):\(injection)"]
    }
    process = .apart(["/usr/bin/strace"] + arguments)
    process.standardError = words.pipe
    try process.run()
    _ = try words.lines(until: "attached")
    words.drain()
  }

  deinit {
    detach()
    try? FileManager.default.removeItem(at: output)
  }

  /// Whoever dies lets go of what it traces, which goes on; and each line was written when its call
  /// returned. An interrupt would not do: Foundation's children inherit a mask that may block it.
  private func detach() {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  /// Detaches, and says which calls there were, each with how it ended.
  func finish() throws -> [Call] {
    detach()
    return String(decoding: try Data(contentsOf: output), as: UTF8.self)
      .split(separator: "\n").compactMap { Call(String($0)) }
  }

  /// One line of a trace.
  struct Call {
    var name: String
    /// Whether it was made to fail.
    var isInjected: Bool

    init?(_ line: String) {
      isInjected = line.hasSuffix("(INJECTED)")
      guard let parenthesis = line.firstIndex(of: "("), !line.hasPrefix("+++") else { return nil }
      name = String(line[..<parenthesis])
    }
  }
}

/// The threads of a process, by the names that they go by.
struct Threads {
  var all: [(number: Int32, name: String)]

  init(of process: Int32) throws {
    let folder = "/proc/\(process)/task"
    all = try FileManager.default.contentsOfDirectory(atPath: folder)
      .compactMap { Int32($0) }.sorted()
      .map { number in
        let name = try String(contentsOfFile: "\(folder)/\(number)/comm", encoding: .utf8)
        return (number, name.trimmingCharacters(in: .newlines))
      }
  }

  /// What a refresh is made by: the vault's thread, the broker's loop, and the loop that talks to
  /// issuers, which is made after it.
  enum Worker: String, CaseIterable {
    case vault, broker, issuers
  }

  /// The threads that are none of these, in their order.
  var others: [Int32] { all.filter { $0.name != "vault" && !isLoop($0.name) }.map(\.number) }

  func number(of worker: Worker) throws -> Int32 {
    let loops = all.filter { isLoop($0.name) }.map(\.number)
    let found: Int32? =
      switch worker {
      case .vault: all.first { $0.name == "vault" }?.number
      case .broker: loops.first
      case .issuers: loops.last
      }
    guard let found, loops.count == 2 else {
      throw Trouble("no thread \(worker) among \(all.map(\.name))")
    }
    return found
  }

  private func isLoop(_ name: String) -> Bool { name.hasPrefix("NIO-ELT-") }
}
