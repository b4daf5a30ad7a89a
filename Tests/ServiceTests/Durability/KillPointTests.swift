// The daemon is killed before each single system call of a rotating refresh: not at random moments
// (`KillTests`), but at all that there are.

import BrokerInterface
import Foundation
import JSON
import RemedyClient
import TestSupport
import Testing

@Suite(
  "Killed before each system call of a rotating refresh", .serialized,
  .enabled(if: Strace.isPossible, "\(Strace.absence)"))
struct KillPointTests {
  /// Whether every call of every thread is a point: `make soak`.
  static let isThorough = ProcessInfo.processInfo.environment["REMEDY_SOAK"] != nil

  /// The calls that put something on the disk or into a socket, and those that take it from there.
  private static let boundaries = [
    "openat", "write", "writev", "pwrite64", "fsync", "fdatasync", "rename", "renameat",
    "renameat2", "close", "unlink", "unlinkat", "socket", "connect", "sendto", "sendmsg",
    "recvfrom", "recvmsg", "read", "readv",
  ]

  @Test("no session is lost, no refresh token used twice, no record half written")
  func everyCall() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    var tally = Tally()
    for worker in Threads.Worker.allCases {
      try visit(worker.rawValue, household, &tally) { try $0.number(of: worker) }
    }
    if Self.isThorough, let pid = household.daemonPID {
      for index in try Threads(of: pid).others.indices {
        try visit("other \(index)", household, &tally) { threads in
          index < threads.others.count ? threads.others[index] : nil
        }
      }
    }
    let reuses = try household.events().filter { $0.hasSuffix("detect_reuse") }.count
    #expect(reuses == 0)
    #expect(tally.lost == 0)
    let broken = try FileManager.default.contentsOfDirectory(
      atPath: household.folder.path + "/state"
    ).filter { $0.contains(".damaged") || $0.contains(".stale") }
    #expect(broken.isEmpty)
    // A refresh writes three records, each beside its place, and talks to the issuer: were fewer
    // calls seen than that takes, the test would have looked at the wrong thread.
    #expect(tally.calls["vault"] ?? 0 >= 18)
    #expect(tally.calls["issuers"] ?? 0 >= 2)
    #expect(tally.killed * 2 > tally.points)
    print(
      "kill points: \(tally.points) system calls (\(tally.calls)), \(tally.killed) kills there, "
        + "\(tally.lost) sessions lost, \(reuses) reuse detections, \(broken.count) records not whole"
    )
  }

  private struct Tally {
    var calls: [String: Int] = [:]
    var points = 0
    var killed = 0
    var lost = 0
  }

  /// Counts the calls of one thread, then kills before each.
  ///
  /// - Parameter find: the thread's number in a process that has just started; `nil` where there is
  ///   no such thread this time.
  private func visit(
    _ worker: String, _ household: Household, _ tally: inout Tally,
    _ find: (Threads) throws -> Int32?
  ) throws {
    func thread() throws -> Int32? {
      guard let pid = household.daemonPID else { throw Trouble("no daemon") }
      return try find(try Threads(of: pid))
    }
    let calls = Self.isThorough ? ["all"] : Self.boundaries
    guard let first = try thread() else { return }
    // Behind it, nothing of the sign-in is still to be written.
    try household.refresh()
    let rehearsal = try Strace(thread: first, calls: calls)
    try household.refresh()
    let seen = try rehearsal.finish()
    tally.calls[worker] = seen.count
    // strace counts the calls of each name.
    var counts: [String: Int] = [:]
    for name in seen.map(\.name) {
      let number = counts[name, default: 0] + 1
      counts[name] = number
      guard let thread = try thread() else { continue }
      let trace = try Strace(
        thread: thread, calls: calls, injected: [name], injection: "signal=KILL:when=\(number)")
      // It ends with the answer, or, where the kill came first, with the connection.
      if (try? household.refresh()) == nil { tally.killed += 1 }
      _ = try trace.finish()
      tally.points += 1
      household.stopDaemon(signal: SIGKILL)
      try household.startDaemon()
      do {
        try household.refresh()
      } catch {
        tally.lost += 1
        Issue.record("\(worker), before \(name) \(number): \(error)")
        try household.signIn()
      }
    }
  }

}
