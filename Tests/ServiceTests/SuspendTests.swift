// The machine sleeps: what callers wait for passes all the same. A test cannot have the machine
// sleep, so the daemon is started with a library in front of libc that has its boot clock jump.

import BrokerInterface
import Foundation
import RemedyClient
import TestSupport
import Testing

@Suite("A machine that sleeps", .serialized)
struct SuspendTests {
  private static let source = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <stdlib.h>
    #include <time.h>
    #include <unistd.h>
    int clock_gettime(clockid_t clock, struct timespec *time) {
      static int (*real)(clockid_t, struct timespec *);
      if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
      int status = real(clock, time);
      const char *mark = getenv("REMEDY_TEST_SLEPT");
      if (clock == CLOCK_BOOTTIME && mark && access(mark, F_OK) == 0) time->tv_sec += 8 * 3600;
      return status;
    }
    """

  /// The library, built into a folder; `nil` where there is no compiler of C.
  private func library(in folder: URL) throws -> String? {
    let file = folder.appendingPathComponent("clock.c")
    try Self.source.write(to: file, atomically: true, encoding: .utf8)
    let library = folder.appendingPathComponent("clock.so").path
    for compiler in ["cc", "clang", "gcc"] {
      let process = Process.apart()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [compiler, "-shared", "-fPIC", "-o", library, file.path, "-ldl"]
      try process.run()
      process.waitUntilExit()
      if process.terminationStatus == 0 { return library }
    }
    return nil
  }

  @Test("a call whose time passes in the sleep ends soon after it, and the others go on")
  func timeouts() throws {
    let household = try Household(scenario: "password")
    let library = try #require(try library(in: household.folder), "no compiler of C")
    let mark = household.folder.appendingPathComponent("slept")
    household.stopDaemon()
    try household.startDaemon(
      environment: ["LD_PRELOAD": library, "REMEDY_TEST_SLEPT": mark.path])
    let person = try Person(household)
    let short = try household.client()
    let call = try short.start(
      TokenGet.self, TokenGet.Params(profile: "demo", interaction: .wait, timeout: 900))
    _ = try person.nextPrompt()
    try Data().write(to: mark)
    #expect(try short.receive(until: .after(seconds: 30)) != nil, "it still waits")
    do {
      _ = try short.result(of: call)
      Issue.record("nobody answered, and there is a token")
    } catch {
      guard case .refused(let refusal) = error else { throw error }
      #expect(refusal.reason == .timeout)
    }
    // Alarms that are set from now on are not early.
    let next = try household.client()
    let later = try next.start(
      TokenGet.self, TokenGet.Params(profile: "demo", interaction: .wait, timeout: 3600))
    _ = try household.client().call(BrokerInfo.self, BrokerInfo.Params())
    #expect(try next.result(of: later) == nil)
  }
}
