// The disk refuses: each system call of the write path fails once, in each way that a kernel has. The
// record that is there stays whole, the caller gets a token or is told what is wrong with which file,
// the daemon lives, and the next call is served.

import BrokerInterface
import Foundation
import JSON
import JSONRPC
import RemedyClient
import TestSupport
import Testing

/// One way in which a call fails.
private struct Fault: Sendable, CustomTestStringConvertible {
  /// As strace wants it.
  var injection: String
  /// What the caller is told, where it is told of it at all; `nil` where it is nobody's business.
  var words: String?

  var testDescription: String { injection }

  static let all = [
    Fault(injection: "error=EIO", words: "Input/output error"),
    Fault(injection: "error=ENOSPC", words: "no space is left"),
    Fault(injection: "error=EDQUOT", words: "no space is left"),
    Fault(injection: "error=EROFS", words: "may not be written"),
    Fault(injection: "error=EMFILE", words: "Too many open files"),
    Fault(injection: "error=EINTR", words: nil),
  ]
}

@Suite(
  "Faults at each system call of the write path", .serialized,
  .enabled(if: Strace.isPossible, "\(Strace.absence)"))
struct FaultTests {
  private static let calls = ["openat", "write", "fsync", "renameat", "close", "unlinkat"]

  @Test("nothing is lost, the error is the right one, and the next call is served")
  func everyCall() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    // Behind it, nothing of the sign-in is still to be written.
    try household.refresh()
    let rehearsal = try trace(household)
    try household.refresh()
    let seen = try rehearsal.finish().map(\.name)
    // Three records (that a refresh was begun, the new refresh token, the new access token), and the
    // index after each.
    #expect(seen.filter { $0 == "renameat" }.count == 6)
    #expect(seen.filter { $0 == "fsync" }.count >= 6)
    var cases = 0
    var refusals = 0
    for fault in Fault.all {
      for name in Self.calls {
        for number in stride(from: 1, through: seen.filter { $0 == name }.count, by: 1) {
          cases += 1
          if try strike(fault, name, number, household) { refusals += 1 }
        }
      }
      // What the last fault left behind is what a restart finds.
      household.stopDaemon(signal: SIGKILL)
      try household.startDaemon()
      try household.refresh()
    }
    // A write that takes nothing is repeated.
    for number in stride(from: 1, through: seen.filter { $0 == "write" }.count, by: 1) {
      cases += 1
      let isRefused = try strike(
        Fault(injection: "retval=0", words: nil), "write", number, household)
      #expect(!isRefused)
    }
    #expect(refusals > 0)
    #expect(try household.events().allSatisfy { !$0.hasSuffix("detect_reuse") })
    print(
      "faults: \(cases) at \(seen.count) system calls, \(refusals) callers told, 0 sessions lost")
  }

  @Test("what a fault leaves behind and a kill at once after it: the session is there")
  func killedAfterwards() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    // Behind it, nothing of the sign-in is still to be written.
    try household.refresh()
    let rehearsal = try trace(household)
    try household.refresh()
    let seen = try rehearsal.finish().map(\.name)
    for name in Self.calls {
      for number in stride(from: 1, through: seen.filter { $0 == name }.count, by: 1) {
        let trace = try trace(household, name, "error=EIO:when=\(number)")
        try? household.refresh()
        household.stopDaemon(signal: SIGKILL)
        #expect(try trace.finish().contains { $0.isInjected }, "\(name) \(number)")
        try household.startDaemon()
        try household.refresh()
      }
    }
    #expect(try household.events().allSatisfy { !$0.hasSuffix("detect_reuse") })
  }

  /// - Returns: whether the caller was told.
  private func strike(
    _ fault: Fault, _ name: String, _ number: Int, _ household: Household
  ) throws -> Bool {
    let pid = household.daemonPID
    let what: Comment = "\(fault.injection) at \(name) \(number)"
    let trace = try trace(household, name, "\(fault.injection):when=\(number)")
    var refusal: RPCError?
    do {
      try household.refresh()
    } catch CallFault.refused(let error) {
      refusal = error
    }
    #expect(try trace.finish().contains { $0.isInjected }, what)
    if let refusal {
      #expect(refusal.reason == .vaultUnavailable, what)
      let words = refusal.message + " " + (refusal.data["problem"]?.string ?? "")
      if let expected = fault.words {
        #expect(words.contains(expected), "\(what): \(words)")
      } else {
        Issue.record("\(what): \(words)")
      }
      #expect(words.contains(household.folder.path + "/state"), "\(what): \(words)")
    }
    let (status, report) = try household.vault("check")
    #expect(status == 0, "\(what): \(report)")
    #expect(report.contains("1 sound"), "\(what): \(report)")
    try household.refresh()
    #expect(household.daemonPID == pid, what)
    return refusal != nil
  }

  /// Looks at what the vault's thread does to the state folder, and to nothing else: it also wakes
  /// the broker, by a `write` that never fails.
  private func trace(
    _ household: Household, _ name: String? = nil, _ injection: String? = nil
  ) throws -> Strace {
    guard let pid = household.daemonPID else { throw Trouble("no daemon") }
    let state = household.folder.path + "/state"
    let files = try FileManager.default.contentsOfDirectory(atPath: state)
      .filter { !$0.hasSuffix(".new") }
    let paths = files.flatMap { ["\(state)/\($0)", "\(state)/\($0).new"] }
    return try Strace(
      thread: try Threads(of: pid).number(of: .vault), calls: Self.calls, paths: [state] + paths,
      injected: name.map { [$0] }, injection: injection)
  }

  // MARK: The first start

  @Test(
    "at the first start: no half vault, a message that names the file, and the next start works")
  func firstStart() throws {
    let calls = ["mkdir", "openat", "write", "fsync", "renameat", "link", "close", "ftruncate"]
    var refused = 0
    for name in calls {
      for error in ["EIO", "ENOSPC", "EROFS", "EDQUOT", "EMFILE"] {
        var number = 1
        while true {
          let trial = try FirstStart(
            injection: "inject=\(name):error=\(error):when=\(number)", name)
          let (end, words, wasInjected) = try trial.run()
          guard wasInjected else { break }
          if let end {
            refused += 1
            #expect(end == 1, "\(name) \(number) \(error): \(words)")
            // The state folder, a file in it, or the folder that it was to be made in.
            #expect(
              words.contains(trial.place.path + "/home"), "\(name) \(number) \(error): \(words)")
          }
          let (after, wordsAfter, _) = try trial.run(isInjected: false)
          #expect(after == nil, "after \(name) \(number) \(error): \(wordsAfter)")
          number += 1
          // Without `make soak` one error is tried at each call, the others at the first.
          if error != "EIO" && !KillPointTests.isThorough { break }
        }
      }
    }
    #expect(refused > 10)
  }
}

/// A state folder that is not there yet, and a broker that is to make it.
private final class FirstStart {
  let place: BrokerFolder
  let state: String
  private let injection: String
  private let name: String

  init(injection: String, _ name: String) throws {
    place = try BrokerFolder()
    state = place.path + "/home/state"
    self.injection = injection
    self.name = name
  }

  deinit { place.remove() }

  /// Starts the broker, until it is ready or has ended.
  ///
  /// - Returns: its exit status, `nil` where it was ready; what it said; whether a call failed.
  func run(isInjected: Bool = true) throws -> (Int32?, String, Bool) {
    let trace = place.path + "/trace"
    // -D: the broker is our child, strace its sibling.
    let paths = [
      place.path + "/home", state, state + "/lock", state + "/vault.key", state + "/header",
      state + "/header.new", "lock", "header", "header.new",
    ]
    let tracer =
      ["/usr/bin/strace", "-D", "-f", "-q", "-o", trace]
      + paths.flatMap { ["-P", $0] } + ["-e", "trace=" + name, "-e", injection]
    let process = Process.apart((isInjected ? tracer : []) + place.command(state: state))
    let output = ProgramOutput()
    process.standardError = output.pipe
    try process.run()
    var words = ""
    var isReady = false
    while !isReady, let line = try output.line() {
      words += line + "\n"
      isReady = line.contains("\"MESSAGE\":\"ready\"")
    }
    output.drain()
    if isReady { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    let lines = (try? String(contentsOfFile: trace, encoding: .utf8)) ?? ""
    return (
      isReady ? nil : process.terminationStatus, words,
      isInjected && lines.contains("(INJECTED)")
    )
  }
}

extension Household {
  /// A token of a fresh refresh; nobody is asked.
  func refresh() throws {
    let client = try client()
    let call = try client.start(
      TokenGet.self,
      TokenGet.Params(profile: "demo", interaction: .never, timeout: 20, forceRefresh: true))
    _ = try finish(client, call)
  }
}
